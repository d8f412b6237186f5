"""What Git says of the leaving of things, as a plan reads it: removals that hold today, and those that have expired."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from trueline.declare.application import OnRemoval, Removal, RemovalWay
from trueline.loop.desired import Desired
from trueline.plan.change import Action, Change
from trueline.plan.guard import Approve, Limits
from trueline.plan.leaving import Leaving, Way, is_named

_WAYS = {RemovalWay.DELETE: Way.DELETE, RemovalWay.KEEP: Way.KEEP, RemovalWay.FORGET: Way.KEEP}
KEPT_LABEL = "sync.onRemoval"


def bounded(desired: Desired, now: datetime) -> Desired:
    """What is desired, with its removals that are over as such."""
    removals = desired.application.removals
    over = tuple(one.name for one in removals if now.date() > one.until)
    return replace(desired, expired=over) if over != desired.expired else desired


def leaving(desired: Desired) -> tuple[Leaving, ...]:
    """What a plan has to know: each removal, and last what `sync.onRemoval` says of everything else."""
    return tuple(_leaving(desired))


def _leaving(desired: Desired) -> Iterator[Leaving]:
    whole = False
    for one in desired.application.removals:
        if one.resources or desired.is_removal:
            whole = whole or not one.resources
            name, refs = f"the Removal {one.name}", frozenset(one.resources)
            yield Leaving(way=_WAYS[one.way], name=name, refs=refs, is_over=one.name in desired.expired)
    if desired.is_removal and not whole and desired.application.sync.on_removal is OnRemoval.KEEP:
        yield Leaving(way=Way.KEEP, name=KEPT_LABEL)


def allowed(desired: Desired) -> frozenset[str]:
    """Which refs may be deleted though they may hold data: by the application, or by a removal of it that holds."""
    said = (one.allow_delete for one in _holding(desired) if desired.is_removal or one.resources)
    return frozenset(desired.application.sync.allow_delete).union(*said)


def limits(desired: Desired) -> Limits:
    """How much may go without a question: where a removal of the whole application was reviewed, what it says."""
    for one in _holding(desired):
        if desired.is_removal and not one.resources and one.way is RemovalWay.DELETE:
            return Limits(count_max=one.count_max, percent_max=0)
    return Limits()


def unreviewed(desired: Desired, changes: Collection[Change]) -> tuple[Change, ...]:
    """The changes without the prunes of what a removal names: somebody has read those one by one."""
    named = frozenset(ref for one in _holding(desired) for ref in one.resources)
    return tuple(one for one in changes if not (one.action is Action.PRUNE and is_named(one.ref, named)))


def is_reviewed(desired: Desired) -> bool:
    """Whether nobody is asked about what goes of it: Git says so, or somebody has reviewed how it goes."""
    sync = desired.application.sync
    if sync.approve is Approve.NEVER or not (sync.prune or desired.is_removal):
        return True
    whole = any(not one.resources for one in _holding(desired))
    return desired.is_removal and (whole or sync.on_removal is OnRemoval.KEEP)


def is_forgotten(desired: Desired) -> bool:
    """Whether the application goes without a word to its target."""
    whole = (one for one in _holding(desired) if not one.resources)
    return desired.is_removal and any(one.way is RemovalWay.FORGET for one in whole)


def _holding(desired: Desired) -> Iterator[Removal]:
    return (one for one in desired.application.removals if one.name not in desired.expired)

"""What a person has put back: named objects, to what was applied last, whatever Git says of healing. Nothing else.

It is the same review as that of a pass, of what is left in the inventory: so it says the same whatever Git says by now,
whether that waits for a person or cannot be rendered.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import msgspec

from trueline.declare.application import AddedMode, DriftMode
from trueline.loop.desired import Desired
from trueline.loop.parts import Parts
from trueline.loop.review import Review, review
from trueline.model.digest import Digest
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.plan.change import Action
from trueline.plan.guard import Approve
from trueline.render.resource import Resource
from trueline.target.inventory import Entry, EntryState
from trueline.trial.trial import Trial, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class HealWish:
    """What a person was shown, and wants: that plan of these objects, and no other one.

    `takes_away`: what tools added beside ours goes too. `is_agreed`: they may approve, and have agreed to this one.
    `missed` is told why nothing was done.
    """

    refs: frozenset[Ref]
    plan: Digest
    takes_away: bool
    is_agreed: bool
    missed: Callable[[str], None]


async def review_heal(
    parts: Parts, aim: Desired, refs: Collection[Ref] | None = None, *, takes_away: bool = False
) -> Review:
    """What of these objects differs from what was left there, each field; of all that are owned where none is named."""
    name, target = aim.application.name, parts.target.name
    owned = parts.ledger.inventory(name, target, refs=refs).entries
    known = {resource.ref: resource for resource in aim.resources}
    left = tuple(
        _as_left(ref, entry, known.get(ref))
        for ref, entry in sorted(owned.items())
        if _was_applied(entry) and parts.bodies.get(entry.body) is not None
    )
    added = AddedMode.HEAL if takes_away else AddedMode.WARN
    sync = replace(aim.application.sync, drift=DriftMode.HEAL, added=added)
    wanted = replace(
        aim,
        application=replace(aim.application, sync=sync),
        resources=left,
        awaits={},
        problems=(),
        notes=(),
        is_removal=False,
        asks=(),
    )
    found = await review(parts, wanted, completed_run="", focus=frozenset(one.ref for one in left), whole=True)
    trials = tuple(trial for trial in found.trials if _differs(trial))
    differing = {trial.change.ref for trial in trials}
    changes = tuple(change for change in found.plan.changes if change.ref in differing)
    asks = found.plan.asks if aim.application.sync.approve is Approve.ALWAYS else ()
    return replace(found, plan=replace(found.plan, changes=changes, asks=asks), trials=trials, meanwhile=())


def agreed_to(found: Review) -> Review:
    """The same, for which nobody has to be asked any more: whoever wants it has agreed to it."""
    return replace(found, plan=replace(found.plan, asks=()))


def _was_applied(entry: Entry) -> bool:
    return entry.state is EntryState.APPLIED and bool(entry.body) and not entry.run


def _as_left(ref: Ref, entry: Entry, known: Resource | None) -> Resource:
    """With the place in Git that declares it now, where it is declared."""
    if known is not None:
        return msgspec.structs.replace(known, digest=entry.body)
    return Resource(ref=ref, digest=entry.body, origin=Origin(path=""))


def _differs(trial: Trial) -> bool:
    """Whether the look found something: a touch alone is no difference, and what others hold by right is not ours."""
    if trial.change.action is not Action.HEAL:
        return False
    if trial.verdict is Verdict.REFUSED:
        return True
    found = bool(trial.drifted or trial.changes or trial.taken)
    return trial.verdict is Verdict.PASSED and (found or not trial.change.uid)

"""What an application owns on a target: one entry for each object that we applied, or are about to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

import msgspec

from trueline.model.digest import Digest
from trueline.model.ref import Ref
from trueline.target.answer import FieldConflict
from trueline.target.snapshot import NOTHING, Observed

ADDED_MAX = 10
"""So many additions of others are remembered of one object."""


class EntryState(Enum):
    """How sure we are of an entry."""

    INTENDED = "intended"
    """We were about to act and do not know what became of it: settled by reading the target, never by guessing."""
    APPLIED = "applied"
    DELETING = "deleting"
    FAILED = "failed"


class Ending(Enum):
    """How the run of a hook ended, as far as it was seen."""

    NONE = ""
    WELL = "well"
    BADLY = "badly"


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One object of an application.

    `body` is the digest of what we declared and last applied, `intended` what we were about to apply while the entry is
    `INTENDED` (`NOTHING` for a delete), `promised` the field set that the dry run promised, `ours`, `others`,
    `generation` and `applied_at` what we saw after the apply; a difference from the live object triggers a look (D5).
    `overruled` keeps the paths that the target set otherwise than we declared, `added` what others put in beside ours,
    as texts `MANAGER PATH`, when it was looked at last. `keep`: its manifest forbids to prune it. `wave` is the one it
    was applied in. For a hook, `run` is the revision it ran for and `ended` how that ended, which stays known when the
    cluster cleans its object up; hooks are not compared, they run.
    """

    ref: Ref
    state: EntryState
    body: Digest = NOTHING
    intended: Digest = NOTHING
    uid: str = ""
    promised: Digest = NOTHING
    ours: Digest = NOTHING
    others: Digest = NOTHING
    generation: int = 0
    overruled: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    run: str = ""
    keep: bool = False
    wave: int = 0
    ended: Ending = Ending.NONE
    added: tuple[str, ...] = ()
    applied_at: int = 0

    def is_as_left(self, live: Observed) -> bool:
        """Whether nothing tells that somebody was at it since our apply; what was not known then is not compared.

        A value that another process of ours writes late changes neither our field set nor, where there is none, the
        generation: the time of it alone tells.
        """
        if self.applied_at and self.applied_at != live.applied_at:
            return False
        return (self.ours, self.others, self.generation) == (live.ours, live.others, live.generation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All that one application owns on one target."""

    application: str
    entries: Mapping[Ref, Entry] = field(default_factory=dict)


def addition_text(addition: FieldConflict) -> str:
    """How an addition is remembered.

    >>> addition_text(FieldConflict(manager="kubectl edit", path="spec.paused"))
    'kubectl_edit spec.paused'
    """
    return f"{addition.manager.replace(' ', '_')} {addition.path}"


def addition_of(text: str) -> FieldConflict:
    """What such a text says.

    >>> addition_of("kubectl-edit spec.paused").path
    'spec.paused'
    """
    manager, _, path = text.partition(" ")
    return FieldConflict(manager=manager, path=path)


def remembered(additions: Iterable[FieldConflict]) -> tuple[str, ...]:
    """The additions of one object as its entry keeps them."""
    return tuple(sorted(set(map(addition_text, additions))))[:ADDED_MAX]

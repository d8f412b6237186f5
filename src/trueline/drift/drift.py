"""Drift: the target differs from the inventory though no new revision came. A look decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from trueline.model.ref import Ref
from trueline.target.answer import FieldChange, FieldConflict
from trueline.target.inventory import Entry, addition_of, remembered
from trueline.target.snapshot import Observed


class DriftKind(Enum):
    """What was done to an object of ours."""

    CHANGED = "changed"
    """A declared field differs: healed by default."""
    DELETED = "deleted"
    ADDED = "added"
    """Another manager put something into it: warned of by default."""
    OVERRULED = "overruled"
    """The target holds a declared field otherwise after our own apply: never retried in a loop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What differs on one object, which fields, and by which managers. `goes`: what was added is taken away."""

    ref: Ref
    kind: DriftKind
    fields: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    goes: bool = False

    def __str__(self) -> str:
        fields = f": {', '.join(self.fields)}" if self.fields else ""
        managers = f" by {', '.join(self.managers)}" if self.managers else ""
        return f"{self.ref} {self.kind.value}{managers}{fields}"


def judge(
    entry: Entry,
    live: Observed | None,
    *,
    conflicts: tuple[FieldConflict, ...] = (),
    changes: tuple[FieldChange, ...] = (),
    overruled: tuple[str, ...] = (),
) -> Drift | None:
    """What a look at one object says; `None` where it is as we left it, whatever triggered the look."""
    if live is None:
        return Drift(ref=entry.ref, kind=DriftKind.DELETED)
    if overruled and not conflicts:
        return Drift(ref=entry.ref, kind=DriftKind.OVERRULED, fields=overruled)
    if conflicts or changes:
        fields = sorted({c.path for c in conflicts} | {c.path for c in changes})
        managers = sorted({c.manager for c in conflicts})
        return Drift(ref=entry.ref, kind=DriftKind.CHANGED, fields=tuple(fields), managers=tuple(managers))
    return None


def added(ref: Ref, found: Iterable[FieldConflict], *, goes: bool = False) -> Drift | None:
    """What others put into an object of ours, beside whatever else was done to it; `None` where there is nothing."""
    found = list(found)
    fields, managers = sorted({one.path for one in found}), sorted({one.manager for one in found})
    kind = DriftKind.ADDED
    return Drift(ref=ref, kind=kind, fields=tuple(fields), managers=tuple(managers), goes=goes) if found else None


def newly_added(entry: Entry, found: Iterable[FieldConflict]) -> Drift | None:
    """The same without what we know of: each addition is news once."""
    return added(entry.ref, map(addition_of, (text for text in remembered(found) if text not in entry.added)))

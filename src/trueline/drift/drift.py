"""Drift: the target differs from the inventory though no new revision came. A look decides."""

from dataclasses import dataclass
from enum import Enum

from trueline.model.ref import Ref
from trueline.target.answer import FieldChange, FieldConflict
from trueline.target.inventory import Entry
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
    """What differs on one object, which fields, and by which managers."""

    ref: Ref
    kind: DriftKind
    fields: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()

    def __str__(self) -> str:
        fields = f": {', '.join(self.fields)}" if self.fields else ""
        managers = f" by {', '.join(self.managers)}" if self.managers else ""
        return f"{self.ref} {self.kind.value}{managers}{fields}"


def judge(  # noqa: PLR0913 - all that a look finds
    entry: Entry,
    live: Observed | None,
    *,
    conflicts: tuple[FieldConflict, ...] = (),
    changes: tuple[FieldChange, ...] = (),
    overruled: tuple[str, ...] = (),
    added: tuple[FieldConflict, ...] = (),
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
    if added and live.uid == entry.uid and live.others != entry.others:
        fields, managers = sorted({c.path for c in added}), sorted({c.manager for c in added})
        return Drift(ref=entry.ref, kind=DriftKind.ADDED, fields=tuple(fields), managers=tuple(managers))
    return None

"""What a target says to a write, tried or real: accepted with what it would be, or refused with the reason."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from trueline.target.snapshot import Observed


class Refusal(Enum):
    """Why a target says no. What to do about it depends on nothing else."""

    INVALID = "invalid"
    """The body is wrong: schema, validation. The user's fault."""
    IMMUTABLE = "immutable"
    """A field that cannot change would have to: report, or replace where Git says so."""
    CONFLICT = "conflict"
    """Other managers hold fields; see `conflicts`."""
    FORBIDDEN = "forbidden"
    """Missing rights; the message says which verb on which kind."""
    NO_NAMESPACE = "no-namespace"
    NO_KIND = "no-kind"
    DENIED = "denied"
    """Quota, an admission webhook, a policy of the target."""
    OCCUPIED = "occupied"
    """Its delete would take along what is not ours (INV-09)."""
    STALE = "stale"
    """The object is not the one that was planned for: plan again."""
    GONE = "gone"
    BUSY = "busy"
    """429, a time-out, no connection: it may pass."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class FieldConflict:
    """A field that another manager holds; `path` as people write it."""

    manager: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A leaf that differs, as text that may be shown (a secret's value is masked). Empty: not there."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The target took it, or would.

    `changes` compares the whole answer with the live object and is `None` where only metadata was asked for.
    `overruled` are declared paths that the answer holds with another value. `wrote` is false where the object is as
    it was before.
    """

    observed: Observed
    changes: tuple[FieldChange, ...] | None = None
    overruled: tuple[str, ...] = ()
    kept_by: tuple[FieldConflict, ...] = ()
    added: tuple[FieldConflict, ...] = ()
    wrote: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The target said no. `message` is its own sentence, with the values of secrets masked.

    `version` is that of the object as it was seen before it was asked, where a conflict tells what stands there.
    """

    refusal: Refusal
    message: str
    conflicts: tuple[FieldConflict, ...] = ()
    retry_after_s: float | None = None
    version: str = ""


Answer: TypeAlias = Accepted | Refused

"""An outcome: what happened to one change."""

from dataclasses import dataclass
from enum import Enum

from trueline.plan.change import Change
from trueline.target.answer import FieldConflict
from trueline.target.snapshot import Observed


class Result(Enum):
    """How one change ended."""

    DONE = "done"
    SAME = "same"
    """Looked at, and nothing declared differs: our digests are renewed, nothing was written."""
    REFUSED = "refused"
    STALE = "stale"
    """The object is not the one that was planned for; the next pass plans again."""
    UNKNOWN = "unknown"
    """No answer came back: the next pass reads the target instead of guessing."""
    OVERRULED = "overruled"
    """Taken, but the target holds a declared field otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened to one change. `observed` is the object after it, `None` where there is none or nobody knows."""

    change: Change
    result: Result
    message: str = ""
    observed: Observed | None = None
    withheld: tuple[FieldConflict, ...] = ()
    overruled: tuple[str, ...] = ()
    kept_by: tuple[FieldConflict, ...] = ()
    added: tuple[FieldConflict, ...] = ()
    """What others have on it beside ours, as `observed` is."""

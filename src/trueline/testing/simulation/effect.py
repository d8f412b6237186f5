"""The effects of a machine, and how a single one fails: what a crash, a network and a disk do to it.

Effects are what others, or a later life, can see: a write to the cluster and a commit to the disk, each with a moment
before it and one after it.
"""

from dataclasses import dataclass
from enum import Enum


class Moment(Enum):
    """Where an effect stands."""

    SENDING = "before a write"
    SENT = "after a write"
    COMMITTING = "before a commit"
    COMMITTED = "after a commit"


class Failure(Enum):
    """How an effect fails."""

    DEATH = "death"
    NOT_SENT = "not sent"
    REPLY_LOST = "reply lost"
    CONFLICT = "conflict"
    DISK_FULL = "disk full"
    PAUSE = "pause"

    @property
    def moments(self) -> frozenset[Moment]:
        """Where it can happen; a pause before a commit is one after the effect before that."""
        match self:
            case Failure.DEATH:
                return frozenset(Moment)
            case Failure.NOT_SENT | Failure.CONFLICT:
                return frozenset({Moment.SENDING})
            case Failure.REPLY_LOST:
                return frozenset({Moment.SENT})
            case Failure.DISK_FULL:
                return frozenset({Moment.COMMITTING})
            case Failure.PAUSE:
                return frozenset(Moment) - {Moment.COMMITTING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """After so many effects that go well, the next one fails.

    >>> str(Strike(after=4, failure=Failure.DEATH))
    'death at 4'
    """

    after: int
    failure: Failure

    def __str__(self) -> str:
        return f"{self.failure.value} at {self.after}"

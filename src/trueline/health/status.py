"""Health as a word with an order, and the judgement of one object. It never says how a judgement was reached."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import assert_never


class Status(Enum):
    """The words of health, from best to worst.

    >>> [status.word for status in sorted(Status, key=lambda s: s.rank)][-2:]
    ['Degraded', 'Unknown']
    """

    HEALTHY = "Healthy"
    SUSPENDED = "Suspended"
    PROGRESSING = "Progressing"
    MISSING = "Missing"
    DEGRADED = "Degraded"
    UNKNOWN = "Unknown"

    __hash__ = object.__hash__  # each is one object; `Enum` would hash its name, for each object that is judged

    @property
    def word(self) -> str:
        """The word as people read it, in terminal, comment and page."""
        return self.value

    @property
    def sign(self) -> str:
        """The one character that stands before the word."""
        match self:
            case Status.HEALTHY:
                return "●"
            case Status.SUSPENDED:
                return "◌"
            case Status.PROGRESSING:
                return "◐"
            case Status.MISSING:
                return "○"
            case Status.DEGRADED:
                return "■"
            case Status.UNKNOWN:
                return "?"
            case _:
                assert_never(self)

    @property
    def rank(self) -> int:
        """The place in the order: 0 is the best."""
        return _RANKS[self]


_RANKS = {status: rank for rank, status in enumerate(Status)}


def worst(statuses: Iterable[Status]) -> Status:
    """The health of a whole: the worst of its parts. Of nothing, Healthy.

    >>> worst([Status.HEALTHY, Status.DEGRADED, Status.MISSING])
    <Status.DEGRADED: 'Degraded'>
    """
    return max(statuses, key=lambda status: status.rank, default=Status.HEALTHY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The judgement of one object.

    `reason` is one constant CamelCase word that can be searched for (`reason.Reason` has those of Kubernetes objects);
    `message` is a sentence with the figures.
    """

    status: Status
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.status.sign} {self.status.word}  {self.reason}: {self.message}"


def healthy(reason: str, message: str) -> Health:
    """It is as it should be."""
    return Health(status=Status.HEALTHY, reason=reason, message=message)


def suspended(reason: str, message: str) -> Health:
    """Somebody told it to stand still."""
    return Health(status=Status.SUSPENDED, reason=reason, message=message)


def progressing(reason: str, message: str) -> Health:
    """It is on its way and may arrive by itself."""
    return Health(status=Status.PROGRESSING, reason=reason, message=message)


def degraded(reason: str, message: str) -> Health:
    """It failed, or cannot arrive without help."""
    return Health(status=Status.DEGRADED, reason=reason, message=message)


def unknown(reason: str, message: str) -> Health:
    """What it says cannot be read."""
    return Health(status=Status.UNKNOWN, reason=reason, message=message)

"""What people can be told of, how bad it is, and which applications are meant. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import Final


class Event(Enum):
    """Something that holds for a while and then is over, or that happens. Its value is how Git writes it."""

    BLOCKED = "blocked"
    FAILED = "failed"
    OVERRULED = "overruled"
    DEGRADED = "degraded"
    MISSING = "missing"
    DRIFTED = "drifted"
    OUT_OF_SYNC = "out-of-sync"
    WAITING = "waiting"
    HELD = "held"
    STALLED = "stalled"
    UNKNOWN = "unknown"
    FLEET_BLOCKED = "fleet-blocked"
    """Of no single application: the fleet repository cannot be read or followed, or declares something broken."""
    APPLIED = "applied"
    HEALED = "healed"
    FOUGHT = "fought"
    ROLLED_BACK = "rolled-back"
    REMOVED = "removed"

    @property
    def is_moment(self) -> bool:
        """Whether it happens and is never over."""
        return self in _MOMENTS

    @property
    def is_noisy(self) -> bool:
        """Whether the same may happen again and again by itself: then it is told more and more seldom."""
        return self in {Event.HEALED, Event.FOUGHT}

    @property
    def words(self) -> str:
        """What one reads of whom it is about."""
        return _WORDS[self]


_MOMENTS: Final = frozenset({Event.APPLIED, Event.HEALED, Event.FOUGHT, Event.ROLLED_BACK, Event.REMOVED})
_WORDS: Final[Mapping[Event, str]] = {
    Event.BLOCKED: "blocked",
    Event.FAILED: "applied only in part",
    Event.OVERRULED: "overruled by the target",
    Event.DEGRADED: "degraded",
    Event.MISSING: "missing on its target",
    Event.DRIFTED: "drifted",
    Event.OUT_OF_SYNC: "out of sync",
    Event.WAITING: "waiting for approval",
    Event.HELD: "held",
    Event.STALLED: "not getting on",
    Event.UNKNOWN: "not known",
    Event.FLEET_BLOCKED: "not followed as it stands",
    Event.APPLIED: "applied",
    Event.HEALED: "healed of drift",
    Event.FOUGHT: "fought over with another manager",
    Event.ROLLED_BACK: "rolled back",
    Event.REMOVED: "removed",
}


class Severity(Enum):
    """How bad it is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


_SEVERITIES: Final[Mapping[Severity, frozenset[Event]]] = {
    Severity.ERROR: frozenset({Event.BLOCKED, Event.FAILED, Event.DEGRADED, Event.MISSING, Event.FLEET_BLOCKED}),
    Severity.WARNING: frozenset(
        {
            Event.OVERRULED,
            Event.DRIFTED,
            Event.WAITING,
            Event.STALLED,
            Event.UNKNOWN,
            Event.FOUGHT,
        }
    ),
}

CONDITIONS: Final = tuple(event for event in Event if not event.is_moment)
MOMENTS: Final = tuple(event for event in Event if event.is_moment)
DEFAULT_EVENTS: Final = tuple(event for event in CONDITIONS if event not in {Event.HELD, Event.OUT_OF_SYNC})
"""What is told where a Notifier names no events: whatever is wrong, and not what somebody wished."""


def severity_of(event: Event) -> Severity:
    """How bad an event is, where nobody says otherwise.

    >>> severity_of(Event.BLOCKED), severity_of(Event.HELD)
    (<Severity.ERROR: 'error'>, <Severity.INFO: 'info'>)
    """
    return next((severity for severity, events in _SEVERITIES.items() if event in events), Severity.INFO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which applications are meant: a name fits one of `names` (`*` stands for anything), every label is there, and the
    project is one of `projects`. What is empty asks for nothing.
    """  # noqa: D205 - one sentence needs two lines

    names: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    projects: tuple[str, ...] = ()

    def fits(self, name: str, labels: Mapping[str, str], project: str) -> bool:
        """Whether an application is meant."""
        return (
            (not self.names or any(fnmatchcase(name, pattern) for pattern in self.names))
            and all(labels.get(key) == value for key, value in self.labels.items())
            and (not self.projects or project in self.projects)
        )

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not (self.names or self.labels or self.projects)


EVERYTHING: Final = Selection()

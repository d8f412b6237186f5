"""How an application stands: what the page, the command line and the notifications speak of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from trueline.health.status import Health, Status
from trueline.model.diagnostic import Diagnostic

WAITS: Final = "waits for another application"
"""Nobody is told its name by this: who may read the one need not know of the other."""
ON_THE_WAY: Final = frozenset({Status.PROGRESSING, Status.MISSING})
"""What was just applied is so until the target tells more."""


class Sync(Enum):
    """How what runs compares with what Git says."""

    SYNCED = "Synced"
    OUT_OF_SYNC = "OutOfSync"
    SYNCING = "Syncing"
    PARTLY = "Partly"
    """The target refused after the trial, or a hook failed: what was done stays, the next pass goes on."""
    OVERRULED = "Overruled"
    WAITING = "Waiting"
    HELD = "Held"
    BLOCKED = "Blocked"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationStatus:
    """One application, as of `at`. `revision` is what was applied last, `wanted` what Git says.

    `added` counts the objects that hold what others added, of `objects`: apart from sync. `notes` stop nothing.
    `waits_for` is the application that it waits for; the message says `WAITS`, so that it can be shown to anybody who
    may read this one (INV-25). `is_left`: what is not there is left so, as its drift is ignored: it is not on its way.
    """

    application: str
    target: str
    sync: Sync
    at: datetime
    since: datetime
    message: str = ""
    health: Status = Status.UNKNOWN
    health_message: str = ""
    revision: str = ""
    wanted: str = ""
    plan: str = ""
    objects: int = 0
    added: int = 0
    problems: tuple[Diagnostic, ...] = ()
    notes: tuple[Diagnostic, ...] = ()
    unhealthy: Mapping[str, Health] = field(default_factory=dict)
    waits_for: str = ""
    is_left: bool = False

    @property
    def is_true(self) -> bool:
        """The page's word: Synced and Healthy."""
        return self.sync is Sync.SYNCED and self.health in {Status.HEALTHY, Status.SUSPENDED}

    @property
    def message_named(self) -> str:
        """The message with the name of the application that it waits for: for whoever may read that, too."""
        return self.message.replace(WAITS, f"waits for {self.waits_for}") if self.waits_for else self.message

"""The board: every application as it stands between passes, and whose turn is next.

Following Git, following targets, making passes and telling how everything stands all read and write it, and know
nothing else of each other.
"""

import asyncio
from collections.abc import Iterable

from trueline.declare.application import Application
from trueline.loop.fleet import Look
from trueline.loop.kept import Kept
from trueline.loop.schedule import Schedule
from trueline.loop.status import ApplicationStatus, Sync
from trueline.model.diagnostic import Diagnostic
from trueline.runtime.clock import Clock


class Board:
    """One for each engine; `look` is what Git said last, `problems` why nothing newer can be told."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.schedule = Schedule(clock)
        self.kept: dict[str, Kept] = {}
        self.look: Look | None = None
        self.looks = 0
        self.problems: tuple[Diagnostic, ...] = ()
        self.stale: set[str] = set()
        """Whose status is to be put together anew."""
        self.changed = asyncio.Event()
        self._gathered: set[str] | None = None

    def keep(self, application: Application) -> Kept:
        """The place of an application, made where there is none."""
        if application.name not in self.kept:
            now = self._clock.now()
            status = ApplicationStatus(application=application.name, target="", sync=Sync.UNKNOWN, at=now, since=now)
            self.kept[application.name] = Kept(application=application, status=status)
        return self.kept[application.name]

    def touch(self, name: str) -> None:
        """Something of how an application stands may have changed."""
        self.stale.add(name)
        self.changed.set()

    def wake_dependants(self, name: str) -> None:
        """An application is True, or gone: whoever waits for that looks again."""
        for other, kept in self.kept.items():
            if name in kept.application.depends_on or kept.waits_for == name:
                self.schedule.wake(other)

    # ---- a new revision is begun with together -------------------------------------------------------------------

    def gather(self) -> None:
        """From now on, who is `desired` anew waits until the others are rendered too."""
        self._gathered = set()

    def release(self) -> None:
        """Those that waited begin; whoever is desired anew later does not wait."""
        gathered, self._gathered = self._gathered or set(), None
        self.wake_all(sorted(gathered))

    def desired(self, name: str) -> None:
        """An application is desired anew: its turn comes, or waits for the others."""
        if self._gathered is not None:
            self._gathered.add(name)
        else:
            self.schedule.wake(name)

    def is_gathered(self, name: str) -> bool:
        """Whether an application waits for the others of its revision: it is woken when they are ready."""
        return self._gathered is not None and name in self._gathered

    def wake_all(self, names: Iterable[str]) -> None:
        """A turn for each."""
        for name in names:
            self.schedule.wake(name)

"""Whose turn it is. Wakes are coalesced: however often an application is woken, it is looked at once more, not n times.

Level, not edge (D2): a wake says "look again" and never what to do; one that is lost costs time, not correctness. One
application is in one pass at a time; the others do not wait for it.
"""

import asyncio
import heapq
from collections.abc import Collection
from dataclasses import dataclass, field

from trueline.model.ref import Ref
from trueline.runtime.clock import Clock, wait_until

PAUSE_FIRST_S = 0.2
PAUSE_MAX_S = 300.0
FOCUS_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One pass to make. `focus` is `None` where the whole application is looked at."""

    application: str
    focus: frozenset[Ref] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How many turns are due, how long the first of them has waited, and how many come after a pause."""

    waiting: int = 0
    oldest_s: float = 0.0
    paused: int = 0


@dataclass(slots=True)
class _Place:
    """What is known of one application's turn."""

    focus: set[Ref] | None = field(default_factory=set)
    is_woken: bool = False
    woken_s: float = 0.0
    is_busy: bool = False
    failures: int = 0
    is_retried: bool = False


class Schedule:
    """A queue of applications, with pauses that grow while an application keeps failing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._places: dict[str, _Place] = {}
        self._ready: list[str] = []
        self._later: list[tuple[float, str, bool]] = []
        self._changed = asyncio.Event()
        self._door = asyncio.Lock()

    def wake(self, application: str, focus: Collection[Ref] | None = None) -> None:
        """Ask for a pass; with a `focus`, only over these refs, unless more is asked for meanwhile."""
        place = self._places.setdefault(application, _Place())
        if not place.is_woken:
            place.is_woken, place.woken_s = True, self._clock.monotonic_s()
            place.focus = set() if focus is not None else None
            if not place.is_busy:
                self._ready.append(application)
        if place.focus is not None:
            place.focus = (
                None if focus is None or len(place.focus) + len(focus) > FOCUS_MAX else place.focus | set(focus)
            )
        self._changed.set()

    def wake_after(self, application: str, pause_s: float) -> None:
        """Ask for a whole pass later."""
        self._put_off(application, pause_s, is_retry=False)

    def retry(self, application: str) -> float:
        """Ask for a pass after a pause that doubles with every failure in a row (INV-33); returns the pause.

        One retry waits at a time: passes that events woke meanwhile and that fail too neither add one nor count.
        """
        place = self._places.setdefault(application, _Place())
        pause_s: float = min(PAUSE_FIRST_S * 2**place.failures, PAUSE_MAX_S)
        if not place.is_retried:
            place.failures = min(place.failures + 1, 20)
            place.is_retried = True
            self._put_off(application, pause_s, is_retry=True)
        return pause_s

    def succeed(self, application: str) -> None:
        """The failures in a row are over."""
        self._places.setdefault(application, _Place()).failures = 0

    def failures(self, application: str) -> int:
        """How many passes in a row asked to be made again."""
        place = self._places.get(application)
        return place.failures if place else 0

    def forget(self, application: str) -> None:
        """The application is gone."""
        self._places.pop(application, None)
        self._ready = [name for name in self._ready if name != application]
        self._later = [item for item in self._later if item[1] != application]
        heapq.heapify(self._later)

    def _put_off(self, application: str, pause_s: float, *, is_retry: bool) -> None:
        heapq.heappush(self._later, (self._clock.monotonic_s() + pause_s, application, is_retry))
        self._changed.set()

    async def next(self) -> Turn:
        """Wait for the next turn and take it; `done` gives it back.

        Of all who wait one looks for whether something has changed: a wake costs one look, however many wait.
        """
        async with self._door:
            self._promote()
            while not self._ready:
                self._changed.clear()
                await wait_until(self._changed, self._clock, self._later[0][0] if self._later else None)
                self._promote()
            name = self._ready.pop(0)
            place = self._places[name]
            place.is_woken, place.is_busy = False, True
            return Turn(application=name, focus=None if place.focus is None else frozenset(place.focus))

    def done(self, turn: Turn) -> None:
        """The pass is over; a wake that came meanwhile counts now."""
        place = self._places.get(turn.application)
        if place is not None:
            place.is_busy = False
            if place.is_woken:
                self._ready.append(turn.application)
                self._changed.set()

    @property
    def is_idle(self) -> bool:
        """Whether nobody is in a pass and nobody waits for a turn that is due."""
        return not self._ready and not any(place.is_busy for place in self._places.values())

    @property
    def queue(self) -> Queue:
        """How much there is to do; of a turn that came due while its application was in a pass, since then."""
        now_s = self._clock.monotonic_s()
        oldest_s = max((now_s - self._places[name].woken_s for name in self._ready), default=0.0)
        return Queue(waiting=len(self._ready), oldest_s=oldest_s, paused=len(self._later))

    def _promote(self) -> None:
        while self._later and self._later[0][0] <= self._clock.monotonic_s():
            _, name, is_retry = heapq.heappop(self._later)
            if is_retry:
                self._places[name].is_retried = False
            self.wake(name)

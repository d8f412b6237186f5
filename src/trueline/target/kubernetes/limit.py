"""How many requests are in flight at once: as many as the server answers without slowing down (D9); no rate is set.

After each window of answers the limit moves by the gradient of latency: it grows by its square root while a short view
is not much slower than a long one, and shrinks in proportion where it is. A 429 or 503 halves it, once a window.
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum

from trueline.runtime.clock import Clock

LIMIT_FIRST = 16
LIMIT_MIN = 1
LIMIT_MAX = 64
PAUSE_S_MAX = 60.0
_TOLERANCE = 2.0  # how much slower the short view may be before the limit shrinks
_LONG_WINDOWS = 20.0  # how many windows the long view remembers
_RELAX = 0.9  # how fast the long view forgets a slow time that has passed


class Feedback(Enum):
    """What an answer tells of the server's load."""

    ANSWERED = "answered"  # its latency counts
    UNTIMED = "untimed"  # a list, a stream: its latency says nothing of load
    OVERLOADED = "overloaded"  # 429, 503, a timeout


class Permit:
    """One request in flight. Tell it what came back; without a word it counts as untimed."""

    __slots__ = ("feedback", "retry_after_s")

    def __init__(self) -> None:
        self.feedback = Feedback.UNTIMED
        self.retry_after_s = 0.0


class Limiter:
    """Bounds the requests in flight to one server (INV-33); first come, first served. Waiters are its caller's."""

    def __init__(
        self, clock: Clock, *, first: int = LIMIT_FIRST, lowest: int = LIMIT_MIN, highest: int = LIMIT_MAX
    ) -> None:
        assert 1 <= lowest <= first <= highest
        self._clock = clock
        self._lowest, self._highest = lowest, highest
        self._limit = float(first)
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._resume_s = 0.0
        self._window_s: list[float] = []
        self._window_busiest = 0
        self._long_s = 0.0
        self._burst_left = 0

    @property
    def limit(self) -> int:
        """How many may be in flight now."""
        return int(self._limit)

    @property
    def in_flight(self) -> int:
        """How many are."""
        return self._in_flight

    @asynccontextmanager
    async def permit(self) -> AsyncIterator[Permit]:
        """Wait for a place, hold it for one request."""
        await self._enter()
        try:
            await self._wait_resumed()
            started_s = self._clock.monotonic_s()
            permit = Permit()
            try:
                yield permit
            finally:
                self._learn(permit, self._clock.monotonic_s() - started_s)
        finally:
            self._in_flight -= 1
            self._admit()

    async def _enter(self) -> None:
        if self._in_flight < self.limit and not self._waiting:
            self._in_flight += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # the place came together with the cancellation
                self._in_flight -= 1
                self._admit()
            raise

    async def _wait_resumed(self) -> None:
        while (pause_s := self._resume_s - self._clock.monotonic_s()) > 0:
            await self._clock.sleep(pause_s)

    def _admit(self) -> None:
        while self._waiting and self._in_flight < self.limit:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                self._in_flight += 1

    def _learn(self, permit: Permit, latency_s: float) -> None:
        same_burst = self._burst_left > 0
        self._burst_left = max(0, self._burst_left - 1)
        match permit.feedback:
            case Feedback.UNTIMED:
                return
            case Feedback.OVERLOADED:
                self._cut(permit.retry_after_s, same_burst=same_burst)
            case Feedback.ANSWERED:
                self._window_s.append(latency_s)
                self._window_busiest = max(self._window_busiest, self._in_flight)
                if len(self._window_s) >= self.limit:
                    self._turn()

    def _cut(self, retry_after_s: float, *, same_burst: bool) -> None:
        if retry_after_s > 0:
            self._resume_s = max(self._resume_s, self._clock.monotonic_s() + min(retry_after_s, PAUSE_S_MAX))
        if not same_burst:  # what was in flight together is one sign
            self._burst_left = self._in_flight - 1
            self._limit = max(self._lowest, self._limit / 2)
            self._window_s.clear()

    def _turn(self) -> None:
        short_s = sum(self._window_s) / len(self._window_s)
        was_busy = self._window_busiest * 2 >= self.limit
        self._window_s.clear()
        self._window_busiest = 0
        if not was_busy:  # the latency of an idle server is no measure for a busy one
            return
        if self._long_s == 0.0:
            self._long_s = short_s
        self._long_s += (short_s - self._long_s) / _LONG_WINDOWS
        if self._long_s > short_s * _TOLERANCE:
            self._long_s *= _RELAX
        gradient = max(0.5, min(1.0, _TOLERANCE * self._long_s / short_s)) if short_s > 0 else 1.0
        room = math.sqrt(self._limit) if gradient >= 1.0 else 0.0
        self._limit = min(float(self._highest), max(float(self._lowest), self._limit * gradient + room))

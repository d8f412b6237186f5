"""The clock of one simulated machine: it follows the virtual loop, and may be set wrong."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from trueline.runtime.clock import Timer
from trueline.testing.simulation.loop import VirtualLoop

START: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)


class MachineClock:
    """`jump` sets the wall clock; what only grows is never set."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._offset = timedelta()

    def now(self) -> datetime:
        """What the machine believes the time to be."""
        return START + timedelta(seconds=self._loop.now_s) + self._offset

    def monotonic_s(self) -> float:
        """Seconds since the beginning."""
        return self._loop.now_s

    async def sleep(self, seconds: float) -> None:
        """Wait; others go on meanwhile.

        asyncio wakes up to a nanosecond early; time is then what was waited for, else who waits for it turns for ever.
        """
        until_s = self._loop.now_s + seconds
        await asyncio.sleep(seconds)
        self._loop.now_s = max(self._loop.now_s, until_s)

    def call_later(self, seconds: float, act: Callable[[], object]) -> Timer:
        """Have it called; time is then what was waited for, see `sleep`."""
        until_s = self._loop.now_s + seconds

        def due() -> None:
            self._loop.now_s = max(self._loop.now_s, until_s)
            act()

        return self._loop.call_later(seconds, due)

    def jump(self, offset: timedelta) -> None:
        """From now on the wall clock is this wrong."""
        self._offset = offset

"""The clock of one simulated machine: it follows the virtual loop, and may be set wrong."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

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
        """Wait; others go on meanwhile."""
        await asyncio.sleep(seconds)

    def jump(self, offset: timedelta) -> None:
        """From now on the wall clock is this wrong."""
        self._offset = offset

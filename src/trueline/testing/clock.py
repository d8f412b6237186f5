"""A clock that moves when it is told to, and wakes who sleeps."""

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 7, 1, 12, tzinfo=UTC)


class StillClock:
    """Time stands until `pass_s`."""

    def __init__(self) -> None:
        self.at_s = 0.0
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        """The wall clock."""
        return START + timedelta(seconds=self.at_s)

    def monotonic_s(self) -> float:
        """Seconds since the start."""
        return self.at_s

    async def sleep(self, seconds: float) -> None:
        """Wait until that much has passed."""
        until_s = self.at_s + seconds
        while self.at_s < until_s:
            await self._moved.wait()

    def pass_s(self, seconds: float) -> None:
        """Move on."""
        self.at_s += seconds
        self._moved.set()
        self._moved = asyncio.Event()

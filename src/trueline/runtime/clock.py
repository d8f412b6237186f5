"""Time as an argument, so that a simulation can turn it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the engine knows of time."""

    def now(self) -> datetime:
        """The wall clock, in UTC: for records, never for deadlines."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that only grow: for deadlines and pauses."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; other tasks run meanwhile."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()  # noqa: TID251 - the one place

    async def sleep(self, seconds: float) -> None:
        """Wait in the event loop."""
        await asyncio.sleep(seconds)

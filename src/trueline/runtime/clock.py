"""Time as an argument, so that a simulation can turn it."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Timer(Protocol):
    """Something that is to come at a time."""

    def cancel(self) -> object:
        """It does not come any more; nothing where it came."""
        ...


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

    def call_later(self, seconds: float, act: Callable[[], object]) -> Timer:
        """Have something called once that much has passed; it costs no task."""
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

    def call_later(self, seconds: float, act: Callable[[], object]) -> Timer:
        """Have the event loop call it."""
        return asyncio.get_running_loop().call_later(seconds, act)


async def wait_until(event: asyncio.Event, clock: Clock, due_s: float | None) -> None:
    """Wait for an event, which is set at this time of the clock (`monotonic_s`) at the latest; `None`: for ever."""
    if due_s is None:
        await event.wait()
        return
    timer = clock.call_later(max(due_s - clock.monotonic_s(), 0.0), event.set)
    try:
        await event.wait()
    finally:
        timer.cancel()

"""A clock that moves when it is told to, and wakes who sleeps."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trueline.runtime.clock import Timer

START = datetime(2026, 7, 1, 12, tzinfo=UTC)


@dataclass(eq=False, slots=True)
class _Coming:
    """What is to be called at a time, until it is or is taken back."""

    at_s: float
    act: Callable[[], object]
    waiting: "list[_Coming]"

    def cancel(self) -> None:
        """Take it back."""
        if self in self.waiting:
            self.waiting.remove(self)


class StillClock:
    """Time stands until `pass_s`."""

    def __init__(self) -> None:
        self.at_s = 0.0
        self._waiting: list[_Coming] = []
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

    def call_later(self, seconds: float, act: Callable[[], object]) -> Timer:
        """Have it called as soon as that much has passed."""
        if seconds <= 0:
            return asyncio.get_running_loop().call_soon(act)
        coming = _Coming(self.at_s + seconds, act, self._waiting)
        self._waiting.append(coming)
        return coming

    def pass_s(self, seconds: float) -> None:
        """Move on."""
        self.at_s += seconds
        for coming in [one for one in self._waiting if one.at_s <= self.at_s]:
            coming.cancel()
            coming.act()
        self._moved.set()
        self._moved = asyncio.Event()

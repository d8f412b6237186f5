"""The clock of the tests; it is shipped with `trueline.testing`."""

from collections.abc import Callable

from trueline.runtime.clock import Timer
from trueline.testing.clock import START, StillClock

__all__ = ["START", "CountingClock", "StillClock"]


class CountingClock(StillClock):
    """Counts who begins to wait for a time: whoever looks and finds nothing begins anew."""

    timers = 0

    def call_later(self, seconds: float, act: Callable[[], object]) -> Timer:
        """As it is, and counted."""
        self.timers += 1
        return super().call_later(seconds, act)

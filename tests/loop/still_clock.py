"""The clock of the tests; it is shipped with `trueline.testing`."""

from trueline.testing.clock import START, StillClock

__all__ = ["START", "StillClock"]

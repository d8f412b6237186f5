"""An event loop whose time is virtual: where nobody can go on, it jumps to the next timer. It waits for nothing real.

It has no sockets, no threads and no child processes; whoever asks for one is told that a simulation has none.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any, Final, NoReturn, TypeVarTuple

_Arguments = TypeVarTuple("_Arguments")

CALLBACKS_MAX: Final = 200_000
"""More than any step takes; a loop that turns in place is found by it."""


class SimulationError(Exception):
    """The simulation itself does what it may not: real input or output, or a stop from which nothing follows."""


class _Timers:
    """In the place of a selector: nothing is ever ready but a timer."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def select(self, timeout_s: float | None) -> list[Any]:
        """Jump over the pause."""
        if timeout_s is None:
            raise SimulationError("nothing can go on, and no timer is set")
        self._loop.pass_s(timeout_s)
        return []

    def close(self) -> None:
        """Nothing is held."""

    def get_map(self) -> dict[int, Any]:
        """No file is watched."""
        return {}


class VirtualLoop(asyncio.BaseEventLoop):
    """Callbacks run in the order in which they were asked for; `now_s` is the time."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self._turns = 0
        self._selector = _Timers(self)

    def time(self) -> float:
        """The virtual time in seconds."""
        return self.now_s

    def pass_s(self, seconds: float) -> None:
        """Let time pass; rounding may not keep a timer from being due."""
        if seconds > 0:
            self.now_s = max(self.now_s + seconds, self._next_s())
            self._turns = 0
            return
        self._turns += 1
        if self._turns > CALLBACKS_MAX:
            raise SimulationError(f"at {self.now_s:.3f} s the loop turns without time passing")

    def _next_s(self) -> float:
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]  # the loop's own heap
        return scheduled[0].when() if scheduled else 0.0

    def call_soon_threadsafe(
        self,
        callback: Callable[[*_Arguments], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """There is one thread."""
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(self, *_: Any) -> NoReturn:  # type: ignore[override]  # it never returns
        """There are no other threads.

        Raises:
            SimulationError: always.
        """
        raise SimulationError("a thread was asked for")

    def _process_events(self, events: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody else could wake it."""

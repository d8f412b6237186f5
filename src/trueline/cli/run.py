"""A coroutine run to its end, on uvloop where it is there; the first Ctrl-C, or a SIGTERM, ends it cleanly."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Its result.

    Raises:
        KeyboardInterrupt: somebody ended it; everything that was open is closed.
    """
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(_until_ended(work))
    except _Ended:
        raise KeyboardInterrupt from None


class _Ended(Exception):
    """A SIGTERM came; a background job of a shell ignores SIGINT, so it is not turned into one."""


async def _until_ended(work: Coroutine[Any, Any, T]) -> T:
    task, ended = asyncio.current_task(), False

    def end() -> None:
        nonlocal ended
        ended = True
        if task is not None:
            task.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    try:
        return await work
    except asyncio.CancelledError:
        if ended:
            raise _Ended from None
        raise


def _loop_factory() -> Any:
    try:
        import uvloop  # noqa: PLC0415 - it is not there on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop

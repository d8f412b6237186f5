"""A coroutine run to its end, on uvloop where it is there; the first Ctrl-C, or a SIGTERM, ends it cleanly."""

import asyncio
import gc
import resource
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

T = TypeVar("T")

COLLECT_AFTER: Final = (50_000, 20, 50)
"""Python looks for cycles after 700 new objects; a start made a million that stay, and it looked at them for nothing.
Few cycles are made here, by tasks that failed; 50,000 such objects are some megabytes."""

OPEN_FILES: Final = 1 << 16
_LATE_FOR_TLS: Final = "the handler is closed"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Its result.

    Raises:
        KeyboardInterrupt: somebody ended it; everything that was open is closed.
    """
    _raise_open_files()
    gc.freeze()  # modules and classes stay until the end: nothing is found there
    gc.set_threshold(*COLLECT_AFTER)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(_until_ended(work))
    except _Ended:
        raise KeyboardInterrupt from None


def _raise_open_files() -> None:
    """As many as the machine allows: a usual shell allows 1,024, and each part of a fleet has a watch or some pipes."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES)
    if resource.RLIM_INFINITY != allowed < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class _Ended(Exception):
    """A SIGTERM came; a background job of a shell ignores SIGINT, so it is not turned into one."""


async def _until_ended(work: Coroutine[Any, Any, T]) -> T:
    task, ended = asyncio.current_task(), False

    def end() -> None:
        nonlocal ended
        ended = True
        if task is not None:
            task.cancel()

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_told_of)
    loop.add_signal_handler(signal.SIGTERM, end)
    try:
        return await work
    except asyncio.CancelledError:
        if ended:
            raise _Ended from None
        raise


def _told_of(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What nobody caught is told, but for one: uvloop answers the peer of a TLS connection that was closed meanwhile.

    Whoever used the connection has closed it or was told so; asyncio's own loop says nothing there. Seen at an end in
    the midst of answers; `https://github.com/MagicStack/uvloop/issues/506`.
    """
    error = context.get("exception")
    if not ("protocol" in context and isinstance(error, RuntimeError) and str(error).endswith(_LATE_FOR_TLS)):
        loop.default_exception_handler(context)


def _loop_factory() -> Any:
    try:
        import uvloop  # noqa: PLC0415 - it is not there on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop

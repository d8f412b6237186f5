"""A coroutine run to its end, on uvloop where it is there; the first Ctrl-C, or a SIGTERM, ends it cleanly."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Its result.

    Raises:
        KeyboardInterrupt: somebody ended it; everything that was open is closed.
    """
    before = signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(work)
    finally:
        signal.signal(signal.SIGTERM, before)


def _loop_factory() -> Any:
    try:
        import uvloop  # noqa: PLC0415 - it is not there on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop

"""The page as `up` serves it, over a fake engine, in a thread of its own: a test tells how applications stand."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from testbed.browser import Browser, Screen
from tests.server.bench import Bench, bench
from tests.server.page.made import REVISION
from trueline.runtime.clock import SystemClock
from trueline.runtime.task_group import TaskGroup
from trueline.server.access.front import PLAIN_COOKIE
from trueline.server.http import serve_address

PATIENCE_S = 60.0


class MovableClock(SystemClock):
    """The machine's clock, as much behind it as a test says: what was recorded yesterday has to be of yesterday."""

    def __init__(self) -> None:
        self.behind = timedelta()

    def now(self) -> datetime:
        """The time, as much earlier."""
        return super().now() - self.behind


class Served:
    """A page that is served, and the fleet behind it."""

    def __init__(self) -> None:
        self.address = ""
        self._loop = asyncio.new_event_loop()
        self._made: Bench | None = None
        self._listening: Any = None
        self._port = 0

    def tell(self, change: Callable[[Bench], Any]) -> Any:
        """Change what is so; what is made of a change is answered."""

        async def told() -> Any:
            assert self._made is not None
            return change(self._made)

        return self.wait(told())

    def show(self, window: Browser, address: str, screen: Screen | None = None, who: str = "root") -> None:
        """Open an address of it in a window in which somebody is signed in: an administrator, or who is named."""
        session = self.tell(lambda made: made.enters(who, is_admin=who == "root"))
        window.show(address, screen, cookies={PLAIN_COOKIE: session})

    def stop(self) -> None:
        """Nobody listens any more."""
        self.wait(self._stop())

    def start(self) -> None:
        """Listen, at the address that it had."""
        self.wait(self._start())

    def wait(self, task: Any) -> Any:
        """What a task answers in the thread of the server."""
        return asyncio.run_coroutine_threadsafe(task, self._loop).result(PATIENCE_S)

    async def _start(self) -> None:
        assert self._made is not None
        self._listening = serve_address(self._made.parts, "127.0.0.1", self._port)
        self.address = await self._listening.__aenter__()
        self._port = int(self.address.rpartition(":")[2])

    async def _stop(self) -> None:
        await self._listening.__aexit__(None, None, None)

    async def _run(self, started: threading.Event, ended: asyncio.Event) -> None:
        self._made = bench(MovableClock())
        self._made.follows(REVISION)
        async with TaskGroup() as group:
            following = group.create_task(self._made.parts.feed.run())
            await self._start()
            started.set()
            await ended.wait()
            await self._stop()
            following.cancel()

    @contextmanager
    def running(self) -> Iterator["Served"]:
        """While the block runs."""
        started, ended = threading.Event(), asyncio.Event()
        thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(started, ended),))
        thread.start()
        try:
            assert started.wait(PATIENCE_S)
            yield self
        finally:
            self._loop.call_soon_threadsafe(ended.set)
            thread.join()
            self._loop.close()

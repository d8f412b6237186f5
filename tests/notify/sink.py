"""A real server over HTTP on loopback that keeps what it is sent, and answers what it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Its body."""
        return json.loads(self.body)


@dataclass(slots=True, kw_only=True)
class Sink:
    """What came; `answers` are given in turn, the last one for ever. A status of 0 never answers."""

    url: str = ""
    sent: list[Sent] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(200, {})])
    body: bytes = b"ok"

    async def wait(self, count: int, timeout_s: float = PATIENCE_S) -> list[Sent]:
        """Until so many have come."""
        await until(lambda: len(self.sent) >= count, timeout_s)
        return self.sent

    async def handle(self, request: web.Request) -> web.Response:
        """Keep it, and answer."""
        found = Sent(path=request.path_qs, headers=dict(request.headers), body=await request.read())
        self.sent.append(found)
        status, headers = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not status:
            await asyncio.sleep(3_600)
        return web.Response(status=status, headers=headers, body=self.body)


async def until(holds: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(timeout_s):
        while not holds():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def sink() -> AsyncIterator[Sink]:
    """One, for the block."""
    made = Sink()
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", made.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()

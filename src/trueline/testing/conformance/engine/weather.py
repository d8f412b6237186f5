"""A transport that fails when it is told to: the weather between an engine and its cluster."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from trueline.runtime.http import Request, Response, Stream, Transport, Unreachable

Failure: TypeAlias = Response | Unreachable
Storm: TypeAlias = Callable[[Request], Failure | None]


class Weather:
    """Another transport, with failures. `storm` says for a request what goes wrong with it; `seen` are all requests.

    `meanwhile` is what somebody else does before a request arrives, or where a writer waits that is paused. `outrun`
    counts writes that the server refused with 409, because somebody else came first.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.storm: Storm | None = None
        self.before: Callable[[Request], None] | None = None
        self.after: Callable[[Request], None] | None = None
        self.meanwhile: Callable[[Request], Awaitable[None]] | None = None
        self.seen: list[Request] = []
        self.outrun = 0

    async def send(self, request: Request, *, timeout_s: float = 60.0) -> Response:
        """Send, or fail."""
        self.seen.append(request)
        if self.meanwhile is not None:
            await self.meanwhile(request)
        self._fail(request)
        if isinstance(failure := self._failure(request), Response):
            return failure
        response = await self._transport.send(request, timeout_s=timeout_s)
        if self.after is not None:
            self.after(request)
        if response.status == 409 and is_write(request):  # noqa: PLR2004 - HTTP's
            self.outrun += 1
        return response

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Stream]:
        """Open, or fail."""
        self.seen.append(request)
        if isinstance(failure := self._failure(request), Response):
            yield Stream(status=failure.status, headers=failure.headers, lines=_lines(failure.body))
            return
        async with self._transport.stream(request) as stream:
            yield Stream(status=stream.status, headers=stream.headers, lines=self._told(request, stream.lines))

    async def close(self) -> None:
        """The other transport is not ours."""

    def _fail(self, request: Request) -> None:
        if self.before is not None:
            self.before(request)

    def _failure(self, request: Request) -> Response | None:
        failure = self.storm(request) if self.storm is not None else None
        if isinstance(failure, Unreachable):
            raise failure
        return failure

    async def _told(self, request: Request, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """What a watch says, until a storm cuts it."""
        async for line in lines:
            if self.storm is not None and self.storm(request) is not None:
                return
            yield line


async def _lines(body: bytes) -> AsyncIterator[bytes]:
    yield body


def is_write(request: Request) -> bool:
    """Whether a request changes something: neither a read nor a dry run."""
    if request.method == "GET" or request.query.get("dryRun") == "All":
        return False
    return not (request.method == "DELETE" and b"dryRun" in request.body)

"""An address that answers HTTP/1.1: who asks is given to a function, and its answer is sent, within bounds.

By aiohttp, as all HTTP here: its parser is tried by many, and gives keep-alive, pipelining and bounds on what is read.
It decides nothing of what is answered, knows no TLS, and reads no body.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from aiohttp import web
from multidict import CIMultiDict

WAITING_MAX: Final = 128
_SERVER: Final = ("Server", "trueline")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request. `target` is as it was sent; header names are in lower case, and the same ones are joined."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Pieces(Protocol):
    """A body that keeps coming; whoever took it closes it, also where none of it was read."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None:
        """Nothing more is taken."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer: a whole `body`, or `pieces`. `size_bytes` is what `Content-Length` says; `None` where nobody knows."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    pieces: Pieces | None = None
    size_bytes: int | None = None


Answering: TypeAlias = Callable[[Asked], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one address takes at most.

    `idle_s` is how long a connection may stay without a whole request; `write_s` how long one piece may wait to be
    taken by a slow client.
    """

    connections_max: int = 512
    line_bytes_max: int = 8_190
    headers_max: int = 100
    idle_s: float = 15.0
    write_s: float = 30.0
    closing_s: float = 2.0


class HttpListener:
    """One address."""

    def __init__(self, answering: Answering, bounds: Bounds | None = None) -> None:
        self._answering = answering
        self._bounds = bounds or Bounds()
        self._runner: web.ServerRunner | None = None

    async def open(self, host: str, port: int) -> str:
        """Begin to listen; port 0 takes a free one. The answer is where.

        Raises:
            OSError: the address is taken, or not ours.
        """
        bounds = self._bounds
        server = _Bounded(
            self._answer,
            bounds.connections_max,
            access_log=None,
            logger=_SILENT,
            keepalive_timeout=bounds.idle_s,
            lingering_time=0.0,
            max_line_size=bounds.line_bytes_max,
            max_field_size=bounds.line_bytes_max,
            max_headers=bounds.headers_max,
        )
        runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=bounds.closing_s)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port, backlog=WAITING_MAX).start()
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner
        named = f"[{host}]" if ":" in host else host
        return f"http://{named}:{runner.addresses[0][1]}"

    async def close(self) -> None:
        """Answer nobody any more; what is under way has a moment to end."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        reply = await self._asked(request)
        try:
            return await self._send(request, reply)
        finally:
            if reply.pieces is not None:
                await reply.pieces.aclose()

    async def _asked(self, request: web.BaseRequest) -> Reply:
        headers: dict[str, str] = {}
        for name, value in request.headers.items():
            key = name.lower()
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        try:
            return await self._answering(Asked(method=request.method, target=request.raw_path, headers=headers))
        except Exception as error:  # noqa: BLE001 - a bug of ours ends one answer, and is told
            _tell(f"{request.method} {request.raw_path[:200]}", error)
            return Reply(status=500, body=b"500 Internal Server Error\n", headers=(("Content-Type", "text/plain"),))

    async def _send(self, request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
        response = _response(reply)
        if request.body_exists:
            response.force_close()  # nobody reads it
        try:
            async with asyncio.timeout(self._bounds.write_s) as patience:
                await response.prepare(request)
                if reply.pieces is not None and request.method != "HEAD":
                    await self._flow(response, reply.pieces, patience)
                await response.write_eof()
        except BaseException:
            if request.transport is not None:
                request.transport.abort()  # half an answer must not look like a whole one
            raise
        return response

    async def _flow(self, response: web.StreamResponse, pieces: Pieces, patience: asyncio.Timeout) -> None:
        """The client's time is counted, not that of whoever makes the pieces."""
        loop, write_s = asyncio.get_running_loop(), self._bounds.write_s
        patience.reschedule(None)
        async for piece in pieces:
            patience.reschedule(loop.time() + write_s)
            await response.write(piece)
            patience.reschedule(None)
        patience.reschedule(loop.time() + write_s)


def _response(reply: Reply) -> web.StreamResponse:
    headers = CIMultiDict((_SERVER, *reply.headers))
    if reply.pieces is None:
        return web.Response(status=reply.status, headers=headers, body=reply.body)
    response = web.StreamResponse(status=reply.status, headers=headers)
    response.content_length = reply.size_bytes
    return response


class _Bounded(web.Server):
    """Takes so many connections and no more."""

    def __init__(self, handler: Any, connections_max: int, **bounds: Any) -> None:
        super().__init__(handler, **bounds)
        self._connections_max = connections_max

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self.connections) > self._connections_max:
            transport.abort()


def _tell(what: str, error: Exception) -> None:
    asyncio.get_running_loop().call_exception_handler({"message": f"no answer to {what}", "exception": error})


_SILENT: Final = logging.getLogger("trueline.http_listener")
_SILENT.setLevel(logging.CRITICAL + 1)
"""What strangers send is no news: each of them could fill the disk with it."""

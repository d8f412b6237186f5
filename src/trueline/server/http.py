"""The routes as an aiohttp application: bounds, errors as diagnostics, and who may do what. It decides nothing else."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from trueline.loop.bug import own_fault
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault, TargetError, Transient, UserError
from trueline.record.journal import Record
from trueline.runtime import unix_socket
from trueline.server.answer import Answers, Asked
from trueline.server.metric import Counts, exposition
from trueline.server.route import PREFIX, ROUTES, Route, openapi
from trueline.server.shape import errors_body, record_body
from trueline.server.stream import Feed

BODY_BYTES_MAX: Final = 1 << 20
REQUESTS_AT_ONCE_MAX: Final = 128
SOCKET_WAITING_MAX: Final = 64
DEFAULT_PORT: Final = 8600
WHO_CHARACTERS_MAX: Final = 100
HEARTBEAT: Final = b": still here\n\n"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerParts:
    """What the routes speak of. `is_writable` tells whether the store can be written now."""

    answers: Answers
    feed: Feed
    counts: Counts
    is_writable: Callable[[], bool]


def application(parts: ServerParts, *, is_private: bool) -> web.Application:
    """The application of one listener; only a private one (the socket) takes actions."""
    server = _Server(parts, is_private=is_private)
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[server.guard])
    for route in ROUTES:
        app.router.add_route(route.method, route.path, server.handler(route))
    app.router.add_get(f"{PREFIX}/events", server.events)
    app.router.add_get(f"{PREFIX}/openapi.json", server.openapi)
    app.router.add_post("/hooks/git", server.hook)
    app.router.add_get("/healthz", server.health)
    app.router.add_get("/readyz", server.ready)
    app.router.add_get("/metrics", server.metrics)
    return app


@asynccontextmanager
async def serve_socket(parts: ServerParts, path: Path) -> AsyncIterator[None]:
    """Serve on a socket that its owner alone can open; what a dead process left there gives way.

    The data directory's lock is held, so nobody else serves there.
    """
    _remove(path)
    runner = await _started(parts, is_private=True)
    try:
        await web.SockSite(runner, unix_socket.bind(path), backlog=SOCKET_WAITING_MAX).start()
        yield
    finally:
        await runner.cleanup()
        _remove(path)


@asynccontextmanager
async def serve_address(parts: ServerParts, host: str, port: int) -> AsyncIterator[str]:
    """Serve on an address; the answer is where.

    Raises:
        UserError: TL0721, it is taken or not ours.
    """
    runner = await _started(parts, is_private=False)
    try:
        site = web.TCPSite(runner, host, port, backlog=SOCKET_WAITING_MAX)
        try:
            await site.start()
        except OSError as error:
            raise _taken(host, port, error) from None
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _started(parts: ServerParts, *, is_private: bool) -> web.AppRunner:
    runner = web.AppRunner(
        application(parts, is_private=is_private), access_log=None, handle_signals=False, shutdown_timeout=1.0
    )
    await runner.setup()
    return runner


class _Server:
    """The handlers of one listener."""

    def __init__(self, parts: ServerParts, *, is_private: bool) -> None:
        self._parts = parts
        self._is_private = is_private
        self._under_way = 0

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Every answer that is no success is diagnostics as JSON; too many requests at once are turned away."""
        if self._under_way >= REQUESTS_AT_ONCE_MAX:
            return _error(503, [_BUSY])
        self._under_way += 1
        try:
            return await handler(request)
        except Fault as fault:
            return _error(_status_of(fault), fault.diagnostics)
        except web.HTTPException as error:
            return _error(error.status, [_http(error, request.path)])
        except web.RequestPayloadError:  # INV-30: the body is not what its head says, which is no fault of ours
            return _error(400, [_MALFORMED])
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 - our own bug is told as one, without any value
            return _error(500, [own_fault(request.path[:200], error)])
        finally:
            self._under_way -= 1

    def handler(self, route: Route) -> Handler:
        """The handler of one question."""

        async def answer(request: web.Request) -> web.StreamResponse:
            if route.is_private and not self._is_private:
                return _error(403, [_PRIVATE])
            asked = Asked(
                name=request.match_info.get("name", ""),
                query=request.query,
                body=await _body(request) if route.method == "POST" else {},
                who=request.headers.get("Trueline-Who", "")[:WHO_CHARACTERS_MAX] or "socket",
            )
            return _json(200, await route.answer(self._parts.answers, asked))

        return answer

    async def hook(self, request: web.Request) -> web.StreamResponse:
        """It can only cause a look, and looks are coalesced: so it needs no authentication."""
        await request.read()
        self._parts.answers.engine.poke()
        return _json(202, {"accepted": True})

    async def health(self, _: web.Request) -> web.StreamResponse:
        """The process lives."""
        return _json(200, {"ok": True})

    async def ready(self, _: web.Request) -> web.StreamResponse:
        """Ready, or why not."""
        reasons = []
        if not self._parts.answers.engine.is_ready:
            reasons.append("the first pass is not done")
        if not self._parts.is_writable():
            reasons.append("the store cannot be written")
        return _json(503 if reasons else 200, {"ok": not reasons, "reasons": reasons})

    async def metrics(self, _: web.Request) -> web.StreamResponse:
        """Figures."""
        text = exposition(self._parts.answers.engine, self._parts.counts)
        return web.Response(body=text.encode(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def openapi(self, _: web.Request) -> web.StreamResponse:
        """What can be asked."""
        return _json(200, openapi())

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Records as server-sent events; the id of each is its number, so that a client resumes by itself."""
        if self._parts.feed.is_full:
            return _error(503, [_BUSY])
        resumed = request.headers.get("Last-Event-ID") or request.query.get("after")
        query = {"after": resumed} if resumed else {}
        after = Asked(query=query, body={}).number("after", 0, 1 << 62) if resumed else None
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        await response.write(HEARTBEAT)
        with suppress(ConnectionResetError):
            async for record in self._parts.feed.after(after):
                await response.write(_event(record) if record else HEARTBEAT)
        return response


def _event(record: Record) -> bytes:
    data = json.dumps(record_body(record), separators=(",", ":"))
    return f"id: {record.sequence}\nevent: record\ndata: {data}\n\n".encode()


async def _body(request: web.Request) -> Mapping[str, Any]:
    text = await request.read()
    if not text:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UserError([_MALFORMED])
    return value


def _json(status: int, body: Any) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json", charset="utf-8")


def _error(status: int, diagnostics: Any) -> web.Response:
    return _json(status, errors_body(diagnostics))


def _status_of(fault: Fault) -> int:
    match fault:
        case UserError() if any(diagnostic.code in {"TL0710", "TL0701"} for diagnostic in fault.diagnostics):
            return 404
        case UserError():
            return 422
        case TargetError():
            return 502
        case Transient() | _:
            return 503


def _http(error: web.HTTPException, path: str) -> Diagnostic:
    match error.status:
        case 404 if path == "/":
            detail = "this version has no page"
        case 404:
            detail = f"nothing is at {path[:200]}"
        case 413:
            detail = f"the body has more than {BODY_BYTES_MAX} bytes"
        case _:
            detail = error.reason
    return Diagnostic(
        code="TL0722",
        summary="the request is not answered",
        detail=detail,
        remedy=f"see {PREFIX}/openapi.json for what can be asked",
    )


def _taken(host: str, port: int, error: OSError) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL0721",
                summary="the address to listen on cannot be had",
                detail=f"{host}:{port}: {error.strerror}",
                remedy="name another one with --listen HOST:PORT, or --listen none",
            )
        ]
    )


_BUSY: Final = Diagnostic(
    code="TL0723", summary="too many requests at once", detail="this one was turned away", remedy="ask again later"
)
_PRIVATE: Final = Diagnostic(
    code="TL0724",
    summary="this is answered on the data directory's socket only",
    detail="this listener knows no users yet",
    remedy="use the command line on the machine where `trueline up` runs",
)
_MALFORMED: Final = Diagnostic(
    code="TL0720",
    summary="the request cannot be read",
    detail="the body is no JSON object",
    remedy=f"see {PREFIX}/openapi.json",
)

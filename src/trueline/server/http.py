"""The routes as an aiohttp application: bounds, errors as diagnostics, and who may do what. It decides nothing else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import ETag, web

from trueline.loop.bug import own_fault
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault, TargetError, Transient, UserError
from trueline.runtime import unix_socket
from trueline.server.access.access import Access
from trueline.server.access.account import Account
from trueline.server.access.answer import AccountAnswers
from trueline.server.access.body import MeBody
from trueline.server.access.crowd import Crowd
from trueline.server.access.door import LOG_IN, Door
from trueline.server.access.front import NO_FRONT, Front
from trueline.server.access.gate import ASKED, Asked, Gate, asked_of, needs_of
from trueline.server.access.identity import rights, rights_everywhere
from trueline.server.access.oidc.door import ProviderDoor
from trueline.server.access.proxy import NO_PROXIES, Proxies
from trueline.server.access.refusal import Refusal
from trueline.server.access.right import Right
from trueline.server.access.session import csrf_of
from trueline.server.answer import Answers
from trueline.server.hook.hooks import Hooks
from trueline.server.hook.route import HookRoutes
from trueline.server.log_desk import LogDesk
from trueline.server.metric.counts import Counts
from trueline.server.metric.exposition import exposition, form_of
from trueline.server.metric.table import METRICS
from trueline.server.openapi import NEEDS, openapi
from trueline.server.page.address import PROVIDER, PROVIDER_BACK, PROVIDER_END, SIGN_IN, SIGN_OUT
from trueline.server.page.desk import Desk
from trueline.server.page.pages import Pages
from trueline.server.page.route import add_pages, error_page, is_visit, wants_page, way_in
from trueline.server.reading import malformed
from trueline.server.route import PREFIX, ROUTES, Route
from trueline.server.shape import problem_body
from trueline.server.stream import Feed, read_place

BODY_BYTES_MAX: Final = 1 << 20
REQUESTS_AT_ONCE_MAX: Final = 128
SOCKET_WAITING_MAX: Final = 64
DEFAULT_PORT: Final = 8600
HEARTBEAT: Final = b": still here\n\n"
WRITE_S_MAX: Final = 30.0
"""So long a listener may take none of what is sent; then its connection ends."""
TAG_BYTES: Final = 16
_UNKNOWN: Final = 401

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerParts:
    """What the routes speak of. `is_writable` tells whether the store can be written now."""

    answers: Answers
    access: Access
    feed: Feed
    counts: Counts
    pages: Pages
    hooks: Hooks
    is_writable: Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """What is answered where there is no success."""

    status: int
    diagnostics: Sequence[Diagnostic]
    headers: Mapping[str, str] = field(default_factory=dict)


def application(parts: ServerParts, *, is_private: bool, front: Front = NO_FRONT) -> web.Application:
    """The application of one listener; whoever can open a private one (the socket) has every right."""
    gate = Gate(parts.access, front=front, is_private=is_private, names=lambda: parts.answers.engine.kept)
    server, door = _Server(parts, gate), Door(parts.access, gate)
    by_provider = ProviderDoor(parts.access, gate, door)
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[server.guard])
    for route in ROUTES:
        app.router.add_route(route.method, route.path, server.handler(route))
    app.router.add_get(f"{PREFIX}/events", server.events)
    app.router.add_get(f"{PREFIX}/openapi.json", server.openapi)
    app.router.add_get("/healthz", server.health)
    app.router.add_get("/readyz", server.ready)
    app.router.add_get("/metrics", server.metrics)
    app.router.add_get(f"{PREFIX}/me", server.me)
    app.router.add_get(SIGN_IN, door.show)
    app.router.add_post(SIGN_IN, door.sign_in)
    app.router.add_post(SIGN_OUT, door.sign_out)
    app.router.add_get(PROVIDER, by_provider.leave)
    app.router.add_get(PROVIDER_BACK, by_provider.come_back)
    app.router.add_get(PROVIDER_END, by_provider.end)
    app.router.add_post(LOG_IN, door.log_in)
    app.router.add_get(LOG_IN, door.ways)
    app.router.add_post(f"{LOG_IN}/code", door.log_in_by_code)
    Account(parts.access, gate, door).add(app)
    add_pages(app, parts.pages)
    HookRoutes(parts.hooks).add(app)
    Desk(parts.answers, gate, parts.access.clock).add(app)
    LogDesk(parts.answers.logs, gate).add(app)
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
async def serve_address(
    parts: ServerParts, host: str, port: int, *, public_url: str = "", proxies: Proxies = NO_PROXIES
) -> AsyncIterator[str]:
    """Serve on an address; the answer is where. Behind a proxy, `public_url` is where people find it.

    `proxies` are trusted to say for whom they ask.

    Raises:
        UserError: TL0721, it is taken or not ours.
    """
    installation = parts.access.installation
    front = Front(host=host, public_url=public_url, installation=installation, proxies=proxies)
    runner = await _started(parts, is_private=False, front=front)
    try:
        site = web.TCPSite(runner, host, port, backlog=SOCKET_WAITING_MAX)
        try:
            await site.start()
        except OSError as error:
            raise _taken(host, port, error) from None
        address = f"http://{f'[{host}]' if ':' in host else host}:{runner.addresses[0][1]}"
        parts.access.address = public_url.rstrip("/") or address
        yield address
    finally:
        await runner.cleanup()


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _started(parts: ServerParts, *, is_private: bool, front: Front = NO_FRONT) -> web.AppRunner:
    runner = web.AppRunner(
        application(parts, is_private=is_private, front=front),
        access_log=None,
        handle_signals=False,
        shutdown_timeout=1.0,
        auto_decompress=False,  # nothing of what is packed is opened: a bomb costs what it weighs
    )
    await runner.setup()
    return runner


class _Server:
    """The handlers of one listener."""

    def __init__(self, parts: ServerParts, gate: Gate) -> None:
        self._parts = parts
        self._gate = gate
        self._accounts = AccountAnswers(parts.access)
        self._under_way = 0
        self._crowd = Crowd()

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nothing is answered before the gate let it in; what is no success is diagnostics.

        Too many requests at once are turned away.
        """
        if self._under_way >= REQUESTS_AT_ONCE_MAX:
            return _error(503, [_BUSY])
        self._under_way += 1
        try:
            need = needs_of(NEEDS, request)
            assert need is not None, "a route that nobody may use"
            request[ASKED] = asked = self._gate.admit(request, need)
            if asked is None or not need.is_dear or self._gate.is_private:
                return await handler(request)
            with self._crowd.asking(str(asked.identity)):
                return await handler(request)
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 - our own bug is told as one, without any value
            return self._failed(request, _told(error, request.path))
        finally:
            self._under_way -= 1

    def _failed(self, request: web.Request, told: _Failure) -> web.StreamResponse:
        """Diagnostics for whoever asks: problem details or, for a person's browser, a page; or the way in."""
        if told.status == _UNKNOWN and is_visit(request):
            return way_in(request)
        if wants_page(request):
            return error_page(self._parts.pages, self._seen(request), told.status, told.diagnostics, told.headers)
        return _error(told.status, told.diagnostics, told.headers)

    def _seen(self, request: web.Request) -> Asked | None:
        """Who is told of what went wrong, where that is known."""
        with suppress(Refusal):
            return self._gate.known(request)
        return None

    def handler(self, route: Route) -> Handler:
        """The handler of one question."""

        async def answer(request: web.Request) -> web.StreamResponse:
            asked = asked_of(request)
            answered = await route.ask(
                self._accounts if route.of is AccountAnswers else self._parts.answers,
                request.match_info.get("name", ""),
                query=list(request.query.items()),
                body=await _body(request) if route.is_action else None,
                who=str(asked.identity),
                reader=asked.granted,
                asker=asked.identity,
            )
            return _json(200, answered) if route.is_action else _tagged(request, answered)

        return answer

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

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        """Figures, in the form that is asked for."""
        form = form_of(request.headers.get("Accept", ""))
        text = exposition(METRICS, self._parts.counts, form)
        return web.Response(body=text.encode(), headers={"Content-Type": form.value, "Cache-Control": "no-store"})

    async def openapi(self, _: web.Request) -> web.StreamResponse:
        """What can be asked."""
        return _json(200, openapi())

    async def me(self, request: web.Request) -> web.StreamResponse:
        """Who asks, and what they may; a page takes the word for its actions from here."""
        asked = asked_of(request)
        projects = self._parts.access.grants.projects()
        return _json(
            200,
            MeBody(
                name=asked.identity.name,
                kind=asked.identity.kind.value,
                everywhere=_words(rights_everywhere(asked.identity, projects)),
                projects={
                    name: words for name in projects if (words := _words(rights(asked.identity, projects, name)))
                },
                csrf=csrf_of(asked.session) if asked.session else "",
            ),
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        """What happens, as server-sent events; the id of each says where a client resumes by itself."""
        if self._parts.feed.is_full:
            return _error(503, [_BUSY])
        resumed = request.headers.get("Last-Event-ID") or request.query.get("after")
        place = read_place(resumed) if resumed else None
        if resumed and place is None:
            return _error(422, [malformed(f"{resumed[:40]!r} is no id of an event")])
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        stream = self._gate.stream(request, asked_of(request))
        with suppress(ConnectionResetError, TimeoutError, Refusal):  # who asked may be gone before the first word
            await response.prepare(request)
            await response.write(HEARTBEAT)
            async for event in self._parts.feed.after(place):
                if not stream.is_allowed():
                    break
                if event is None or stream.hears(event.kind, event.application):
                    async with asyncio.timeout(WRITE_S_MAX):
                        await response.write(event.text_for(stream.reads) if event else HEARTBEAT)
        return response


def _told(error: Exception, path: str) -> _Failure:
    match error:
        case Refusal():
            return _Failure(status=error.status, diagnostics=[error.diagnostic], headers=error.headers)
        case Fault():
            return _Failure(status=_status_of(error), diagnostics=error.diagnostics)
        case web.HTTPException():
            return _Failure(status=error.status, diagnostics=[_http(error, path)])
        case web.RequestPayloadError():  # INV-30: the body is not what its head says, which is no fault of ours
            return _Failure(status=400, diagnostics=[_MALFORMED])
        case _:
            return _Failure(status=500, diagnostics=[own_fault(path[:200], error)])


def _words(found: Iterable[Right]) -> tuple[str, ...]:
    return tuple(sorted(right.value for right in found))


async def _body(request: web.Request) -> Mapping[str, Any]:
    text = await request.read()
    if not text:
        return {}
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UserError([_MALFORMED])
    return value


def _json(status: int, body: Any) -> web.Response:
    return _encoded(status, msgspec.json.encode(body))


def _encoded(status: int, body: bytes, media: str = "application/json") -> web.Response:
    return web.Response(status=status, body=body, content_type=media, charset="utf-8")


def _tagged(request: web.Request, body: Any) -> web.Response:
    """An answer with its validator: who has it already is told so in no more than a head (RFC 9110)."""
    encoded = msgspec.json.encode(body)
    tag = ETag(blake2b(encoded, digest_size=TAG_BYTES).hexdigest())
    known = request.if_none_match or ()
    if any(one.value in {tag.value, "*"} for one in known):
        response = web.Response(status=304)
    else:
        response = _encoded(200, encoded)
    response.etag = tag
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _error(status: int, diagnostics: Sequence[Diagnostic], headers: Mapping[str, str] | None = None) -> web.Response:
    response = _encoded(status, msgspec.json.encode(problem_body(status, diagnostics)), "application/problem+json")
    response.headers.update(headers or {})
    return response


def _status_of(fault: Fault) -> int:
    match fault:
        case UserError() if any(diagnostic.code in {"TL0710", "TL0701"} for diagnostic in fault.diagnostics):
            return 404
        case UserError() if any(diagnostic.code == "TL2320" for diagnostic in fault.diagnostics):
            return 409
        case UserError():
            return 422
        case TargetError():
            return 502
        case Transient() | _:
            return 503


def _http(error: web.HTTPException, path: str) -> Diagnostic:
    match error.status:
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
_MALFORMED: Final = malformed("the body is no JSON object")

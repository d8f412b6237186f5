"""The way between a machine and the cluster: slow, and at times broken as networks and API servers break.

Who writes is known by `WRITER` while the cluster takes a request; so the checks know whose write they see.
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from typing import Final

import msgspec

from trueline.runtime.http import Request, Response, Stream, Transport, Unreachable
from trueline.target.kubernetes.lease import HOME
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.simulation.effect import Failure, Moment

WRITER: ContextVar[str] = ContextVar("writer", default="")
"""Whose request the cluster takes at the moment; empty for its own controllers."""

LATENCY_S: Final = 0.01
_LISTS_KEPT: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often each thing goes wrong, from 0 to 1."""

    never_sent: float = 0.0
    reply_lost: float = 0.0
    conflict: float = 0.0
    too_many: float = 0.0
    server_error: float = 0.0
    stale_list: float = 0.0
    half_list: float = 0.0
    watch_cut: float = 0.0
    watch_skips: float = 0.0
    watch_repeats: float = 0.0
    expired: float = 0.0

    @classmethod
    def drawn(cls, rng: random.Random) -> "Faults":
        """Some of them, some often."""
        return cls(**{one.name: rng.choice((0.0, 0.0, 0.02, 0.1, 0.3)) for one in fields(cls)})


CALM: Final = Faults()


def _refusal(code: int, reason: str, **headers: str) -> Response:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": reason}
    return Response(
        status=code,
        headers={"content-type": "application/json", **headers},
        body=msgspec.json.encode(body | {"code": code}),
    )


def is_fence(key: str) -> bool:
    """Whether an object says whose turn it is to write: it is no application's, and changes as processes come and go.

    >>> is_fence("/coordination.k8s.io/leases/trueline-system/sim.shop"), is_fence("/core/configmaps/shop/o1")
    (True, False)
    """
    return is_about_fences(key) or key == f"/core/namespaces/{HOME}"


def is_about_fences(path: str) -> bool:
    """Whether a request asks for fences, or an object is one.

    >>> is_about_fences("/apis/coordination.k8s.io/v1/namespaces/trueline-system/leases")
    True
    """
    return "/leases" in path


def conflict() -> Response:
    """What a server says to a write that another one overtook."""
    return _refusal(409, "Conflict")


class Network:
    """A transport with latency and faults. `gate` is waited for wherever time may pass.

    `effect` is told of each write, before and after: it may end the machine, and then the request is never answered; or
    it says how this one fails. `writes` counts those to what Git declares; whose turn it is, is written at times though
    nothing changes.
    """

    def __init__(
        self,
        transport: Transport,
        rng: random.Random,
        *,
        writer: str,
        gate: Callable[[], Awaitable[None]],
        effect: Callable[[Moment], Failure | None],
    ) -> None:
        self._transport = transport
        self._rng = rng
        self._writer = writer
        self._gate = gate
        self._effect = effect
        self._lists: dict[str, deque[Response]] = {}
        self.tried: Callable[[str], None] = lambda _: None
        """Is told of the path of each apply that is tried, as it arrives."""
        self.heard: Callable[[str, bytes], None] = lambda _path, _body: None
        """Is told of everything that comes back from the cluster, with the path that was asked for."""
        self.faults = CALM
        self.writes = 0
        self.sending: list[str] = []
        """The paths of the writes that are about to be sent; they stay while the machine stands still."""

    async def send(self, request: Request, *, timeout_s: float = 60.0) -> Response:
        """See `Transport.send`."""
        await self._pass()
        if (failure := self._failure(request)) is not None:
            return failure
        if is_write(request):
            self.writes += not is_about_fences(request.path)
            self.sending.append(request.path)
            try:
                if await self._fails(Moment.SENDING) is Failure.CONFLICT:
                    return conflict()
            finally:
                self.sending.remove(request.path)
        if request.method == "PATCH" and not is_write(request):
            self.tried(request.path)
        token = WRITER.set(self._writer)
        try:
            response = await self._transport.send(request, timeout_s=timeout_s)
        finally:
            WRITER.reset(token)
        if is_write(request):
            await self._fails(Moment.SENT)
        await self._pass()
        if self._happens(self.faults.reply_lost):
            raise Unreachable("the reply was lost")
        response = self._remembered(request, response)
        self.heard(request.path, response.body)
        return response

    async def _fails(self, moment: Moment) -> Failure | None:
        failure = self._effect(moment)
        await self._gate()
        if failure is Failure.NOT_SENT:
            raise Unreachable("the connection was refused")
        if failure is Failure.REPLY_LOST:
            raise Unreachable("the reply was lost")
        return failure

    def _failure(self, request: Request) -> Response | None:
        faults = self.faults
        if self._happens(faults.never_sent):
            raise Unreachable("the connection was refused")
        if self._happens(faults.too_many):
            return _refusal(429, "TooManyRequests", **{"retry-after": "1"})
        if self._happens(faults.server_error):
            return self._rng.choice((_refusal(500, "InternalError"), _refusal(503, "ServiceUnavailable"), _PAGE))
        if request.method != "GET" and self._happens(faults.conflict):
            return conflict()
        if "continue" in request.query and self._happens(faults.expired):
            return _refusal(410, "Expired")
        return None

    def _remembered(self, request: Request, response: Response) -> Response:
        """A list may be an older one, from a server that lags behind; or one that ends in the middle."""
        if request.method != "GET" or "limit" not in request.query:
            return response
        known = self._lists.setdefault(f"{request.path}?{sorted(request.query.items())}", deque(maxlen=_LISTS_KEPT))
        known.append(response)
        if self._happens(self.faults.half_list):
            raise Unreachable("the body ended in the middle")
        return self._rng.choice(known) if self._happens(self.faults.stale_list) else response

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Stream]:
        """See `Transport.stream`."""
        await self._pass()
        if (failure := self._failure(request)) is not None:
            yield Stream(status=failure.status, headers=failure.headers, lines=_once(failure.body))
            return
        if request.query.get("resourceVersion") and self._happens(self.faults.expired):
            gone = _refusal(410, "Expired")
            yield Stream(status=gone.status, headers=gone.headers, lines=_once(gone.body))
            return
        async with self._transport.stream(request) as stream:
            yield Stream(status=stream.status, headers=stream.headers, lines=self._told(request.path, stream.lines))

    async def _told(self, path: str, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        last = b""
        async for line in lines:
            await self._gate()
            faults, is_event = self.faults, b'"type":"BOOKMARK"' not in line
            if self._happens(faults.watch_cut):
                return
            if is_event and self._happens(faults.watch_skips):
                continue
            if last and self._happens(faults.watch_repeats):
                yield last
            self.heard(path, line)
            yield line
            last = line if is_event else last

    async def close(self) -> None:
        """The transport is the cluster's."""

    async def _pass(self) -> None:
        await asyncio.sleep(self._rng.expovariate(1 / LATENCY_S))
        await self._gate()

    def _happens(self, rate: float) -> bool:
        return rate > 0 and self._rng.random() < rate


_PAGE = Response(status=200, headers={"content-type": "text/html"}, body=b"<html>We will be back soon</html>")


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body

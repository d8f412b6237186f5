"""HTTP by aiohttp: one server, its TLS, its credentials. Never follows a redirect, never retries but after a 401."""

import asyncio
import io
import os
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from trueline.runtime.http import Endpoint, Request, Response, Stream, Unreachable
from trueline.runtime.store import translated

Authorize: TypeAlias = Callable[[bool], Awaitable[Mapping[str, str]]]
"""Gives the headers that prove who we are; the argument asks for fresh ones after a 401."""

BODY_BYTES_MAX = 512 << 20
LINE_BYTES_MAX = 8 << 20
CONNECTIONS_MAX = 100
PIECE_BYTES_MAX = 1 << 19
CONNECT_TIMEOUT_S = 10.0
_UNAUTHORIZED = 401
_LOOP_REFUSES = "is used by transport"
_FAILURES = (aiohttp.ClientError, OSError, ssl.SSLError, asyncio.TimeoutError, ValueError)


class AiohttpTransport:
    """A `Transport` to one real server over HTTP/1.1 with kept connections."""

    def __init__(  # noqa: PLR0913 - what a way to a server is made of
        self,
        endpoint: Endpoint,
        *,
        authorize: Authorize | None = None,
        connections_max: int = CONNECTIONS_MAX,
        body_bytes_max: int = BODY_BYTES_MAX,
        line_bytes_max: int = LINE_BYTES_MAX,
        open_socket: Callable[[tuple[Any, ...]], socket.socket] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._open_socket = open_socket or _watched_socket
        self._authorize = authorize
        self._connections_max = connections_max
        self._body_bytes_max = body_bytes_max
        self._line_bytes_max = line_bytes_max
        self._base = endpoint.url.rstrip("/")
        self._tls = tls_context(endpoint) if self._base.startswith("https:") else None
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request, *, timeout_s: float = 60.0) -> Response:
        """Send and read the whole answer."""
        timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=CONNECT_TIMEOUT_S)
        try:
            async with self._open(request, timeout, {}) as answer:
                body = await _read(answer, self._body_bytes_max)
                return Response(status=answer.status, headers=_lower(answer.headers), body=body)
        except _FAILURES as error:
            raise Unreachable(describe(error)) from error

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Stream]:
        """Open an answer that keeps coming."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=request.silence_s)
        opened = self._open(request, timeout, {"Accept-Encoding": "identity"})
        try:
            answer = await opened.__aenter__()
        except _FAILURES as error:
            raise Unreachable(describe(error)) from error
        try:
            lines = _lines(answer, self._line_bytes_max)
            yield Stream(status=answer.status, headers=_lower(answer.headers), lines=lines)
        finally:
            answer.close()  # a stream that is left half way cannot give its connection back
            await opened.__aexit__(None, None, None)

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @asynccontextmanager
    async def _open(
        self, request: Request, timeout: aiohttp.ClientTimeout, headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        answer = await self._ask(request, timeout, headers, fresh=False)
        if answer.status == _UNAUTHORIZED and self._authorize is not None:
            answer.release()
            answer = await self._ask(request, timeout, headers, fresh=True)
        try:
            yield answer
        finally:
            answer.release()

    async def _ask(
        self, request: Request, timeout: aiohttp.ClientTimeout, headers: Mapping[str, str], *, fresh: bool
    ) -> aiohttp.ClientResponse:
        proof = await self._authorize(fresh) if self._authorize is not None else {}
        query = f"?{_query_text(tuple(request.query.items()))}" if request.query else ""
        with _told_of_loop():
            return await self._opened_session().request(
                request.method,
                URL(f"{self._base}{request.path}{query}", encoded=True),
                headers={**request.headers, **headers, **proof},
                data=_payload(request.body),
                allow_redirects=False,
                timeout=timeout,
                proxy=self._endpoint.proxy_url or None,
                server_hostname=self._endpoint.server_name or None,
            )

    def _opened_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                ssl=self._tls if self._tls is not None else True,
                limit=self._connections_max,
                keepalive_timeout=60.0,
                socket_factory=self._open_socket,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("Content-Type",),
                read_bufsize=1 << 18,
            )
        return self._session


def tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    """The TLS of an endpoint.

    Raises:
        ValueError: a certificate or key does not hold; the text has nothing of the key in it.
        StoreFull: and the store's other faults: there is no place for the key, which is tried again.
    """
    context = ssl.create_default_context()
    try:
        if endpoint.ca_pem:
            context = ssl.create_default_context(cadata=endpoint.ca_pem.decode("ascii"))
        if endpoint.is_insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if endpoint.client_certificate_pem:
            _load_chain(context, endpoint)
    except (ssl.SSLError, UnicodeDecodeError) as error:
        reason = getattr(error, "reason", None) or "not PEM"
        raise ValueError(f"the certificate authority, client certificate or key does not hold: {reason}") from None
    return context


def describe(error: BaseException) -> str:
    """A failure as a sentence without addresses of memory."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return f"the server's certificate does not hold: {error.certificate_error}"
        case asyncio.TimeoutError():
            return "no answer within the time allowed"
        case aiohttp.ClientConnectorError():
            return f"cannot connect to {error.host}:{error.port}: {error.os_error.strerror or error.os_error}"
        case aiohttp.ServerDisconnectedError():
            return "the server closed the connection before it answered"
        case _:
            return str(error) or type(error).__name__


def _load_chain(context: ssl.SSLContext, endpoint: Endpoint) -> None:
    """Python's TLS reads a key from files only: it stands for a moment in a directory that nobody else may enter."""
    with ExitStack() as stack:
        with translated("a temporary directory"):
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="trueline-"))
            certificate, key = Path(directory, "certificate"), Path(directory, "key")
            certificate.write_bytes(endpoint.client_certificate_pem)
            with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(endpoint.client_key.reveal().encode() if endpoint.client_key is not None else b"")
        context.load_cert_chain(certificate, key)


def _watched_socket(address: tuple[Any, ...]) -> socket.socket:
    """A dead peer is noticed within a minute, however silent the stream is."""
    family, kind, protocol, _, _ = address
    opened = socket.socket(family, kind, protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return opened


@lru_cache(maxsize=256)
def _query_text(query: tuple[tuple[str, str], ...]) -> str:
    """A thousand applies share one query."""
    return urlencode(query)


def _payload(body: bytes) -> bytes | io.BytesIO | None:
    """A large body is sent piece by piece, so that nothing else waits for it."""
    return io.BytesIO(body) if len(body) > PIECE_BYTES_MAX else body or None


@contextmanager
def _told_of_loop() -> Iterator[None]:
    """A new connection that the loop refuses, because it believes that one of before still has its number, is none.

    Seen with uvloop where connections are reset while they begin. Trying once more is all that there is to do.
    """
    try:
        yield
    except RuntimeError as error:
        if _LOOP_REFUSES not in str(error):
            raise
        raise Unreachable(str(error).partition(" <")[0]) from error


async def _read(answer: aiohttp.ClientResponse, size_bytes_max: int) -> bytes:
    parts, size_bytes = [], 0
    async for part in answer.content.iter_any():
        parts.append(part)
        size_bytes += len(part)
        if size_bytes > size_bytes_max:
            answer.close()
            raise Unreachable(f"the answer is larger than {size_bytes_max} bytes")
    return b"".join(parts)


async def _lines(answer: aiohttp.ClientResponse, size_bytes_max: int) -> AsyncIterator[bytes]:
    """Between two lines nothing is held of those before: one may be of a Secret, and the next may come in hours."""
    pending: list[bytes] = []
    size_bytes = 0
    try:
        async for chunk in answer.content.iter_any():
            ended = _cut(chunk, pending)
            del chunk
            while ended:
                yield ended.pop()
            size_bytes = sum(map(len, pending))
            if size_bytes > size_bytes_max:
                raise Unreachable(f"a line of the answer is longer than {size_bytes_max} bytes")
    except _FAILURES:
        return  # a half line is no line
    if size_bytes:
        yield b"".join(pending)


def _cut(chunk: bytes, pending: list[bytes]) -> list[bytes]:
    """The lines that end in a piece, the last one first; `pending` is the beginning of the one that does not."""
    *ended, rest = chunk.split(b"\n")
    lines = []
    for part in ended:
        lines.append(b"".join((*pending, part)))
        pending.clear()
    pending.append(rest)
    return lines[::-1]


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}

"""A visit: one address of somebody else's is asked whether it answers. Nothing of the answer but its status is kept.

Pages are written by people whom the owner of this machine may not know, so an address that only this machine or its
cloud answers (link-local: metadata) is never asked.
"""

import ipaddress
import socket
from typing import Protocol

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from trueline.runtime.http import Unreachable
from trueline.runtime.http_aiohttp import describe

REDIRECTS_MAX = 5
CONNECTIONS_MAX = 16
_FAILURES = (aiohttp.ClientError, OSError, TimeoutError, ValueError)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ASK_AGAIN = frozenset({400, 403, 404, 405, 406, 500, 501})
"""Many servers answer HEAD otherwise than GET."""


class Visits(Protocol):
    """Asks addresses."""

    async def visit(self, url: str, *, timeout_s: float) -> int:
        """The status of the last answer, redirects followed.

        Raises:
            Unreachable: there was no answer, or the address is not asked from here.
        """
        ...


class AiohttpVisits:
    """Visits over HTTP; without cookies, without credentials, without a body."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def visit(self, url: str, *, timeout_s: float) -> int:
        """HEAD, and GET where a server does not know what to do with that."""
        timeout = aiohttp.ClientTimeout(total=timeout_s)
        try:
            status = await self._follow("HEAD", URL(url), timeout)
            return await self._follow("GET", URL(url), timeout) if status in _ASK_AGAIN else status
        except _FAILURES as error:
            raise Unreachable(describe(error)) from error

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _follow(self, method: str, url: URL, timeout: aiohttp.ClientTimeout) -> int:
        for _ in range(REDIRECTS_MAX + 1):
            _check(url.host or "")
            answer = await self._opened().request(method, url, allow_redirects=False, timeout=timeout)
            status, leads_to = answer.status, answer.headers.get("Location", "")
            answer.close()  # what it says is not read
            if status not in _REDIRECTS or not leads_to:
                return status
            url = url.join(URL(leads_to))
            if url.scheme not in {"http", "https"}:
                return status
        raise Unreachable(f"more than {REDIRECTS_MAX} redirects")

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(resolver=_Resolver(), limit=CONNECTIONS_MAX, use_dns_cache=False)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "trueline-link-check"},
                trust_env=False,
            )
        return self._session


class _Resolver(AbstractResolver):
    """The machine's, without what must not be asked: a name may lead there as well as a number."""

    def __init__(self) -> None:
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            _check(one["host"])
        return found

    async def close(self) -> None:
        await self._resolver.close()


def _check(host: str) -> None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        raise Unreachable(f"{host} is not asked from here")

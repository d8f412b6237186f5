"""Visits by aiohttp: what `visit` says, over HTTP."""

import ipaddress
import socket

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
            check_host(url.host or "")
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
            self._session = checked_session("trueline-link-check", CONNECTIONS_MAX)
        return self._session


def checked_session(agent: str, connections_max: int) -> aiohttp.ClientSession:
    """For addresses that people declare: each name is looked up anew and checked, no cookie is kept, no proxy used."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=CheckedResolver(), limit=connections_max, use_dns_cache=False),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": agent},
        trust_env=False,
    )


class CheckedResolver(AbstractResolver):
    """The machine's, without what must not be asked: a name may lead there as well as a number."""

    def __init__(self) -> None:
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name."""
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            check_host(one["host"])
        return found

    async def close(self) -> None:
        """Give back what the machine's has."""
        await self._resolver.close()


def check_host(host: str) -> None:
    """Whether a host may be asked from here: no metadata of a cloud, nothing that is not one machine.

    Raises:
        Unreachable: it may not.
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        raise Unreachable(f"{host} is not asked from here")

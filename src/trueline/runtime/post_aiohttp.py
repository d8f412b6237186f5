"""Posts by aiohttp: a bound on time and answer, no redirect, no cookie, no proxy that a variable names."""

import asyncio
import ssl
from collections.abc import Mapping

import aiohttp
from yarl import URL

from trueline.runtime.http import Response, Unreachable
from trueline.runtime.http_aiohttp import describe
from trueline.runtime.visit_aiohttp import check_host, checked_session

CONNECTIONS_MAX = 16
ANSWER_BYTES_MAX = 16 << 10
TIMEOUT_S = 15.0
_FAILURES = (aiohttp.ClientError, OSError, ssl.SSLError, asyncio.TimeoutError, ValueError)


class AiohttpPosts:
    """Posts over HTTP/1.1 with a session that is made with the first one."""

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Send, and read the beginning of the answer."""
        try:
            address = URL(url, encoded=True)
            check_host(address.host or "")
            async with self._opened().post(
                address, headers=headers, data=body, allow_redirects=False, timeout=self._timeout
            ) as answer:
                read = await answer.content.read(ANSWER_BYTES_MAX)
                found = {name.lower(): value for name, value in answer.headers.items()}
                return Response(status=answer.status, headers=found, body=read)
        except _FAILURES as error:
            raise Unreachable(_described(error)) from None

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = checked_session("trueline", CONNECTIONS_MAX)
        return self._session


def _described(error: Exception) -> str:
    """INV-25: errors about an address hold the address; of those, the name of the error is all that is told."""
    match error:
        case aiohttp.ClientConnectorError() | aiohttp.ServerDisconnectedError() | TimeoutError():
            return describe(error)
        case _:
            return f"the address cannot be spoken to: {type(error).__name__}"

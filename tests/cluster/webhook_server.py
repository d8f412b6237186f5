"""Webhooks of cases on loopback HTTPS, where a real API server can reach them."""

import base64
import itertools
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from trueline.testing.conformance.reviewer import Json, Reviewer, reviewed


class HttpsReviewers:
    """One server; each webhook has its own path."""

    def __init__(self, certificate: Path, key: Path, authority: Path) -> None:
        self._authority = authority.read_bytes()
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(certificate, key)
        self._standing: dict[str, Reviewer] = {}
        self._numbers = itertools.count(1)
        application = web.Application()
        application.router.add_post("/{path}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)

    async def open(self) -> None:
        """Begin to answer, on a free port."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls).start()

    async def close(self) -> None:
        """Answer no longer."""
        await self._runner.cleanup()

    @asynccontextmanager
    async def standing(self, reviewer: Reviewer) -> AsyncIterator[Json]:
        """A webhook answers inside the block."""
        path = f"/{next(self._numbers)}"
        self._standing[path] = reviewer
        host, port = self._runner.addresses[0][:2]
        bundle = base64.b64encode(self._authority).decode()
        try:
            yield {"url": f"https://{host}:{port}{path}", "caBundle": bundle}
        finally:
            del self._standing[path]

    async def _answer(self, asked: web.Request) -> web.Response:
        if asked.path not in self._standing:
            return web.Response(status=503)
        body = reviewed(await asked.read(), self._standing[asked.path])
        return web.Response(body=body, content_type="application/json")

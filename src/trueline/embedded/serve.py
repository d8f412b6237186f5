"""The cluster on a loopback port, so that `kubectl` works. It translates and decides nothing."""

from contextlib import suppress

from aiohttp import web

from trueline.runtime.http import Request, Response, Transport

BODY_BYTES_MAX = 3 << 20


class Listener:
    """Serves a transport over HTTP."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        application = web.Application(client_max_size=BODY_BYTES_MAX + 1)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)

    async def open(self, host: str, port: int) -> str:
        """Begin to serve; port 0 takes a free one. The answer is the address."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def close(self) -> None:
        """Serve no longer."""
        await self._runner.cleanup()

    async def _answer(self, asked: web.Request) -> web.StreamResponse:
        request = Request(
            method=asked.method,
            path=asked.path,
            query=dict(asked.query),
            headers={name.lower(): value for name, value in asked.headers.items() if name.lower() != "accept-encoding"},
            body=await asked.read(),
        )
        if asked.method == "GET" and request.query.get("watch") in {"true", "1"}:
            return await self._stream(asked, request)
        return _plain(await self._transport.send(request))

    async def _stream(self, asked: web.Request, request: Request) -> web.StreamResponse:
        async with self._transport.stream(request) as stream:
            response = web.StreamResponse(status=stream.status, headers=dict(stream.headers))
            await response.prepare(asked)
            with suppress(ConnectionResetError):
                async for line in stream.lines:
                    await response.write(line + b"\n")
                await response.write_eof()
        return response


def _plain(response: Response) -> web.Response:
    return web.Response(status=response.status, headers=dict(response.headers), body=response.body)

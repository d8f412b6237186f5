"""The floor of P9: so many bytes by a bare aiohttp server, in a process of its own, until it is ended.

`python -m benchmarks.page_floor BYTES` prints its address.
"""

import asyncio
import sys

import uvloop
from aiohttp import web


async def serve(size_bytes: int) -> None:
    """Answer every GET of `/` with the same bytes."""
    body = bytes(size_bytes)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(serve(int(sys.argv[1])))

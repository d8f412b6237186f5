"""The real transport against a real server on loopback: values for answers, `Unreachable` for none."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from aiohttp import web

from trueline.model.masked import Masked
from trueline.runtime.http import Endpoint, Request, Unreachable
from trueline.runtime.http_aiohttp import AiohttpTransport, Authorize, tls_context
from trueline.runtime.store import StoreUnwritable

PATIENCE_S = 60.0


async def answer(request: web.Request) -> web.StreamResponse:
    match request.path:
        case "/moved":
            return web.Response(status=302, headers={"Location": "/other"})
        case "/large":
            return web.Response(body=b"x" * 5000)
        case "/secret" if request.headers.get("Authorization") != "Bearer fresh":
            return web.Response(status=401)
        case "/lines":
            stream = web.StreamResponse()
            await stream.prepare(request)
            await stream.write(b"a" * 3_000_000 + b"\nb\n\nhalf")
            return stream
        case "/silent" | "/mute":
            if request.path == "/silent":
                stream = web.StreamResponse()
                await stream.prepare(request)
                await stream.write(b"a\n")
            await asyncio.Event().wait()
            raise AssertionError("nobody wakes it")
        case "/cut":
            stream = web.StreamResponse(headers={"Content-Length": "100"})
            await stream.prepare(request)
            await stream.write(b"whole\nhalf")
            assert request.transport is not None
            request.transport.close()
            return stream
        case _:
            return web.Response(text=f"{request.method} {request.raw_path}", headers={"X-Seen": "1"})


@asynccontextmanager
async def served(
    *, authorize: Authorize | None = None, body_bytes_max: int = 1 << 20, line_bytes_max: int = 8 << 20
) -> AsyncIterator[AiohttpTransport]:
    application = web.Application()
    application.router.add_route("*", "/{any:.*}", answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    transport = AiohttpTransport(
        Endpoint(url=f"http://{host}:{port}"),
        authorize=authorize,
        body_bytes_max=body_bytes_max,
        line_bytes_max=line_bytes_max,
    )
    try:
        yield transport
    finally:
        await transport.close()
        await runner.cleanup()


async def test_path_and_query_arrive_as_they_were_written() -> None:
    async with served() as transport:
        got = await transport.send(Request(method="PATCH", path="/a%2Fb/system:c", query={"s": "x in (a,b)"}))
    assert (got.status, got.body) == (200, b"PATCH /a%2Fb/system:c?s=x+in+%28a%2Cb%29")
    assert got.headers["x-seen"] == "1"


async def test_a_redirect_is_an_answer() -> None:
    async with served() as transport:
        assert (await transport.send(Request(method="GET", path="/moved"))).status == 302


async def test_a_body_has_a_bound() -> None:
    async with served(body_bytes_max=4999) as transport:
        with pytest.raises(Unreachable, match="larger than 4999"):
            await transport.send(Request(method="GET", path="/large"))


async def test_a_401_asks_for_a_fresh_proof_once() -> None:
    asked = []

    async def authorize(fresh: bool) -> Mapping[str, str]:
        asked.append(fresh)
        return {"Authorization": "Bearer fresh" if fresh else "Bearer old"}

    async with served(authorize=authorize) as transport:
        assert (await transport.send(Request(method="GET", path="/secret"))).status == 200
    assert asked == [False, True]


async def lines(transport: AiohttpTransport, path: str) -> list[bytes]:
    async with transport.stream(Request(method="GET", path=path)) as stream:
        return [line async for line in stream.lines]


async def test_lines_of_megabytes_come_whole() -> None:
    async with served() as transport:
        assert [len(line) for line in await lines(transport, "/lines")] == [3_000_000, 1, 0, 4]


@pytest.mark.parametrize("text", ["File descriptor 18 is used by transport <TCPTransport closed=False>", "a bug"])
async def test_a_connection_that_the_loop_refuses_is_none(text: str) -> None:
    """INV-30: seen in chaos with uvloop, and it ended the engine; any other RuntimeError is a bug still."""

    def refuses(address: object) -> NoReturn:
        raise RuntimeError(text)

    transport = AiohttpTransport(Endpoint(url="http://127.0.0.1:1"), open_socket=refuses)
    with pytest.raises(RuntimeError if text == "a bug" else Unreachable):
        await transport.send(Request(method="GET", path="/"))
    await transport.close()


async def test_a_stream_that_falls_silent_ends() -> None:
    """INV-32: a connection that seems to stand while nothing comes is not believed for ever."""
    async with asyncio.timeout(PATIENCE_S), served() as transport:
        asked = Request(method="GET", path="/silent", silence_s=1.0)
        async with transport.stream(asked) as stream:
            assert [line async for line in stream.lines] == [b"a"]


async def test_a_stream_that_never_begins_is_unreachable() -> None:
    """INV-32."""
    async with asyncio.timeout(PATIENCE_S), served() as transport:
        with pytest.raises(Unreachable):
            async with transport.stream(Request(method="GET", path="/mute", silence_s=1.0)):
                pass


async def test_a_stream_may_be_silent_for_ever_where_nobody_says_otherwise() -> None:
    async with served() as transport, transport.stream(Request(method="GET", path="/silent")) as stream:
        assert await anext(stream.lines) == b"a"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await anext(stream.lines)


async def test_a_cut_stream_ends_without_its_half_line() -> None:
    async with served() as transport:
        assert await lines(transport, "/cut") == [b"whole"]


async def test_a_line_has_a_bound() -> None:
    async with served(line_bytes_max=1 << 20) as transport:
        with pytest.raises(Unreachable, match="longer than"):
            await lines(transport, "/lines")


async def test_nobody_there_is_a_sentence() -> None:
    transport = AiohttpTransport(Endpoint(url="http://127.0.0.1:1"))
    with pytest.raises(Unreachable, match="cannot connect to 127"):
        await transport.send(Request(method="GET", path="/"))
    with pytest.raises(Unreachable, match="cannot connect to 127"):
        await lines(transport, "/")
    await transport.close()


def test_a_key_for_which_there_is_no_place_is_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(StoreUnwritable, match="a temporary directory: No such file"):
        tls_context(Endpoint(url="https://x", client_certificate_pem=b"a", client_key=Masked("b")))


def test_a_broken_certificate_is_told_without_its_key() -> None:
    with pytest.raises(ValueError, match="does not hold") as caught:
        tls_context(Endpoint(url="https://x", client_certificate_pem=b"hunter", client_key=Masked("hunter2")))
    assert "hunter" not in str(caught.value)

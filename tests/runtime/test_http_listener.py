"""An address under people who are slow, loud, half-hearted or many."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from trueline.runtime.http_listener import Asked, Bounds, HttpListener, Reply

FAST = Bounds(idle_s=1.0, write_s=1.0, connections_max=3, closing_s=0.1)
PIECE = b"x" * 262_144
PATIENCE_S = 20.0


class Endless:
    """A body without an end, and whether it was closed."""

    def __init__(self) -> None:
        self.is_closed = False
        self.count = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.count += 1
            yield PIECE

    async def aclose(self) -> None:
        """Remember."""
        self.is_closed = True


class Site:
    """What answers; it remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.endless = Endless()

    async def answer(self, asked: Asked) -> Reply:
        """By its target."""
        self.asked.append(asked)
        match asked.target:
            case "/endless":
                return Reply(status=200, pieces=self.endless)
            case "/short":
                return Reply(status=200, pieces=self.endless, size_bytes=10)
            case "/bug":
                raise RuntimeError("ours")
            case "/not-modified":
                return Reply(status=304, headers=(("ETag", '"x"'),))
            case _:
                return Reply(status=200, headers=(("X-Target", asked.target),), body=b"hello\n")


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
async def port(site: Site) -> AsyncIterator[int]:
    listener = HttpListener(site.answer, FAST)
    url = await listener.open("127.0.0.1", 0)
    yield int(url.rpartition(":")[2])
    await listener.close()


async def talk(port: int, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """Everything that comes back until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(PATIENCE_S):
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause_s)
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_connection_is_kept_and_closed_when_it_is_idle(port: int) -> None:
    found = await talk(port, b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /b HTTP/1.1\r\nHost: x\r\n\r\n", pause_s=0.05)
    assert found.count(b"HTTP/1.1 200 OK") == 2
    assert found.index(b"X-Target: /a") < found.index(b"X-Target: /b")


async def test_requests_that_follow_without_waiting_are_answered_in_order(port: int) -> None:
    found = await talk(port, b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(50)))
    targets = [line for line in found.split(b"\r\n") if line.startswith(b"X-Target")]
    assert targets == [b"X-Target: /%d" % number for number in range(50)]


async def test_an_old_client_gets_one_answer_and_the_end(port: int) -> None:
    found = await talk(port, b"GET / HTTP/1.0\r\n\r\n")
    assert found.startswith(b"HTTP/1.0 200 OK")
    assert found.endswith(b"hello\n")


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: x\r\n" % number for number in range(500)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nbroken header\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
    ],
    ids=["line", "header", "headers", "broken", "length", "smuggled", "tls", "version", "zeros"],
)
async def test_what_is_no_request_is_refused(
    port: int, site: Site, request_: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    found = await talk(port, request_)
    assert found == b"" or found.startswith(b"HTTP/1.")
    assert b" 200 " not in found.split(b"\r\n")[0]
    assert site.asked == []
    assert (await talk(port, b"GET / HTTP/1.0\r\n\r\n")).endswith(b"hello\n")
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("half", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nHo"])
async def test_who_never_ends_a_request_is_let_go(port: int, site: Site, half: bytes) -> None:
    assert b" 200 " not in await talk(port, half)
    assert site.asked == []


async def test_who_sends_a_letter_now_and_then_is_let_go(port: int, site: Site) -> None:
    letters = [bytes([letter]) for letter in b"GET / HTTP/1.1\r\nX: " + b"x" * 400]
    assert b" 200 " not in await talk(port, *letters, pause_s=0.02)
    assert site.asked == []


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.02)


async def test_who_takes_nothing_is_let_go(port: int, site: Site) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
    await _until(lambda: site.endless.is_closed)
    writer.close()


async def test_who_goes_away_half_way_is_let_go(port: int, site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.read(1000)
    writer.transport.abort()
    await _until(lambda: site.endless.is_closed)


async def test_a_head_takes_no_piece_and_closes_all_the_same(port: int, site: Site) -> None:
    found = await talk(port, b"HEAD /short HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"Content-Length: 10\r\n" in found
    assert found.endswith(b"\r\n\r\n")
    assert (site.endless.is_closed, site.endless.count) == (True, 0)


async def test_not_modified_has_no_body(port: int) -> None:
    found = await talk(port, b"GET /not-modified HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 304 ")
    assert found.endswith(b"\r\n\r\n")
    assert b"Content-Type" not in found


async def test_more_connections_than_are_taken_are_closed(port: int) -> None:
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(FAST.connections_max)]
    await asyncio.sleep(0.05)
    assert await talk(port, b"GET / HTTP/1.0\r\n\r\n") == b""
    for _, writer in held:
        writer.close()
    async with asyncio.timeout(PATIENCE_S):  # it is told of their end in a moment
        while not (await talk(port, b"GET / HTTP/1.0\r\n\r\n")).endswith(b"hello\n"):
            await asyncio.sleep(0.02)


async def test_a_bug_of_ours_ends_one_answer_and_is_told(port: int) -> None:
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
    assert (await talk(port, b"GET /bug HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.0 500 ")
    assert told == ["no answer to GET /bug"]


async def test_the_same_header_twice_is_joined(port: int, site: Site) -> None:
    await talk(port, b"GET / HTTP/1.0\r\nIf-None-Match: a\r\nif-none-match: b\r\n\r\n")
    assert site.asked[0].headers["if-none-match"] == "a, b"


async def test_a_taken_address_is_told(site: Site, port: int) -> None:
    other = HttpListener(site.answer)
    with pytest.raises(OSError, match="in use"):
        await other.open("127.0.0.1", port)
    await other.close()

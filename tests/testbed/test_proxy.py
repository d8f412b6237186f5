"""The proxy passes bytes as they are, and does each harm so that a client sees it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from testbed.proxy import CALM, Harm, Proxy, Weather

ANSWER = bytes(range(256)) * 1024


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def server() -> AsyncIterator[int]:
    """Answers one line with `ANSWER` and closes; to `wait` it answers nothing."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        if line != b"wait\n":
            writer.write(ANSWER)
        else:
            await reader.read()
        await close(writer)

    started = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield started.sockets[0].getsockname()[1]
    finally:
        started.close()


def only(harm: Harm, *, bytes_max: int = 4096) -> Weather:
    return Weather(weights={harm: 1.0}, bytes_max=bytes_max, delay_s_max=0.02)


async def ask(port: int, question: bytes = b"go\n") -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(question)
        return await reader.read(-1)
    finally:
        await close(writer)


@pytest.mark.parametrize("weather", [CALM, only(Harm.DELAY)], ids=["calm", "delay"])
async def test_bytes_pass_as_they_are(weather: Weather) -> None:
    async with server() as port, Proxy("127.0.0.1", port) as proxy:
        proxy.turn(weather)
        assert await ask(proxy.port) == ANSWER
        assert (proxy.connections, proxy.harmed[Harm.DELAY] > 0) == (1, weather is not CALM)


@pytest.mark.parametrize("harm", [Harm.CUT, Harm.TRUNCATE])
async def test_an_answer_ends_too_early(harm: Harm) -> None:
    async with server() as port, Proxy("127.0.0.1", port, seed=1) as proxy:
        proxy.turn(only(harm))
        got = await ask(proxy.port)
        assert len(got) <= 4096
        assert ANSWER.startswith(got)
        assert proxy.harmed == {harm: 1}


async def test_a_question_that_was_truncated_in_its_answer_went_through() -> None:
    heard = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(await reader.readexactly(9000)) == 9000:
            heard.set()
        writer.write(ANSWER)
        await close(writer)

    started = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with started, Proxy("127.0.0.1", started.sockets[0].getsockname()[1]) as proxy:
        proxy.turn(only(Harm.TRUNCATE))
        await ask(proxy.port, bytes(9000))
        assert heard.is_set()


async def test_a_reset_is_seen_as_one() -> None:
    async with server() as port, Proxy("127.0.0.1", port, seed=2) as proxy:
        proxy.turn(only(Harm.RESET))
        with pytest.raises(ConnectionResetError):
            await ask(proxy.port)


async def test_silence_lasts_until_all_are_reset() -> None:
    async with server() as port, Proxy("127.0.0.1", port) as proxy:
        proxy.turn(only(Harm.SILENCE, bytes_max=0))
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"go\n")
        while not proxy.harmed[Harm.SILENCE]:
            await asyncio.sleep(0.01)
        proxy.turn(CALM)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await reader.read()
        assert await ask(proxy.port) == ANSWER
        proxy.reset_all()
        with pytest.raises(ConnectionResetError):
            await reader.read()
        await close(writer)


async def test_nobody_behind_it_is_a_reset() -> None:
    async with server() as port:
        pass
    async with Proxy("127.0.0.1", port) as proxy:
        with pytest.raises(ConnectionResetError):
            await ask(proxy.port)


async def test_the_end_of_the_block_lets_nobody_wait() -> None:
    async with server() as port:
        async with asyncio.timeout(60), Proxy("127.0.0.1", port) as proxy:
            _, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"wait\n")
            await writer.drain()
            while not proxy.connections:
                await asyncio.sleep(0.01)
        await close(writer)


async def test_the_same_seed_draws_the_same_harm() -> None:
    async def drawn(seed: int) -> list[int]:
        async with server() as port, Proxy("127.0.0.1", port, seed=seed) as proxy:
            proxy.turn(only(Harm.CUT, bytes_max=8000))
            return [len(await ask(proxy.port)) for _ in range(5)]

    assert await drawn(3) == await drawn(3) != await drawn(4)

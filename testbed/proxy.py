"""A TCP proxy in front of one address that does harm: delays, cuts, truncated answers, silence, resets.

It works on bytes, so TLS passes unharmed and a client sees what a bad network or a dying load balancer shows it. Which
connection is harmed, how and after how many bytes is drawn from a seed. It never changes a byte.
"""

import asyncio
import random
import socket
import struct
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Self, assert_never

from trueline.runtime.clock import Clock, SystemClock
from trueline.runtime.task_group import TaskGroup

_CHUNK_BYTES = 16 * 1024
_PAUSE_S = 0.05
_LINGER_NOT = struct.pack("ii", 1, 0)


class Harm(Enum):
    """What is done to one connection."""

    NONE = "none"
    DELAY = "delay"
    """Each piece waits before it goes on."""
    CUT = "cut"
    """After so many bytes, both sides are closed."""
    TRUNCATE = "truncate"
    """The answer ends after so many bytes, as if it were whole; the question went through."""
    SILENCE = "silence"
    """After so many bytes nothing goes on in either direction, and nobody is told: a half-open connection."""
    RESET = "reset"
    """After so many bytes both sides get a reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How likely each harm is, by weight; `bytes_max` and `delay_s_max` bound what is drawn."""

    weights: Mapping[Harm, float] = field(default_factory=lambda: {Harm.NONE: 1.0})
    bytes_max: int = 32 * 1024
    delay_s_max: float = 0.2


CALM = Weather()
STORM = Weather(
    weights={
        Harm.NONE: 3.0,
        Harm.DELAY: 2.0,
        Harm.CUT: 1.0,
        Harm.TRUNCATE: 1.0,
        Harm.SILENCE: 0.3,
        Harm.RESET: 1.0,
    }
)


@dataclass(slots=True, kw_only=True, eq=False)
class _Line:
    """One connection through the proxy."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    harm: Harm = Harm.NONE
    left_bytes: int = 0
    is_silent: bool = False
    ends_open: int = 2
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def reset(self) -> None:
        for writer in (self.client, self.server):
            _reset(writer)
        self.ended.set()

    def close_end(self, writer: asyncio.StreamWriter) -> None:
        """One side has said all: the other side is told so, and may still speak."""
        self.ends_open -= 1
        if self.ends_open == 0 or self.is_silent:
            self.ended.set()
            return
        with suppress(OSError, RuntimeError):
            writer.write_eof()


class Proxy:
    """`async with Proxy(host, port, seed=7) as proxy:` listens on `proxy.port` of loopback until the block ends."""

    def __init__(self, host: str, port: int, *, seed: int = 0, clock: Clock | None = None) -> None:
        self.harmed: Counter[Harm] = Counter()
        self.connections = 0
        self._target = (host, port)
        self._random = random.Random(seed)  # noqa: S311 - no secret: a seed shall say the same again
        self._clock = clock or SystemClock()
        self._weather = CALM
        self._lines: set[_Line] = set()
        self._handlers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=_CHUNK_BYTES)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        while self._handlers:
            self.reset_all()
            await asyncio.wait(self._handlers, timeout=_PAUSE_S)  # one may be joining at this moment
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens; stays the same in every weather."""
        return self._port

    def turn(self, weather: Weather) -> None:
        """From now on; every open connection draws anew, but one that fell silent stays so until `reset_all`."""
        self._weather = weather
        for line in tuple(self._lines):
            self._draw(line)

    def reset_all(self) -> None:
        """Every open connection is reset: the box in the middle started again and knows none of them."""
        for line in tuple(self._lines):
            line.reset()

    def _draw(self, line: _Line) -> None:
        if line.is_silent:
            return
        harms, weights = zip(*self._weather.weights.items(), strict=True)
        line.harm = self._random.choices(harms, weights)[0]
        line.left_bytes = self._random.randint(0, self._weather.bytes_max)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The server of asyncio starts this as a task; the block's end waits for it."""
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self.connections += 1
        try:
            await self._join(reader, writer)
        finally:
            self._handlers.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection(*self._target, limit=_CHUNK_BYTES)
        except OSError:
            _reset(writer)
            await _close(writer)
            return
        line = _Line(client=writer, server=to_server)
        self._draw(line)
        self._lines.add(line)
        try:
            async with TaskGroup() as group:
                pumps = (
                    group.create_task(self._pump(line, reader, to_server, is_answer=False)),
                    group.create_task(self._pump(line, from_server, writer, is_answer=True)),
                )
                await line.ended.wait()
                for pump in pumps:
                    pump.cancel()
        finally:
            self._lines.discard(line)
            for end in (writer, to_server):
                await _close(end)

    async def _pump(
        self, line: _Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        try:
            while chunk := await reader.read(_CHUNK_BYTES):
                await self._pass_on(line, chunk, writer, is_answer=is_answer)
            line.close_end(writer)
        except OSError:
            line.reset()

    async def _pass_on(self, line: _Line, chunk: bytes, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        if line.harm is Harm.DELAY:
            self.harmed[Harm.DELAY] += 1
            await self._clock.sleep(self._random.uniform(0, self._weather.delay_s_max))
        if line.harm in _AFTER_BYTES and (is_answer or line.harm is not Harm.TRUNCATE):
            if len(chunk) > line.left_bytes:
                await self._break(line, chunk[: line.left_bytes], writer)
                return
            line.left_bytes -= len(chunk)
        if not line.is_silent and not line.ended.is_set():
            writer.write(chunk)
            await writer.drain()

    async def _break(self, line: _Line, rest: bytes, writer: asyncio.StreamWriter) -> None:
        if line.is_silent or line.ended.is_set():
            return
        self.harmed[line.harm] += 1
        writer.write(rest)
        await writer.drain()
        match line.harm:
            case Harm.CUT | Harm.TRUNCATE:
                line.ended.set()
            case Harm.SILENCE:
                line.is_silent = True
            case Harm.RESET:
                line.reset()
            case Harm.NONE | Harm.DELAY:
                raise AssertionError(f"{line.harm} breaks nothing")
            case _:
                assert_never(line.harm)


_AFTER_BYTES = frozenset({Harm.CUT, Harm.TRUNCATE, Harm.SILENCE, Harm.RESET})


def _reset(writer: asyncio.StreamWriter) -> None:
    opened = writer.get_extra_info("socket")
    if opened is not None and not writer.is_closing():
        with suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    writer.transport.abort()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()

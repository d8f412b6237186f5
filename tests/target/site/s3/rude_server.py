"""A server on loopback that answers every request with what it was told, and counts them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class RudeServer:
    """`answer` is all that it ever says; empty: it hangs up."""

    answer: bytes
    port: int = 0
    requests: int = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        writer.write(self.answer)
        writer.close()


@asynccontextmanager
async def rude_server(status: str = "", body: str = "") -> AsyncIterator[RudeServer]:
    """It runs inside the block."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    rude = RudeServer(f"{head}{body}".encode() if status else b"")
    server = await asyncio.start_server(rude.handle, "127.0.0.1", 0)
    async with server:
        rude.port = server.sockets[0].getsockname()[1]
        yield rude

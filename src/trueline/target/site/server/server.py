"""Carries an answer out: what `resolve` decided, with its bytes, as the listener sends it. It decides nothing itself.

A request holds the release that was live when it began, until its last byte is sent.
"""

import asyncio
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final

from trueline.runtime.clock import Clock
from trueline.runtime.http_listener import Asked, Reply
from trueline.target.site.server.answer import DEFAULTS, Answer, Part, Request, resolve
from trueline.target.site.server.condition import Span
from trueline.target.site.server.live import BytesGone, Content, Live, Lives
from trueline.target.site.server.shelf import Shelf

SHELVED_BYTES_MAX: Final = 256 << 10
"""Larger files are read piece by piece."""
_LEVEL: Final = 6
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
_LATER: Final = (("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "1"), ("Cache-Control", "no-store"))


class SiteServer:
    """Answers the requests of one site; `counts` are its answers by status."""

    def __init__(self, lives: Lives, clock: Clock, shelf: Shelf | None = None) -> None:
        self._lives = lives
        self._clock = clock
        self.shelf = shelf or Shelf()
        self.counts: Counter[int] = Counter()

    async def answer(self, asked: Asked) -> Reply:
        """The reply to a request."""
        async with AsyncExitStack() as stack:
            try:
                reply = await self._replied(asked, stack)
            except BytesGone:
                reply = _later(b"503 this file is being put back; ask again\n")
        self.counts[reply.status] += 1
        return reply

    async def _replied(self, asked: Asked, stack: AsyncExitStack) -> Reply:
        live = stack.enter_context(self._lives.hold())
        if live is None:
            return _later(b"503 nothing is published here yet\n")
        at_s = self._clock.now().timestamp()
        request = Request(method=asked.method, target=asked.target, headers=asked.headers, at_s=at_s)
        answer = resolve(live.release, request)
        if answer.part is None:
            return Reply(status=answer.status, headers=answer.headers, body=answer.text)
        return await self._shown(live, answer, answer.part, stack)

    async def _shown(self, live: Live, answer: Answer, part: Part, stack: AsyncExitStack) -> Reply:
        size_bytes = live.release.sizes.get(part.blob)
        if part.coding or (size_bytes is not None and size_bytes <= SHELVED_BYTES_MAX):
            data = await self._shelved(live, part)
            data = data if part.span is None else data[part.span.first : part.span.end]
            return Reply(status=answer.status, headers=answer.headers, body=data)
        content = await stack.enter_async_context(live.opened(part.path, part.blob))
        span = part.span or Span(0, content.size_bytes)
        flow = _Flow(content, span, stack.pop_all())
        return Reply(status=answer.status, headers=answer.headers, pieces=flow, size_bytes=span.end - span.first)

    async def _shelved(self, live: Live, part: Part) -> bytes:
        """The bytes of a small file, or the compressed ones: they were right when they were kept, and are ours."""

        async def whole() -> bytes:
            async with live.opened(part.path, part.blob) as content:
                return b"".join([piece async for piece in content.pieces(Span(0, content.size_bytes))])

        async def compressed() -> bytes:
            return await asyncio.to_thread(_compressed, await whole())

        kept = self.shelf.get((part.blob, part.coding))
        return (
            kept
            if kept is not None
            else await self.shelf.take((part.blob, part.coding), compressed if part.coding else whole)
        )


class _Flow:
    """A large file on its way; the release is held until it is closed."""

    def __init__(self, content: Content, span: Span, held: AsyncExitStack) -> None:
        self._content = content
        self._span = span
        self._held = held

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._content.pieces(self._span)

    async def aclose(self) -> None:
        """Let go."""
        await self._held.aclose()


def _later(text: bytes) -> Reply:
    return Reply(status=503, headers=(*DEFAULTS.values(), *_LATER), body=text)


def _compressed(data: bytes) -> bytes:
    """Without a time and a name in it: the same bytes give the same bytes."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    return packer.compress(data) + packer.flush()

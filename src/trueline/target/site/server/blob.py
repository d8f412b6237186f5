"""A release whose bytes are blobs: nothing of it stands in a folder. For what is only looked at, not published."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

from trueline.model.digest import Digest
from trueline.render.site.served import ServedRelease
from trueline.runtime.blob import Blobs
from trueline.target.site.server.condition import Span
from trueline.target.site.server.live import BytesGone

PIECE_BYTES: Final = 256 << 10


@dataclass(frozen=True, slots=True)
class _Whole:
    data: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    async def pieces(self, span: Span) -> AsyncIterator[bytes]:
        for at in range(span.first, span.end, PIECE_BYTES):
            yield self.data[at : min(at + PIECE_BYTES, span.end)]


@dataclass(frozen=True, slots=True)
class BlobRelease:
    """One release."""

    release: ServedRelease
    blobs: Blobs

    @asynccontextmanager
    async def opened(self, path: str, blob: Digest) -> AsyncIterator[_Whole]:
        """Read a file's blob, which is checked."""
        if (data := self.blobs.get(blob)) is None:
            raise BytesGone(path)
        yield _Whole(data)

    @contextmanager
    def hold(self) -> Iterator["BlobRelease"]:
        """It is live as long as somebody has it."""
        yield self

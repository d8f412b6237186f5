"""The port through which a server gets what is live: its release as a value, and the bytes of its files."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Protocol

from trueline.model.digest import Digest
from trueline.render.site.served import ServedRelease
from trueline.target.site.server.condition import Span


class BytesGone(Exception):
    """The right bytes are nowhere now: they have to be made again. The wrong ones are never given."""


class Content(Protocol):
    """The bytes of one blob, whatever happens to the file that they are read from."""

    @property
    def size_bytes(self) -> int:
        """How many there are."""
        ...

    def pieces(self, span: Span) -> AsyncIterator[bytes]:
        """Some of them, in order.

        Raises:
            BytesGone: they cannot be had any more.
        """
        ...


class Live(Protocol):
    """One release, held: it stays as it is, also when another one becomes live."""

    @property
    def release(self) -> ServedRelease:
        """What it holds."""
        ...

    def opened(self, path: str, blob: Digest) -> AbstractAsyncContextManager[Content]:
        """Open one of its files.

        Raises:
            BytesGone: its bytes cannot be had.
        """
        ...


class Lives(Protocol):
    """What is live, whenever it is asked."""

    def hold(self) -> AbstractContextManager[Live | None]:
        """The release that is live now; `None` before the first one."""
        ...

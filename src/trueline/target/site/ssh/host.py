"""The port to a host: what is asked of it and what is done there, one method an effect. It decides nothing.

Paths are absolute. Nothing is written through a link in the last part of a path. Names that are no UTF-8 come as
surrogates.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from trueline.model.digest import Digest
from trueline.target.site.ssh.blob import BlobFile

FOLDER_MODE = 0o755
FILE_MODE = 0o644
_READABLE, _ENTERABLE, _WRITABLE = 0o444, 0o555, 0o002


class Cause(Enum):
    """Why a host did not do what it was asked."""

    GONE = "gone"
    FORBIDDEN = "forbidden"
    FULL = "full"
    AWAY = "away"
    """It cannot be reached, does not answer in time, or the connection was cut."""
    UNTRUSTED = "untrusted"
    """Its key is not the one that is declared."""
    CLOSED = "closed"
    """It does not let us in."""
    UNABLE = "unable"
    """It knows no such operation."""
    FAILED = "failed"
    """It says no, and not why."""


class HostRefused(Exception):
    """The host did not do it. `message` is a sentence for people and holds no secret."""

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message


class Kind(Enum):
    """What stands under a name."""

    FILE = "a file"
    FOLDER = "a directory"
    LINK = "a link"
    OTHER = "neither file nor directory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What stands at a path, a link itself. `path` is relative to what was looked through; `""` is that itself."""

    path: str
    kind: Kind
    mode: int
    size_bytes: int = 0
    modified_s: int = 0

    @property
    def is_served(self) -> bool:
        """Whether a web server can read it, and nobody but its owner and group can write it."""
        needed = _ENTERABLE if self.kind is Kind.FOLDER else _READABLE
        return self.kind in {Kind.FILE, Kind.FOLDER} and self.mode & needed == needed and not self.mode & _WRITABLE


class HostView(Protocol):
    """What is asked. Every method raises `HostRefused`."""

    async def entry(self, path: str) -> Entry | None:
        """What stands at a path; `None` where nothing does."""
        ...

    async def listing(self, path: str) -> tuple[Entry, ...]:
        """What stands in a folder, sorted and bounded."""
        ...

    async def walk(self, root: str, folders: Collection[str]) -> tuple[Entry, ...] | None:
        """The root, and what stands in it and in these folders below it; `None` where there is no such root."""
        ...

    async def read(self, path: str, bytes_max: int) -> bytes | None:
        """A small file; `None` where there is none."""
        ...

    async def leads_to(self, path: str) -> str:
        """What a link says."""
        ...

    async def real(self, path: str) -> str:
        """The path without links in any part of it."""
        ...

    async def digests(self, root: str, sizes: Mapping[str, int]) -> Mapping[str, Digest]:
        """The digests of files below a root, read now; what cannot be read is not in the answer."""
        ...

    async def free_bytes(self, path: str) -> int | None:
        """How much room is left; `None` where the host does not tell."""
        ...

    async def hashes(self) -> bool:
        """Whether the host hashes its files itself: else they are all read over the connection."""
        ...


class Host(HostView, Protocol):
    """What is done. A file and a folder that are made can be read by everybody."""

    async def make_folder(self, path: str) -> None:
        """Make a folder where there is none."""
        ...

    async def make_folders(self, root: str, paths: Collection[str]) -> None:
        """Make folders below a root, the outer ones before the inner ones."""
        ...

    async def remove_folder(self, path: str) -> None:
        """Remove an empty folder."""
        ...

    async def remove(self, path: str) -> None:
        """Remove a file or a link, never what a link leads to."""
        ...

    async def rename(self, source: str, target: str) -> None:
        """Move, at one stroke, over a file or a link that stands there."""
        ...

    async def point(self, text: str, path: str) -> None:
        """Make a symbolic link."""
        ...

    async def write(self, path: str, data: bytes) -> None:
        """Make a new file, and wait until it is on the disk."""
        ...

    async def upload(self, path: str, blob: BlobFile, *, settled: bool) -> None:
        """Make a new file of a blob; `settled` waits until it is on the disk.

        Raises:
            BlobGone: the bytes cannot be taken.
        """
        ...

    async def correct(self, path: str, mode: int) -> None:
        """Set a mode back."""
        ...

    async def copy(self, source: str, target: str, paths: Mapping[str, str]) -> None:
        """Copy files between two trees, each target's path with its source's; never a link. What fails is left out."""
        ...

    async def settle(self, root: str, paths: Collection[str]) -> None:
        """Wait until a folder, and files that were written below it, are on the disk, as far as the host can."""
        ...

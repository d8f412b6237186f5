"""Blobs: bytes by their digest, as files in the data directory. What is too large, or too many, for the database.

A blob that is lost costs a build, never truth. The name is the content's digest, which is checked here at each read.
"""

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import get_ident
from typing import Protocol

from trueline.model.digest import Digest
from trueline.runtime.store import translated

BLOBS_BYTES_MAX = 8 << 30
ALTERNATES = "alternates"
_FOLDER_LENGTH = 2
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
_ROOM_PERCENT = 90


class Blobs(Protocol):
    """Bytes by their sha256, in hexadecimal."""

    def put(self, data: bytes) -> Digest:
        """Keep bytes; those that are kept already are only noted as used.

        Raises:
            StoreFull: and the store's other faults; nothing is kept then.
        """
        ...

    def get(self, digest: Digest) -> bytes | None:
        """The bytes of a digest, `None` where they are not kept, or no longer have that digest."""
        ...

    def has(self, digest: Digest) -> bool:
        """Whether something is kept under a digest; it is not read."""
        ...

    def known(self, digests: Iterable[Digest]) -> frozenset[Digest]:
        """Which of them are kept, by one question; none is read."""
        ...


class BlobDirectory:
    """Blobs under a directory that one process owns. The longest unused go first, never one that is `needed`.

    A file `alternates` in it names another one that is only read: see `borrow`.
    """

    def __init__(self, path: Path, size_bytes_max: int = BLOBS_BYTES_MAX) -> None:
        self._path = path
        self._size_bytes_max = size_bytes_max
        alternates = path / ALTERNATES
        self._lender = Path(alternates.read_text()) if alternates.is_file() else None

    def put(self, data: bytes) -> Digest:
        """Keep bytes: the whole file appears under its name, or nothing does."""
        digest = Digest(hashlib.sha256(data).hexdigest())
        with translated(str(self._path)):
            self._put(digest, data)
        return digest

    def _put(self, digest: Digest, data: bytes) -> None:
        file = self._own(digest)
        with suppress(FileNotFoundError):
            os.utime(file)
            return
        if self._is_there(digest):
            return  # the lender's, which is only read
        beside = f"{file}.{get_ident()}.new"  # two sites may be given the same bytes at once, each in a thread
        try:
            with os.fdopen(_opened(beside), "wb") as stream:
                stream.write(data)
            os.replace(beside, file)  # noqa: PTH105 - see `_in`
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise

    def get(self, digest: Digest) -> bytes | None:
        """The bytes, checked."""
        try:
            data = self.place(digest).read_bytes()
        except OSError:
            return None
        if hashlib.sha256(data).hexdigest() == digest:
            return data
        with suppress(OSError):  # what is not its name's is in the way of what is
            Path(self._own(digest)).unlink()
        return None

    def has(self, digest: Digest) -> bool:
        """Whether there is such a file."""
        return self._is_there(digest)

    def known(self, digests: Iterable[Digest]) -> frozenset[Digest]:
        """Those of which there is a file."""
        return frozenset(filter(self._is_there, digests))

    def place(self, digest: Digest) -> Path:
        """Where a blob stands, or would."""
        if self._lender is not None and not _exists(self._own(digest)) and _exists(lent := _in(self._lender, digest)):
            return Path(lent)
        return Path(self._own(digest))

    def _own(self, digest: Digest) -> str:
        return _in(self._path, digest)

    def _is_there(self, digest: Digest) -> bool:
        return _exists(self._own(digest)) or (self._lender is not None and _exists(_in(self._lender, digest)))

    def tidy(self, needed: Iterable[Digest]) -> int:
        """Let go of the longest unused beyond the bound; the size in bytes that is left. Others may put meanwhile."""
        kept = {self.place(digest) for digest in needed}
        found = sorted((stat.st_mtime_ns, stat.st_size, file) for file, stat in self._files())
        size = sum(size for _, size, _ in found)
        wanted = self._size_bytes_max * _ROOM_PERCENT // 100 if size > self._size_bytes_max else size
        for used_ns, size_bytes, file in found:
            if size <= wanted:
                break
            if file not in kept and _is_of(file, used_ns):  # else it was put again meanwhile
                file.unlink(missing_ok=True)
                size -= size_bytes
        return size

    def _files(self) -> Iterable[tuple[Path, os.stat_result]]:
        for file in self._path.glob("*/*"):
            with suppress(FileNotFoundError):  # what somebody writes beside it has another name a moment later
                yield file, file.stat()


def borrow(original: Path, copy: Path) -> None:
    """Make a directory that reads the blobs of another one and writes its own."""
    copy.mkdir(parents=True, exist_ok=True)
    (copy / ALTERNATES).write_text(str(original.absolute()))


def _opened(name: str) -> int:
    """A new file; its folder is made with the first one."""
    with suppress(FileNotFoundError):
        return os.open(name, _WRITE, 0o600)
    Path(name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(name, _WRITE, 0o600)


def _in(folder: Path, digest: Digest) -> str:
    """As text: thousands are asked for, one after the other, and a `Path` takes longer than the question."""
    return f"{folder}/{digest[:_FOLDER_LENGTH]}/{digest[_FOLDER_LENGTH:]}"


def _is_of(file: Path, used_ns: int) -> bool:
    with suppress(FileNotFoundError):
        return file.stat().st_mtime_ns == used_ns
    return False


def _exists(name: str) -> bool:
    return os.path.exists(name)  # noqa: PTH110 - see `_in`

"""A blob's bytes as a new file: copied in slices and hashed on the way, so that nothing but the blob is published.

Never a link: whoever writes into a served file must not write into the blob.
"""

import asyncio
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from trueline.model.digest import Digest
from trueline.target.directory.disk import Disk, remove_if_there
from trueline.target.directory.stamp import Stamps

SLICE_BYTES = 1 << 20
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class BlobFiles(Protocol):
    """Where blobs stand as files; `trueline.runtime.blob.BlobDirectory` is one."""

    def place(self, digest: Digest) -> Path:
        """Where a blob stands, or would."""
        ...


class BlobGone(Exception):
    """The bytes are not kept any more, or are not those of their digest: they have to be rendered again."""


class Copier:
    """Makes files of blobs."""

    def __init__(self, blobs: BlobFiles, disk: Disk, stamps: Stamps) -> None:
        self._blobs = blobs
        self._disk = disk
        self._stamps = stamps

    def size_bytes(self, blob: Digest) -> int | None:
        """How large a blob is; `None` where there is none."""
        try:
            return self._blobs.place(blob).stat().st_size
        except OSError:
            return None

    async def check(self, blob: Digest) -> None:
        """Read a blob.

        Raises:
            BlobGone: it cannot be taken.
        """
        file = self._open(blob)
        try:
            found = await hashed(file)
        finally:
            os.close(file)
        if found != blob:
            raise self._changed(blob)

    async def copy(self, blob: Digest, name: str, at: int, *, modified_ns: int, sync: bool) -> None:
        """Make a file of a blob; after any failure there is none.

        Raises:
            BlobGone: the bytes cannot be taken.
        """
        source = self._open(blob)
        try:
            remove_if_there(self._disk, name, at)
            file = self._disk.create(name, at)
            try:
                await self._fill(source, file, blob)
                self._disk.finish(file, modified_ns)
                if sync:
                    self._disk.sync(file)
                self._stamps.note(os.fstat(file), blob)
            finally:
                os.close(file)
        except BaseException:
            remove_if_there(self._disk, name, at)
            raise
        finally:
            os.close(source)

    async def _fill(self, source: int, file: int, blob: Digest) -> None:
        digest = hashlib.sha256()
        while data := os.read(source, SLICE_BYTES):
            digest.update(data)
            self._disk.write(file, data)
            if len(data) == SLICE_BYTES:
                await asyncio.sleep(0)
        if digest.hexdigest() != blob:
            raise self._changed(blob)

    def _changed(self, blob: Digest) -> BlobGone:
        """Bytes that are not their name's are of no use to anybody, and would be in the way of the right ones."""
        with suppress(OSError):
            self._blobs.place(blob).unlink()
        return BlobGone(f"the bytes of {blob[:12]} were changed")

    def _open(self, blob: Digest) -> int:
        try:
            return os.open(self._blobs.place(blob), _READ_FLAGS)
        except OSError as error:
            raise BlobGone(f"the bytes of {blob[:12]} are not kept any more ({error.strerror})") from error


async def hashed(file: int) -> Digest:
    """The digest of an open file, read in slices."""
    digest = hashlib.sha256()
    while data := os.read(file, SLICE_BYTES):
        digest.update(data)
        if len(data) == SLICE_BYTES:
            await asyncio.sleep(0)
    return Digest(digest.hexdigest())


async def hashed_at(name: str, at: int) -> tuple[Digest, os.stat_result, bool]:
    """The digest of a file, its state after it was read, and whether nobody wrote meanwhile.

    Raises:
        OSError: it is gone, a link, or must not be read.
    """
    file = os.open(name, _READ_FLAGS, dir_fd=at)
    try:
        before = os.fstat(file)
        digest = await hashed(file)
        after = os.fstat(file)
        is_still = (before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
            after.st_size,
            after.st_mtime_ns,
            after.st_ctime_ns,
        )
        return digest, after, is_still
    finally:
        os.close(file)

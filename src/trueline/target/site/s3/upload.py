"""A blob as the body of an object, hashed again before anybody sees it."""

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from trueline.model.digest import Digest
from trueline.target.answer import Refusal
from trueline.target.site.platform import PlatformRefused
from trueline.target.site.s3.bucket import BucketRefused, Upload

WHOLE_BYTES_MAX = 8 << 20
"""What is larger is never held whole."""
SLICE_BYTES = 1 << 20


class BlobFiles(Protocol):
    """Blobs as files; `trueline.runtime.blob.BlobDirectory` is one."""

    def get(self, digest: Digest) -> bytes | None:
        """The bytes, checked."""
        ...

    def place(self, digest: Digest) -> Path:
        """Where a blob stands, or would."""
        ...


async def upload_of(blobs: BlobFiles, blob: Digest, path: str) -> Upload:
    """The bytes of a blob.

    Raises:
        PlatformRefused: they are not kept any more, or not those of the digest.
    """
    try:
        size_bytes = blobs.place(blob).stat().st_size
    except OSError:
        raise _gone(path) from None
    if size_bytes > WHOLE_BYTES_MAX:
        file = blobs.place(blob)
        if await _hashed(file) != blob:
            raise _gone(path)
        return Upload(blob=blob, size_bytes=size_bytes, parts=_parts(file, blob, path))
    data = blobs.get(blob)
    if data is None:
        raise _gone(path)
    return Upload(blob=blob, size_bytes=len(data), data=data)


async def _hashed(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while data := stream.read(SLICE_BYTES):
            digest.update(data)
            await asyncio.sleep(0)
    return digest.hexdigest()


def _parts(file: Path, blob: Digest, path: str) -> Iterator[bytes]:
    """The upload is given up where the file changes under it: nothing of it is seen then."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while data := stream.read(WHOLE_BYTES_MAX):
            digest.update(data)
            yield data
    if digest.hexdigest() != blob:
        raise BucketRefused(Refusal.BUSY, f"the bytes of {path} were changed while they were sent")


def _gone(path: str) -> PlatformRefused:
    return PlatformRefused(Refusal.BUSY, f"the bytes of {path} are not kept any more; the next render makes them again")

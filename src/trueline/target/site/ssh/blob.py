"""A blob's bytes as they are sent: read in slices and hashed on the way, so that nothing but the blob is published."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from trueline.model.digest import Digest

SLICE_BYTES = 255 << 10
"""The most that OpenSSH takes, and gives, at once."""


class BlobFiles(Protocol):
    """Where blobs stand as files; `trueline.runtime.blob.BlobDirectory` is one."""

    def place(self, digest: Digest) -> Path:
        """Where a blob stands, or would."""
        ...


class BlobGone(Exception):
    """The bytes are not kept any more, or are not those of their digest: they have to be rendered again."""


@dataclass(frozen=True, slots=True)
class BlobFile:
    """One blob."""

    digest: Digest
    path: Path

    @property
    def size_bytes(self) -> int | None:
        """How large it is; `None` where there is none."""
        try:
            return self.path.stat().st_size
        except OSError:
            return None

    def slices(self) -> Iterator[bytes]:
        """Its bytes.

        Raises:
            BlobGone: they cannot be taken; after the last slice, they were not those of the digest.
        """
        digest = hashlib.sha256()
        try:
            with self.path.open("rb") as file:
                while data := file.read(SLICE_BYTES):
                    digest.update(data)
                    yield data
        except OSError as error:
            raise BlobGone(f"the bytes of {self.digest[:12]} are not kept any more ({error.strerror})") from error
        if digest.hexdigest() != self.digest:
            raise BlobGone(f"the bytes of {self.digest[:12]} were changed")

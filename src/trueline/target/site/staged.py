"""What the next release will have instead, as it was applied file by file: a small note in the data directory.

No platform hears of it. Without the note, a crash between the files and their release would look like drift.
"""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from trueline.model.digest import Digest, canonical

_NAME = "staged.json"


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """Paths with their blobs. `lineage` is what all that is made there has in its UIDs; empty before any."""

    mark: str = ""
    lineage: str = ""
    files: dict[str, Digest] = {}


class StagedNote:
    """The note, in a folder that one target of one process owns; it is replaced whole.

    One that cannot be read is as good as none: the next pass says it again.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / _NAME
        self._staged: Staged | None = None

    def get(self) -> Staged:
        """What is staged."""
        if self._staged is None:
            self._staged = self._read()
        return self._staged

    def save(self, staged: Staged) -> None:
        """Note it, on the disk when this returns; nothing is written where it is the same.

        Raises:
            OSError: it could not be written, and what was noted before is noted still.
        """
        if staged == self.get():
            return
        if staged == Staged():
            self._file.unlink(missing_ok=True)
        else:
            self._write(canonical(staged))
        self._staged = staged

    def _write(self, data: bytes) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = self._file.with_suffix(".new")
        with beside.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(self._file)

    def _read(self) -> Staged:
        with suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode(self._file.read_bytes(), type=Staged)
        return Staged()

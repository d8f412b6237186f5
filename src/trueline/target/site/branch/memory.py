"""What is remembered between two processes, beside the bare copy: pairs of ids, and the state that was live last.

It is a cache: a file that is lost or cannot be read costs work, never truth.
"""

from contextlib import suppress
from pathlib import Path

import msgspec

from trueline.model.digest import Digest


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """`digests` are ours by Git's ids; `state` is the file on the branch as it was readable last, empty for none."""

    digests: dict[str, Digest] = {}
    state: bytes = b""


class Memory:
    """A file of the data directory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: Remembered | None = None

    def read(self) -> Remembered:
        """What is remembered; nothing where the file is not there or is broken."""
        if self._last is None:
            try:
                self._last = msgspec.json.decode(self._path.read_bytes(), type=Remembered)
            except (OSError, msgspec.MsgspecError, UnicodeError):
                self._last = Remembered()
        return self._last

    def write(self, remembered: Remembered) -> None:
        """Replace it, whole or not at all; the same is not written again. On a full disk, less is known next time."""
        if remembered == self.read():
            return
        self._last = remembered
        beside = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(msgspec.json.encode(remembered))
            beside.replace(self._path)
        except OSError:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)  # what was there before is no longer true

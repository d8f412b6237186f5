"""What tells that a file is as it was, without reading it: the inode, its size and its times.

A file gets a time of modification in the past when it is published, so that whoever writes to it, however soon, gives
it another one. Links to a file change its inode's `changed_ns`: who makes them notes the stamp anew.
"""

import os
import stat
from collections.abc import Collection, Mapping

import msgspec

from trueline.model.digest import Digest
from trueline.target.directory.disk import FILE_MODE


class Stamp(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One inode as it was when its content was known to be `blob`."""

    size_bytes: int
    modified_ns: int
    changed_ns: int
    blob: Digest

    def is_of(self, found: os.stat_result) -> bool:
        """Whether nothing has happened to the file since."""
        is_same_size = self.size_bytes == found.st_size
        return is_same_size and self.modified_ns == found.st_mtime_ns and self.changed_ns == found.st_ctime_ns

    def is_linked(self, found: os.stat_result) -> bool:
        """Whether nothing but a link has happened to it."""
        return (self.size_bytes, self.modified_ns) == (found.st_size, found.st_mtime_ns)


def is_plain(found: os.stat_result) -> bool:
    """Whether it is a file that everybody may read, as we make them."""
    return stat.S_ISREG(found.st_mode) and stat.S_IMODE(found.st_mode) == FILE_MODE


class Stamps:
    """What is known of inodes. What is not known costs a read, never correctness."""

    def __init__(self) -> None:
        self._known: dict[int, Stamp] = {}

    def blob(self, found: os.stat_result) -> Digest | None:
        """The content of a file that is as it was."""
        known = self._known.get(found.st_ino)
        return known.blob if known is not None and known.is_of(found) else None

    def note(self, found: os.stat_result, blob: Digest) -> None:
        """The content was read or written just now, or only the number of its names has changed."""
        self._known[found.st_ino] = Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, blob)

    def relink(self, before: os.stat_result, after: os.stat_result) -> bool:
        """Another name was given to a known file, or taken from it; false where more than that has happened."""
        known = self._known.get(before.st_ino)
        if known is None or before.st_ino != after.st_ino or not known.is_of(before) or not known.is_linked(after):
            return False
        self.note(after, known.blob)
        return True

    def learn(self, known: Mapping[int, Stamp]) -> None:
        """What was kept; what is known already is newer."""
        self._known = {**known, **self._known}

    def keep(self, inodes: Collection[int]) -> dict[int, Stamp]:
        """Forget all others; what is left."""
        self._known = {inode: known for inode, known in self._known.items() if inode in inodes}
        return dict(self._known)

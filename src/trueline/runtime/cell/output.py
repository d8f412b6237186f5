"""What a program left in its output, read after its end and after that of everything that it started.

It follows no link and opens nothing but plain files; what else stands there is named.
"""

import os
import stat
from collections.abc import Iterator
from typing import Final

from trueline.runtime.cell.task import CellOddity

DEPTH_MAX: Final = 64
ODDITIES_MAX: Final = 100
_KINDS: Final = {
    stat.S_IFLNK: "a link",
    stat.S_IFSOCK: "a socket",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_OPEN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Output:
    """One folder. `oddities` are known when all `files` were taken, at most `ODDITIES_MAX` of them."""

    def __init__(self, root: str) -> None:
        self._root = root
        self.oddities: list[CellOddity] = []

    @property
    def is_there(self) -> bool:
        """Whether there is such a folder, and no link in its place."""
        try:
            return stat.S_ISDIR(os.lstat(self._root).st_mode)
        except OSError:
            return False

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Path and bytes of each file, in the order of names."""
        if self.is_there:
            yield from self._under("", 0)

    def _under(self, folder: str, depth: int) -> Iterator[tuple[str, bytes]]:
        place = f"{self._root}/{folder}" if folder else self._root
        if depth > DEPTH_MAX:
            self._odd(folder, f"more than {DEPTH_MAX} folders deep")
            return
        try:
            names = sorted(entry.name for entry in os.scandir(place))
        except OSError as error:
            self._odd(folder, str(error.strerror))
            return
        for name in names:
            yield from self._entry(f"{folder}/{name}" if folder else name, depth)

    def _entry(self, path: str, depth: int) -> Iterator[tuple[str, bytes]]:
        place = f"{self._root}/{path}"
        try:
            mode = os.lstat(place).st_mode
            if stat.S_ISDIR(mode):
                yield from self._under(path, depth + 1)
            elif stat.S_ISREG(mode):
                with os.fdopen(os.open(place, _OPEN), "rb") as file:
                    data = file.read()
                yield path, data
            else:
                self._odd(path, _KINDS.get(stat.S_IFMT(mode), "no file"))
        except OSError as error:
            self._odd(path, str(error.strerror))

    def _odd(self, path: str, kind: str) -> None:
        if len(self.oddities) < ODDITIES_MAX:
            self.oddities.append(CellOddity(path, kind))

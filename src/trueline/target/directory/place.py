"""PATH and the folder beside it: where they are, and what stands at PATH now.

PATH is a symbolic link into `.NAME.trueline/releases/`. Nothing is written but that link and that folder.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Self

from trueline.model.digest import Digest
from trueline.target.directory.disk import folder, opened_from_root
from trueline.target.site.body import is_blob
from trueline.target.site.path import NAME_BYTES_MAX

RELEASES = "releases"


class Standing(Enum):
    """What stands at PATH."""

    NOTHING = "nothing"
    EMPTY = "an empty directory"
    POINTER = "a link to one of our releases"
    ASTRAY = "a link to something else"
    FOREIGN = "a directory or file that is not ours"


@dataclass(frozen=True, slots=True)
class Place:
    """PATH with its parent as it was resolved once: later changes of links in it lead nowhere else."""

    parent: Path
    name: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """The place of a path.

        Raises:
            ValueError: it has no last part that can be a link, or lies within what is published to another path.
        """
        name = path.name
        if not name or name in {".", ".."} or len(os.fsencode(f".{name}.trueline")) > NAME_BYTES_MAX:
            raise ValueError(f"{path} is no directory that can be published to")
        parent = Path(os.path.realpath(path.parent))
        if any(part.startswith(".") and part.endswith(".trueline") for part in parent.parts):
            raise ValueError(f"{path} lies within a directory that is published to")
        return cls(parent, name)

    @property
    def path(self) -> Path:
        """PATH."""
        return self.parent / self.name

    @property
    def state(self) -> str:
        """The name of the folder beside it."""
        return f".{self.name}.trueline"

    def pointer(self, release: Digest) -> str:
        """What the link says: relative, so that the whole may be moved."""
        return f"{self.state}/{RELEASES}/{release}"

    @contextmanager
    def opened(self) -> Iterator[int]:
        """Open the parent.

        Raises:
            OSError: it is not there: it is never made.
        """
        with opened_from_root(self.parent) as parent:
            yield parent

    def standing(self, parent: int) -> tuple[Standing, str]:
        """What stands at PATH, with the release or whatever else a link leads to."""
        try:
            found = os.stat(self.name, dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            return Standing.NOTHING, ""
        if stat.S_ISLNK(found.st_mode):
            text = os.readlink(self.name, dir_fd=parent)
            release = text.removeprefix(self.pointer(Digest("")))
            return (Standing.POINTER, release) if text != release and is_blob(release) else (Standing.ASTRAY, text)
        if stat.S_ISDIR(found.st_mode):
            with folder(self.name, parent) as opened, os.scandir(opened) as entries:
                return (Standing.FOREIGN if next(entries, None) else Standing.EMPTY), ""
        return Standing.FOREIGN, ""

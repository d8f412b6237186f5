"""Files as a render sees them: a read-only tree with `/`-separated paths from its root, and nothing outside it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class FileKind(Enum):
    """What stands at a path."""

    FILE = "file"
    DIRECTORY = "directory"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One path of a tree. `identity` changes whenever the content may have: a Git object id, or a digest."""

    kind: FileKind
    identity: str


class FileTree(Protocol):
    """What a renderer may read. Paths are normalised (`a/b`, the root is `""`); links are resolved inside the tree."""

    def entry(self, path: str) -> FileEntry | None:
        """What stands at a path, without reading it; `None` where nothing does."""
        ...

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in a directory; empty where there is none."""
        ...

    async def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            FileNotFoundError: there is no file at that path.
        """
        ...


@dataclass(frozen=True, slots=True)
class MemoryTree:
    """A tree that is given whole, and does not change: for tests, and for a render that needs no files."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    _entries: dict[str, FileEntry | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def entry(self, path: str) -> FileEntry | None:
        """What stands at a path; it is digested once."""
        if path not in self._entries:
            self._entries[path] = self._digested(path)
        return self._entries[path]

    def _digested(self, path: str) -> FileEntry | None:
        if path in self.files:
            return FileEntry(FileKind.FILE, hashlib.sha256(self.files[path]).hexdigest())
        prefix = f"{path}/" if path else ""
        below = sorted((name[len(prefix) :], text) for name, text in self.files.items() if name.startswith(prefix))
        if not below:
            return None
        told = hashlib.sha256()
        for name, text in below:
            told.update(f"{name} {hashlib.sha256(text).hexdigest()}\n".encode())
        return FileEntry(FileKind.DIRECTORY, told.hexdigest())

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in a directory."""
        prefix = f"{path}/" if path else ""
        return tuple(sorted({name[len(prefix) :].split("/")[0] for name in self.files if name.startswith(prefix)}))

    async def read(self, path: str) -> bytes:
        """The bytes of a file."""
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(path) from None

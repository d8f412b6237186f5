"""Several sources as one tree: the first at the root, each other one under `$NAME`, as value files name it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trueline.runtime.files import FileEntry, FileTree


@dataclass(frozen=True, slots=True)
class MountedTree:
    """A `FileTree` that lends other trees under `$NAME`; they do not show in its listings."""

    root: FileTree
    mounts: Mapping[str, FileTree] = field(default_factory=dict)

    def entry(self, path: str) -> FileEntry | None:
        """What stands at a path."""
        tree, inner = self._find(path)
        return tree.entry(inner) if tree else None

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in a directory."""
        tree, inner = self._find(path)
        return tree.names(inner) if tree else ()

    async def read(self, path: str) -> bytes:
        """The bytes of a file."""
        tree, inner = self._find(path)
        if tree is None:
            raise FileNotFoundError(path)
        return await tree.read(inner)

    def _find(self, path: str) -> tuple[FileTree | None, str]:
        head, _, rest = path.partition("/")
        if not head.startswith("$"):
            return self.root, path
        return self.mounts.get(head[1:]), rest

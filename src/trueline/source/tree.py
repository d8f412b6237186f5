"""A listing as the file tree that a renderer reads: links followed inside it only, submodules and the rest left out.

The identity of a directory holds for all that can be read beneath it: what the links in it lead to counts.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from trueline.model.digest import digest_value
from trueline.runtime.files import FileEntry, FileKind, FileTree
from trueline.source.listing import Directory, Entry, Leaf, LeafKind, Listing

LINKS_MAX = 40
ENTRIES_REMEMBERED = 1_000
BlobReader = Callable[[str, Leaf], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Located:
    """What a path leads to, and the path where that stands when all links are followed."""

    path: str
    entry: Entry


class ListedTree:
    """A `FileTree` over a listing; `read_blob` gets the path with links followed, and its leaf.

    What stands at a path is remembered by that path, for `ENTRIES_REMEMBERED` of them: many overlays look at one base.
    """

    def __init__(self, listing: Listing, read_blob: BlobReader) -> None:
        self._listing = listing
        self._read_blob = read_blob
        self._identities: dict[str, str] = {}
        self._entries: dict[str, FileEntry | None] = {}

    def entry(self, path: str) -> FileEntry | None:
        """What stands at a path, links followed."""
        if path in self._entries:
            return self._entries[path]
        entry = self._entry(path)
        if len(self._entries) < ENTRIES_REMEMBERED:
            self._entries[path] = entry
        return entry

    def _entry(self, path: str) -> FileEntry | None:
        located = locate(self._listing, path)
        if located is None:
            return None
        if isinstance(located.entry, Directory):
            return FileEntry(FileKind.DIRECTORY, self._identity(located, frozenset()))
        return FileEntry(FileKind.FILE, located.entry.identity)

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in a directory; a link that leads nowhere and a submodule have a name and no entry."""
        located = locate(self._listing, path)
        if located is None or not isinstance(located.entry, Directory):
            return ()
        return tuple(sorted(located.entry.entries))

    async def read(self, path: str) -> bytes:
        """The bytes of a file, links followed."""
        located = locate(self._listing, path)
        if located is None or isinstance(located.entry, Directory):
            raise FileNotFoundError(path)
        return await self._read_blob(located.path, located.entry)

    def _identity(self, located: Located, above: frozenset[str]) -> str:
        directory = located.entry
        if not isinstance(directory, Directory) or not directory.special_count or located.path in above:
            return directory.identity
        if located.path not in self._identities:
            beneath = [
                (path, target and self._identity(target, above | {located.path}))
                for path, target in self._links(located.path, directory)
            ]
            whole = digest_value([directory.identity, *beneath])
            if above:  # cut short by what stands above it: right here, not everywhere
                return whole
            self._identities[located.path] = whole
        return self._identities[located.path]

    def _links(self, prefix: str, directory: Directory) -> Iterator[tuple[str, Located | None]]:
        for path, leaf in Listing(directory).special():
            if leaf.kind is LeafKind.LINK:
                yield path, locate(self._listing, f"{prefix}/{path}" if prefix else path)


@dataclass(frozen=True, slots=True)
class FolderTree:
    """One folder of a tree, as a tree; links out of the folder are followed as the whole tree has them."""

    whole: FileTree
    folder: str

    def entry(self, path: str) -> FileEntry | None:
        """What stands at a path."""
        return self.whole.entry(self._at(path))

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in a directory."""
        return self.whole.names(self._at(path))

    async def read(self, path: str) -> bytes:
        """The bytes of a file."""
        return await self.whole.read(self._at(path))

    def _at(self, path: str) -> str:
        return f"{self.folder}/{path}" if path else self.folder


def locate(listing: Listing, path: str) -> Located | None:
    """Follow a path; `None` where nothing stands, where a link leads out, in a circle or nowhere, and for a submodule.

    >>> link, file = Leaf(0o120000, "l", "../base/a"), Leaf(0o100644, "f")
    >>> tree = Listing(Directory("r", {"app": Directory("x", {"a": link}), "base": Directory("y", {"a": file})}))
    >>> locate(tree, "app/a")
    Located(path='base/a', entry=Leaf(mode=33188, identity='f', link=''))
    """
    found = listing.find(path)
    if isinstance(found, Directory) or (found is not None and found.kind is LeafKind.FILE):
        return Located(path, found)
    todo = path.split("/")[::-1] if path else []
    done: list[str] = []
    stack: list[Directory] = [listing.root]
    links = 0
    while todo:
        name = todo.pop()
        match name, None if name in {"", ".", ".."} else stack[-1].entries.get(name):
            case (("" | "."), _):
                continue
            case "..", _:
                if not done:
                    return None
                done.pop()
                stack.pop()
            case _, Directory() as directory:
                done.append(name)
                stack.append(directory)
            case _, Leaf() as leaf if leaf.kind is LeafKind.LINK:
                links += 1
                if links > LINKS_MAX or not leaf.link or leaf.link.startswith("/"):
                    return None
                todo += leaf.link.split("/")[::-1]
            case _, Leaf() as leaf if leaf.kind is LeafKind.FILE and not any(todo):
                return Located("/".join([*done, name]), leaf)
            case _:
                return None
    return Located("/".join(done), stack[-1])

"""What a render looked at: paths with what stood there, misses and directory listings too (D3).

A render holds on another tree if every one of its looks would find the same there. Nothing here renders or stores.
"""

import hashlib
from collections.abc import Mapping
from itertools import islice
from typing import Final, TypeAlias

import msgspec

from trueline.runtime.files import FileEntry, FileKind, FileTree

_MISS: Final = ""


class Look(msgspec.Struct, frozen=True, array_like=True):
    """One look: `entry` (what kind of thing stands there), `names` (of a directory) or `read` (a file's content).

    `found` is the kind, the digest of the names, or the file's identity; empty where nothing was there. `identity` is
    that of the directory whose names were read: while it stays, they do.
    """

    path: str
    asked: str
    found: str
    identity: str = ""


_Asked: TypeAlias = tuple[str, str]
Looks: TypeAlias = Mapping[_Asked, Look]


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """The looks of one render. While the directory `root` keeps its identity, no look beneath it needs a comparison."""

    root: str
    root_identity: str
    looks: tuple[Look, ...]

    def holds(self, files: FileTree) -> bool:
        """Whether all of it would be seen in these files."""
        root = files.entry(self.root)
        same_root = bool(self.root_identity) and root is not None and root.identity == self.root_identity
        return all((same_root and _is_beneath(look.path, self.root)) or sees(look, files) for look in self.looks)

    def looks_at(self, name: str) -> "Looks":
        """The looks at files of a name, whatever their folders, as `recall` takes them."""
        return {(look.path, look.asked): look for look in self.looks if look.path.rpartition("/")[2] == name}


class TracingTree:
    """A `FileTree` that notes every look at another one."""

    def __init__(self, files: FileTree, root: str) -> None:
        self._files = files
        self._root = root
        self._looks: dict[_Asked, Look] = {}
        self._entries: dict[str, FileEntry | None] = {}

    def entry(self, path: str) -> FileEntry | None:
        """What stands at a path."""
        entry = self._entry(path)
        self._note(Look(path, "entry", _kind(entry)))
        return entry

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in a directory."""
        names = self._files.names(path)
        entry = self._entry(path)
        self._note(Look(path, "names", _digest(names), entry.identity if entry else ""))
        return names

    async def read(self, path: str) -> bytes:
        """The bytes of a file."""
        self.glance(path)
        return await self._files.read(path)

    def glance(self, path: str) -> str:
        """The identity of a file whose content is known by it: a look like any other, without reading."""
        identity = _identity(self._entry(path))
        self._note(Look(path, "read", identity))
        return identity

    @property
    def count(self) -> int:
        """How many looks there were so far: a mark for `since`."""
        return len(self._looks)

    def since(self, mark: int) -> Looks:
        """The looks after a mark, as `recall` takes them."""
        return dict(islice(self._looks.items(), mark, None))

    def recall(self, looks: Looks) -> None:
        """Note looks that an earlier render had below a folder that is the same: they would find the same."""
        self._looks.update(looks)

    def trace(self) -> Trace:
        """All that was looked at, in the order of paths; a file that was read needs no other look."""
        entry = self._entry(self._root)
        looks = (look for look in self._looks.values() if not self._is_implied(look))
        return Trace(
            root=self._root,
            root_identity=entry.identity if entry and entry.kind is FileKind.DIRECTORY else "",
            looks=tuple(sorted(looks, key=lambda look: (look.path, look.asked))),
        )

    def _entry(self, path: str) -> FileEntry | None:
        """The tree is one revision's: what stands there is asked for once, however often it is looked at."""
        if path not in self._entries:
            self._entries[path] = self._files.entry(path)
        return self._entries[path]

    def _note(self, look: Look) -> None:
        self._looks[look.path, look.asked] = look

    def _is_implied(self, look: Look) -> bool:
        return look.asked == "entry" and look.found == FileKind.FILE.value and (look.path, "read") in self._looks


def sees(look: Look, files: FileTree) -> bool:
    """Whether a look would find the same in these files."""
    entry = files.entry(look.path)
    match look.asked:
        case "read":
            return _identity(entry) == look.found
        case "entry":
            return _kind(entry) == look.found
        case _:
            is_same = bool(look.identity) and entry is not None and entry.identity == look.identity
            return is_same or _digest(files.names(look.path)) == look.found


def _is_beneath(path: str, root: str) -> bool:
    return not root or path == root or path.startswith(f"{root}/")


def _kind(entry: FileEntry | None) -> str:
    return entry.kind.value if entry else _MISS


def _identity(entry: FileEntry | None) -> str:
    return entry.identity if entry and entry.kind is FileKind.FILE else _MISS


def _digest(names: tuple[str, ...]) -> str:
    return hashlib.sha256("/".join(names).encode(errors="surrogateescape")).hexdigest()

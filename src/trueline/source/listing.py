"""A listing: every path of a tree with its Git mode and id, as nested values that revisions share where they are equal.

A directory is known by its Git tree id, so two listings differ exactly where ids do, and a new revision costs only the
directories that changed. It holds no content but the targets of links; it reads nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

GIT_MODE_DIRECTORY = 0o040000
GIT_MODE_EXECUTABLE = 0o100755
GIT_MODE_FILE = 0o100644
GIT_MODE_LINK = 0o120000
GIT_MODE_SUBMODULE = 0o160000


class LeafKind(Enum):
    """What a path holds that is not a directory."""

    FILE = "file"
    LINK = "link"
    SUBMODULE = "submodule"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A file, a link with its target as written, or the commit of a submodule."""

    mode: int
    identity: str
    link: str = ""

    @property
    def kind(self) -> LeafKind:
        """What it is, by its mode."""
        match self.mode:
            case 0o120000:
                return LeafKind.LINK
            case 0o160000:
                return LeafKind.SUBMODULE
            case _:
                return LeafKind.FILE


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory: its Git tree id, its entries sorted by name, and sums over all that is beneath."""

    identity: str
    entries: Mapping[str, "Entry"]
    leaf_count: int = field(init=False)
    special_count: int = field(init=False)
    path_bytes_max: int = field(init=False)

    def __post_init__(self) -> None:
        leaves, special, longest = 0, 0, 0
        for name, entry in self.entries.items():
            size = len(name.encode())
            if isinstance(entry, Directory):
                leaves += entry.leaf_count
                special += entry.special_count
                size += 1 + entry.path_bytes_max
            else:
                leaves += 1
                special += entry.kind is not LeafKind.FILE
            longest = max(longest, size)
        object.__setattr__(self, "leaf_count", leaves)
        object.__setattr__(self, "special_count", special)
        object.__setattr__(self, "path_bytes_max", longest)


Entry: TypeAlias = Leaf | Directory


@dataclass(frozen=True, slots=True)
class Listing:
    """The tree of one revision. Paths are normalised: `a/b`, the root is `""`.

    >>> listing = Listing(Directory("t1", {"apps": Directory("t2", {"web.yaml": Leaf(0o100644, "b1")})}))
    >>> listing.subtree_identity("apps"), listing.find("apps/web.yaml"), len(listing)
    ('t2', Leaf(mode=33188, identity='b1', link=''), 1)
    """

    root: Directory

    def __len__(self) -> int:
        return self.root.leaf_count

    def find(self, path: str) -> Entry | None:
        """What stands at a path, links not followed."""
        entry: Entry = self.root
        for name in path.split("/") if path else ():
            found = entry.entries.get(name) if isinstance(entry, Directory) else None
            if found is None:
                return None
            entry = found
        return entry

    def subtree_identity(self, path: str) -> str | None:
        """The Git id of a file or of a whole directory; `None` where nothing stands."""
        entry = self.find(path)
        return entry.identity if entry is not None else None

    def leaves(self) -> Iterator[tuple[str, Leaf]]:
        """Every path that is not a directory, in order of names."""
        return _leaves(self.root, "")

    def special(self) -> Iterator[tuple[str, Leaf]]:
        """The links and submodules; directories without any are not entered."""
        return _special(self.root, "")


def changed_paths(old: Listing, new: Listing) -> tuple[str, ...]:
    """The sorted paths whose leaf differs, is new or is gone; equal directories are not entered.

    >>> one, two = Leaf(0o100644, "1"), Leaf(0o100644, "2")
    >>> changed_paths(Listing(Directory("a", {"x": one, "y": one})), Listing(Directory("b", {"x": two, "y": one})))
    ('x',)
    """
    return tuple(sorted(_changed(old.root, new.root, "")))


def _changed(old: Entry | None, new: Entry | None, path: str) -> Iterator[str]:
    if old == new if not isinstance(old, Directory) or not isinstance(new, Directory) else old.identity == new.identity:
        return
    before = old.entries if isinstance(old, Directory) else {}
    after = new.entries if isinstance(new, Directory) else {}
    if isinstance(old, Leaf) or isinstance(new, Leaf):
        yield path
    prefix = f"{path}/" if path else ""
    for name in before.keys() | after.keys():
        yield from _changed(before.get(name), after.get(name), prefix + name)


def _leaves(directory: Directory, prefix: str) -> Iterator[tuple[str, Leaf]]:
    for name, entry in directory.entries.items():
        if isinstance(entry, Directory):
            yield from _leaves(entry, f"{prefix}{name}/")
        else:
            yield prefix + name, entry


def _special(directory: Directory, prefix: str) -> Iterator[tuple[str, Leaf]]:
    for name, entry in directory.entries.items():
        match entry:
            case Directory(special_count=0):
                continue
            case Directory():
                yield from _special(entry, f"{prefix}{name}/")
            case Leaf() if entry.kind is not LeafKind.FILE:
                yield prefix + name, entry
            case Leaf():
                continue

"""What really stands in a release's tree, held against what shall stand there. It writes nothing."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from trueline.model.digest import Digest, digest_value
from trueline.target.site.path import parents
from trueline.target.site.ssh.host import Entry, HostView, Kind

STRANGERS_MAX = 1_000
PATH_SHOWN_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A tree as it is. `root` is `None` where nothing stands in its place.

    `standing` is what stands at the paths that shall be files, reached through folders alone, never through a link;
    `files` is what a reader gets there: a digest that no content has where that is no plain file that a web server can
    read. `strangers` are all others, outermost names only.
    """

    root: Entry | None = None
    entries: Mapping[str, Entry] = field(default_factory=dict)
    standing: Mapping[str, Entry] = field(default_factory=dict)
    files: Mapping[str, Digest] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()

    @property
    def is_tree(self) -> bool:
        """Whether a folder stands there."""
        return self.root is not None and self.root.kind is Kind.FOLDER

    def folders(self, paths: Iterable[str]) -> list[str]:
        """Which of the folders that these paths need are there, reached through folders alone."""
        found: dict[str, None] = {}
        for path in folders(paths):
            above = path.rpartition("/")[0]
            entry = self.entries.get(path)
            if entry is not None and entry.kind is Kind.FOLDER and (not above or above in found):
                found[path] = None
        return list(found)

    def crooked(self, paths: Iterable[str]) -> list[str]:
        """Folders that these paths need and that are gone, replaced, or that not everybody may enter."""
        found = [] if self.root is not None and self.root.is_served else [""]
        return found + [path for path in folders(paths) if not self._is_entered(path)]

    def _is_entered(self, path: str) -> bool:
        entry = self.entries.get(path)
        return entry is not None and entry.kind is Kind.FOLDER and entry.is_served


async def find(host: HostView, root: str, paths: Collection[str], *, hashed: bool = True) -> Found:
    """Look at a tree; without `hashed` no file is read, and `files` has only what is no plain file."""
    needed = folders(paths)
    walked = await host.walk(root, needed)
    if walked is None:
        return Found()
    top = next(entry for entry in walked if not entry.path)
    entries = {entry.path: entry for entry in walked if entry.path}
    ours, known = set(paths), set(needed)
    there = {"", *Found(root=top, entries=entries).folders(paths)}
    strangers = [
        path for path in entries if path not in ours and path not in known and path.rpartition("/")[0] in there
    ]
    standing = {path: entries[path] for path in paths if path in entries and path.rpartition("/")[0] in there}
    plain = {path: entry.size_bytes for path, entry in standing.items() if is_plain(entry)}
    files = {path: _unlike(entry) for path, entry in standing.items() if path not in plain}
    if hashed:
        files |= await host.digests(root, plain)
    return Found(root=top, entries=entries, standing=standing, files=files, strangers=tuple(sorted(strangers)))


def is_plain(entry: Entry) -> bool:
    """Whether it is a file that a web server can read."""
    return entry.kind is Kind.FILE and entry.is_served


def folders(paths: Iterable[str]) -> list[str]:
    """Every folder that paths need, outer ones first, without the root.

    >>> folders(["a/b/c.html", "index.html"])
    ['a', 'a/b']
    """
    above = {path.rpartition("/")[0] for path in paths} - {""}
    return sorted({*above, *(parent for path in above for parent in parents(path))})


def shown(paths: Iterable[str]) -> tuple[str, ...]:
    """Strangers' paths for people: bounded, and without what is no text."""
    listed = list(paths)[:STRANGERS_MAX]
    return tuple(
        path.encode(errors="surrogateescape").decode(errors="backslashreplace")[:PATH_SHOWN_MAX] for path in listed
    )


def _unlike(entry: Entry) -> Digest:
    return digest_value(["not a plain file", entry.kind.value, entry.mode])

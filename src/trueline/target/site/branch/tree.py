"""What stands on a branch: paths with Git's ids, as `git ls-tree -r -z` lists them. Pure.

A name that is not UTF-8 keeps its bytes as surrogates, so that it is never taken for another one.
"""

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from trueline.target.site.path import parents

ENTRIES_MAX = 500_000


class Malformed(ValueError):
    """A listing that Git would not have written, or one with more entries than we read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands at a path: a file, a link or another repository."""

    mode: int
    identity: str

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file: only such a one is served."""
        return stat.S_ISREG(self.mode)


Tree: TypeAlias = Mapping[str, Entry]


def read_tree(listing: bytes) -> dict[str, Entry]:
    r"""The entries of a listing.

    Raises:
        Malformed: it is none, or longer than the bound.

    >>> read_tree(b"100644 blob 0a1b\tdocs/a b.html\0")
    {'docs/a b.html': Entry(mode=33188, identity='0a1b')}
    """
    lines = listing.split(b"\0")[:-1]
    if len(lines) > ENTRIES_MAX:
        raise Malformed(f"{len(lines)} files; {ENTRIES_MAX} are the most")
    tree: dict[str, Entry] = {}
    for line in lines:
        head, _, name = line.partition(b"\t")
        try:
            mode, _, identity = head.decode("ascii").split(" ")
            tree[name.decode(errors="surrogateescape")] = Entry(int(mode, 8), identity)
        except ValueError:
            raise Malformed(f"a line of the listing is {line[:80]!r}") from None
    return tree


def folders(paths: Iterator[str]) -> set[str]:
    """Every folder above these paths."""
    return {parent for path in paths for parent in parents(path)}


def shown(path: str) -> str:
    r"""A path as people may read it, whatever its bytes are.

    >>> shown("a\x1b[31m/ö.html")
    'a\\x1b[31m/ö.html'
    """
    text = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)

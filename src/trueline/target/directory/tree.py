"""One release's files below an open folder, reached component by component: no link in the tree leads us out of it."""

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Self, TypeAlias

from trueline.model.digest import Digest, digest_value
from trueline.target.directory.copy import hashed_at
from trueline.target.directory.disk import FOLDER_MODE, Disk, folder, make_if_absent, names, open_folder
from trueline.target.directory.stamp import Stamps, is_plain
from trueline.target.site.path import folders, parents

Visit: TypeAlias = Callable[[str, int], Awaitable[None]]
"""Is called with a folder's path, and the folder open."""
STRANGERS_MAX = 1_000
ENTRIES_MAX = 400_000
_SLICE = 64


@contextmanager
def below(root: int, path: str) -> Iterator[int]:
    """Open a folder of a tree; `""` is its root.

    Raises:
        OSError: it is not there, or a link or a file stands in its place.
    """
    opened = os.dup(root)
    try:
        for name in filter(None, path.split("/")):
            with folder(name, opened) as found:
                os.dup2(found, opened, inheritable=False)
        yield opened
    finally:
        os.close(opened)


class Descent:
    """Folders of one tree, opened one after the other: what lies above two that follow each other is opened once.

    It is a context manager; what `at` answered is open until the next question.
    """

    def __init__(self, root: int) -> None:
        self._root = root
        self._opened: list[tuple[str, int]] = []  # each with the way to it, which ends with a slash

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._opened:
            os.close(self._opened.pop()[1])

    def at(self, path: str) -> int:
        """A folder of the tree; `""` is its root.

        Raises:
            OSError: it is not there, or a link or a file stands in its place.
        """
        wanted, opened = f"{path}/" if path else "", self._opened
        while opened and not wanted.startswith(opened[-1][0]):
            os.close(opened.pop()[1])
        reached, at = opened[-1] if opened else ("", self._root)
        for name in wanted[len(reached) :].split("/")[:-1]:
            at = open_folder(name, at)
            reached = f"{reached}{name}/"
            opened.append((reached, at))
        return at


def by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    """Paths as names in their folders.

    >>> by_folder(["a/b.html", "index.html", "a/c.html"])
    {'a': ['b.html', 'c.html'], '': ['index.html']}
    """
    found: dict[str, list[str]] = {}
    for path in paths:
        above, _, name = path.rpartition("/")
        found.setdefault(above, []).append(name)
    return found


def state_of(name: str, at: int) -> os.stat_result | None:
    """What stands under a name, a link itself; `None` where nothing does."""
    try:
        return os.stat(name, dir_fd=at, follow_symlinks=False)
    except FileNotFoundError:
        return None


async def content(name: str, at: int, stamps: Stamps) -> Digest | None:
    """What a file really is: its content's digest where it is a plain one, else one that no content has.

    Raises:
        OSError: it cannot be read.
    """
    found = state_of(name, at)
    return None if found is None else await content_of(found, name, at, stamps)


async def content_of(found: os.stat_result, name: str, at: int, stamps: Stamps) -> Digest:
    """The same of a file whose state was read just now.

    Raises:
        OSError: it cannot be read.
    """
    if not is_plain(found):
        text = os.readlink(name, dir_fd=at) if stat.S_ISLNK(found.st_mode) else ""
        return digest_value(["not a plain file", found.st_mode, text, found.st_ino, found.st_mtime_ns])
    if (known := stamps.blob(found)) is not None:
        return known
    digest, after, is_still = await hashed_at(name, at)
    if is_still:
        stamps.note(after, digest)
    return digest


def make_way(disk: Disk, tree: Descent, path: str, aside: "Aside", made: set[str]) -> None:
    """Make the folders of a path; what others put in the place of one is set aside, never deleted.

    `made` are folders that were seen to just now, and are not looked at again.
    """
    if not path or path in made:
        return
    for parent in (*parents(path), path):
        if parent in made:
            continue
        made.add(parent)
        above, _, name = parent.rpartition("/")
        at = tree.at(above)
        found = state_of(name, at)
        if found is not None and not stat.S_ISDIR(found.st_mode):
            aside.put(name, at)
            found = None
        if found is None:
            disk.make_folder(name, at)
        elif stat.S_IMODE(found.st_mode) != FOLDER_MODE:
            disk.correct(name, at)


class Aside:
    """Where in the state's folder goes what is in our way and not ours."""

    def __init__(self, disk: Disk, state: int, name: str) -> None:
        self._disk = disk
        self._state = state
        self._name = name

    def put(self, name: str, at: int, under: str = "") -> str:
        """Move something there; the name that it got."""
        make_if_absent(self._disk, self._name, self._state)
        with folder(self._name, self._state) as aside:
            count = len(names(aside))
            while state_of(free := f"{under or name[:100]}.{count}", aside) is not None:
                count += 1
            self._disk.rename(name, at, free, aside)
        return free


@lru_cache(maxsize=4)
def _layout(files: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The folders of a tree in their order, and as a set: a site is looked at often, and nearly always the same."""
    found = tuple(folders(files))
    return found, frozenset(found)


async def survey(
    root: int, ours: frozenset[str], visit: Visit | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is wrong with a tree but the content of its files: its crooked folders, and what is not ours in it.

    Crooked is a folder that is gone, replaced, or that not everybody may read. Strangers are neither a file of the tree
    nor a folder of one. Both are sorted, strangers bounded. `visit` is called with each folder that could be read.
    """
    known, inner = _layout(ours)
    crooked, found, seen = list[str](), list[str](), 0
    with Descent(root) as tree:
        for count, above in enumerate(("", *known)):
            if count % _SLICE == 0:
                await asyncio.sleep(0)
            try:
                at = tree.at(above)
                if above and stat.S_IMODE(os.fstat(at).st_mode) != FOLDER_MODE:
                    crooked.append(above)
                found_here = names(at)
            except OSError:
                crooked.append(above)
                continue
            if visit is not None:
                await visit(above, at)
            seen += len(found_here)
            prefix = f"{above}/" if above else ""
            found += [path for name in found_here if (path := prefix + name) not in ours and path not in inner]
            if seen > ENTRIES_MAX or len(found) >= STRANGERS_MAX:
                break
    return tuple(dict.fromkeys(crooked)), tuple(sorted(found)[:STRANGERS_MAX])

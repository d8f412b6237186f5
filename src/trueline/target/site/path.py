"""Which paths a site's file may have, and which of them would be one file, or a file below a file, on some disk."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

PATH_BYTES_MAX = 1024
NAME_BYTES_MAX = 255
DEPTH_MAX = 64
RESERVED = ".trueline"
PATHS_REMEMBERED = 65_536
"""Of a site that is published again nearly all paths were judged before."""


@lru_cache(maxsize=PATHS_REMEMBERED)
def hostility(path: str) -> str:
    """Why a path is refused, empty where it is not.

    >>> hostility("docs/index.html"), hostility("../x"), hostility("a//b"), hostility(".Trueline/owner.json")
    ('', 'it leads out of the site', 'a part of it is empty', 'that name is reserved')
    """
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        return "it is not text"
    if len(encoded) > PATH_BYTES_MAX:
        return f"it is longer than {PATH_BYTES_MAX} bytes"
    if any(ord(character) < ord(" ") or character == "\x7f" for character in path):
        return "it has a control character"
    return _hostility(path.split("/"))


def _hostility(names: list[str]) -> str:
    """Of the parts of a path."""
    if not names[0]:
        return "it is absolute, or empty"
    if len(names) > DEPTH_MAX:
        return f"it is deeper than {DEPTH_MAX} folders"
    return next(filter(None, map(_of_name, names)), "")


def _of_name(name: str) -> str:
    if not name:
        return "a part of it is empty"
    if name in {".", ".."}:
        return "it leads out of the site"
    if name.casefold().startswith(RESERVED):
        return "that name is reserved"
    return f"a part of it is longer than {NAME_BYTES_MAX} bytes" if len(name.encode()) > NAME_BYTES_MAX else ""


@lru_cache(maxsize=PATHS_REMEMBERED)
def folded(path: str) -> str:
    """The same text for all spellings that some file system takes for one name.

    >>> folded("Café.html") == folded("CAFE\N{COMBINING ACUTE ACCENT}.HTML")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def twins(paths: Collection[str]) -> Iterator[tuple[str, str]]:
    """Paths that would be one file on a disk that does not tell letters' cases or Unicode forms apart."""
    first: dict[str, str] = {}
    for path in sorted(paths):
        if (before := first.setdefault(folded(path), path)) != path:
            yield before, path


def below_files(paths: Collection[str]) -> Iterator[tuple[str, str]]:
    """Paths for which another file would have to be a folder, each with that one."""
    files = {folded(path): path for path in sorted(paths, reverse=True)}
    if files.keys().isdisjoint(folders(files)):
        return
    for path in sorted(paths):
        for parent in parents(folded(path)):
            if parent in files:
                yield path, files[parent]


def folders(paths: Iterable[str]) -> list[str]:
    """Every folder that paths need, outer ones first, without the root.

    >>> folders(["a/b/c.html", "a/d.html", "index.html"])
    ['a', 'a/b']
    """
    found: set[str] = set()
    for path in paths:
        above = path.rpartition("/")[0]
        while above and above not in found:
            found.add(above)
            above = above.rpartition("/")[0]
    return sorted(found)


def parents(path: str) -> Iterator[str]:
    """The folders above a path, from the outermost.

    >>> list(parents("a/b/c.html"))
    ['a', 'a/b']
    """
    names = path.split("/")
    for count in range(1, len(names)):
        yield "/".join(names[:count])

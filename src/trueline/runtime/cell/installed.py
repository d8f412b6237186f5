"""What programs find on this machine, told apart without running any: a newer one may build another site."""

import hashlib
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

_PYTHON: Final = (".dist-info", ".egg-info")
_NODE: Final = ("lib/node_modules", "node_modules", "local/lib/node_modules", "share/nodejs")


def identity(program: str, path: str, readable: Sequence[str]) -> str:
    """The digest of a program's file and of the names and versions of packages, of Python's and of Node's."""
    parts = [sys.version, *_stamp(shutil.which(program, path=path) or program)]
    for place in sys.path:
        parts += sorted(name for name in _names(place) if name.endswith(_PYTHON))
    for root in readable:
        for folder in _NODE:
            parts += _node_packages(f"{root}/{folder}")
    return hashlib.sha256("\n".join(parts).encode(errors="surrogateescape")).hexdigest()


def _node_packages(folder: str) -> Iterator[str]:
    for name in _names(folder):
        inner = _names(f"{folder}/{name}") if name.startswith("@") else [""]
        for one in inner:
            yield from _stamp(f"{folder}/{name}/{one}/package.json")


def _stamp(path: str) -> Iterator[str]:
    try:
        found = Path(path).stat()
    except OSError:
        return
    yield f"{Path(path).resolve()} {found.st_size} {found.st_mtime_ns}"


def _names(folder: str) -> list[str]:
    try:
        return sorted(one.name for one in Path(folder).iterdir())
    except OSError:
        return []

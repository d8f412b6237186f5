"""A folder that was typed as PATH: whether it is the repository itself or a part of one. It renders nothing.

What builds upon other folders (`../../base`, `import '../lib/x.libsonnet'`) is rendered from the top of its Git work
tree, for there is no way out of a repository; so is a folder that is looked at as it was at another revision.
"""

import os
import re
from pathlib import Path

from trueline.cli.place import is_folder, resolved

_BUILDS = re.compile(r"kustomization\.ya?ml|Kustomization|.*\.jsonnet")
_DECLARES = re.compile(rb"""^[\s{"'-]*apiVersion["']?:\s*["']?trueline\.dev/""", re.MULTILINE)
_FILES_MAX = 10_000
_FILE_BYTES_MAX = 1 << 20


def locate(path: str, below: str, revision: str = "") -> tuple[str, str]:
    """The repository that is meant by a PATH, and the folder in it where declarations or manifests are looked for.

    A folder that declares applications is a fleet repository by itself, whatever stands above it.
    """
    repository = resolved(path)
    if below or not is_folder(path):
        return repository, below
    folder = Path(repository)
    top = next((parent for parent in folder.parents if (parent / ".git").exists()), None)
    if top is None or (folder / ".git").exists() or (folder / "HEAD").is_file():
        return repository, below
    if not (revision or _reaches_out(folder)) or _declares(folder):
        return repository, below
    return str(top), folder.relative_to(top).as_posix()


def _reaches_out(folder: Path) -> bool:
    return folder.is_dir() and any(_BUILDS.fullmatch(entry.name) for entry in folder.iterdir())


def _declares(folder: Path) -> bool:
    """Whether any file looks like a declaration; the dialect has the last word on what it is."""
    left = _FILES_MAX
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            left -= 1
            if left < 0:
                return False
            if name.endswith(".yaml") and _DECLARES.search(_start(Path(root, name))):
                return True
    return False


def _start(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_FILE_BYTES_MAX)
    except OSError:
        return b""

"""A copy of the tree in which one file may say something else. The work tree itself is never written to."""

import compileall
import py_compile
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mutants.guard import ROOT

COPIED = ("src", "tests")
LINKED = ("build", "docs", "examples", "testbed", "toolbox", "changelog.d", "Makefile", "pyproject.toml")


class Overlay:
    """The copy. Modules are compiled once, by what they say and not by when they were written."""

    def __init__(self, folder: Path, root: Path = ROOT) -> None:
        self.folder = folder
        for name in COPIED:
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in LINKED:
            if (root / name).exists():
                (folder / name).symlink_to(root / name)
        mode = py_compile.PycInvalidationMode.CHECKED_HASH
        compileall.compile_dir(folder / "src", quiet=2, invalidation_mode=mode)

    @contextmanager
    def saying(self, path: str, text: str) -> Iterator[None]:
        """Inside the block one file has another text."""
        file = self.folder / path
        before = file.read_bytes()
        file.write_text(text)
        try:
            yield
        finally:
            file.write_bytes(before)

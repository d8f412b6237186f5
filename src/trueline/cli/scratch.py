"""A copy of a data directory that may be thrown away: what a plan reads and writes instead of the real one.

So a plan works while `up` owns the directory, and leaves nothing behind. The original is only read.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_DATABASES = ("trueline.sqlite", "embedded.sqlite")
_PAGES_AT_ONCE = 4096


@contextmanager
def scratch(original: Path | None) -> Iterator[Path]:
    """A directory with what the original holds; an empty one where there is no original."""
    with tempfile.TemporaryDirectory(prefix="trueline-") as name:
        copy = Path(name) / "data"
        copy.mkdir(mode=0o700)
        if original is not None and (original / "installation").is_file():
            shutil.copyfile(original / "installation", copy / "installation")
            for database in _DATABASES:
                if (original / database).is_file():
                    _copy_database(original / database, copy / database)
        yield copy


def _copy_database(original: Path, copy: Path) -> None:
    """SQLite's own copy: whole, though another process may write to the original meanwhile."""
    with (
        closing(sqlite3.connect(f"{original.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target, pages=_PAGES_AT_ONCE)

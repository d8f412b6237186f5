"""A copy of a data directory that may be thrown away: what a plan reads and writes instead of the real one.

So a plan works while `up` owns the directory, and leaves nothing behind. The original is only read: the Git objects
that it has are borrowed from it, so that what was deployed last can be compared while Git is away, and so are the
blobs, so that no image is encoded again to say that nothing changes.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from trueline.cli.writing import writing
from trueline.record.schema import SCHEMA
from trueline.runtime.blob import borrow
from trueline.runtime.data_directory import write_atomic
from trueline.runtime.layout import check_layout
from trueline.runtime.seal import SEAL
from trueline.runtime.store import check_version, translated

_DATABASES = ("trueline.sqlite", "embedded.sqlite")
_PACKED = "packed-refs"
_PAGES_AT_ONCE = 4096
_REPOSITORIES_MAX = 1_000


@contextmanager
def scratch(original: Path | None) -> Iterator[Path]:
    """A directory with what the original holds; an empty one where there is no original.

    Raises:
        UserError: TL0805, a newer Trueline wrote the original; TL0903, there is no room for a copy.
    """
    with ExitStack() as stack:
        with writing("a copy of the data directory"):
            copy = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trueline-"))) / "data"
            copy.mkdir(mode=0o700)
            if original is not None:
                check_layout(original)
                check_version(original / _DATABASES[0], SCHEMA)
                _fill(copy, original)
        yield copy


def _fill(copy: Path, original: Path) -> None:
    if not (original / "installation").is_file():
        return
    shutil.copyfile(original / "installation", copy / "installation")
    if (original / SEAL).is_file():
        write_atomic(copy / SEAL, (original / SEAL).read_bytes())
    for database in _DATABASES:
        if (original / database).is_file():
            _copy_database(original / database, copy / database)
    if (original / "blobs").is_dir():
        borrow(original / "blobs", copy / "blobs")
    for repository in sorted((original / "git").glob("*.git"))[:_REPOSITORIES_MAX]:
        _borrow(repository.absolute(), copy / "git" / repository.name)


def _copy_database(original: Path, copy: Path) -> None:
    """SQLite's own copy: whole, though another process may write to the original meanwhile."""
    with (
        translated(f"{original}, or its copy {copy},"),
        closing(sqlite3.connect(f"{original.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target, pages=_PAGES_AT_ONCE)


def _borrow(original: Path, copy: Path) -> None:
    """A repository with the refs of the original, which reads its objects and writes its own."""
    if not (original / "HEAD").is_file():
        return
    try:
        shutil.copytree(original, copy, ignore=lambda folder, names: _own(Path(folder), names, original))
    except shutil.Error as error:
        if any(Path(place).exists() for place, _, _ in error.args[0]):
            raise
        with suppress(FileNotFoundError):  # refs that its owner packed meanwhile stand there now
            shutil.copyfile(original / _PACKED, copy / _PACKED)
    (copy / "objects" / "info").mkdir(parents=True, exist_ok=True)
    (copy / "objects" / "info" / "alternates").write_text(f"{original / 'objects'}\n")


def _own(folder: Path, names: list[str], original: Path) -> list[str]:
    """What is not copied: the objects, and what another process is about to write."""
    return [name for name in names if (folder == original and name == "objects") or name.endswith(".lock")]

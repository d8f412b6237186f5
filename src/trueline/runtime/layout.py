"""The data directory's layout: which parts stand where, as one number. It never opens a part.

The number rises when a part moves, or is written so that an older program would misread it: blobs, anchors, the Git
objects, a new database. What is inside a database has its own version (`store`).
"""

from pathlib import Path
from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError

LAYOUT: Final = 1
"""A directory that says nothing of its layout was made before there was a number; it has the first."""
_FIRST: Final = 1
_BYTES_MAX: Final = 64
_SHOWN_BYTES: Final = 20


def layout_file(path: Path) -> Path:
    """Where a data directory says its layout."""
    return path / "layout"


def is_told(path: Path) -> bool:
    """Whether a data directory says its layout."""
    return layout_file(path).exists()


def check_layout(path: Path, known: int = LAYOUT) -> None:
    """Whether this program knows the layout of a data directory; asked before anything in it is touched (INV-27).

    Raises:
        UserError: TL0805, a newer program made it; TL0806, what it says is no number.
    """
    try:
        with layout_file(path).open("rb") as file:
            text = file.read(_BYTES_MAX)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise _no_number(path, error.strerror or str(error)) from error
    try:
        found = int(text)
    except ValueError:
        raise _no_number(path, f"{text[:_SHOWN_BYTES]!r} is no layout's number") from None
    if found > known:
        raise newer(f"{path} has layout {found}", known)


def newer(what: str, known: int) -> UserError:
    """Something here was written by a newer program."""
    return UserError(
        [
            Diagnostic(
                code="TL0805",
                summary="a newer Trueline wrote this data directory",
                detail=f"{what}, this program knows {known}; nothing in it was touched",
                remedy="use the newer program, or put the backup back that was made before it",
            ),
        ],
    )


def _no_number(path: Path, reason: str) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL0806",
                summary="the data directory cannot be used",
                detail=f"{layout_file(path)}: {reason}",
                remedy=f"write {_FIRST} into that file, or name another directory with --data-dir",
            ),
        ],
    )

"""Files that a command writes for whoever typed it: where one cannot be written, that is told, and is no bug."""

from collections.abc import Iterator
from contextlib import contextmanager

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Write something, named by its path or by what it is.

    Raises:
        UserError: TL0903, it cannot be written.
    """
    try:
        yield
    except OSError as error:
        place = str(error.filename or "")
        where = what if place.startswith(what) or not place else f"{what} ({place})"
        raise UserError([_unwritten(where, error.strerror or str(error))]) from error


def _unwritten(what: str, reason: str) -> Diagnostic:
    return Diagnostic(
        code="TL0903",
        summary="a file cannot be written",
        detail=f"{what}: {reason}",
        remedy="look at its folder, who may write there, and the room on that disk",
    )

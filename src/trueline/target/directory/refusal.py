"""What the system says of a file, as what this target answers."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from trueline.target.answer import Refusal
from trueline.target.directory.copy import BlobGone
from trueline.target.directory.state import Damaged
from trueline.target.site.refusal import Refusing

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextmanager
def refusing(place: str) -> Iterator[None]:
    """Faults of the file system and of blobs become a refusal with its reason.

    Raises:
        Refusing: something was refused inside the block.
    """
    try:
        yield
    except OSError as error:
        raise Refusing(_kind(error), f"{place}: {_sentence(error)}") from error
    except BlobGone as error:
        raise Refusing(Refusal.BUSY, f"{place}: {error}; the next render makes them again") from error
    except Damaged as error:
        raise Refusing(Refusal.BUSY, damaged(place, error)) from error


def damaged(place: str, error: Damaged) -> str:
    """What people are told of a state that cannot be read."""
    return f"{place}: what was kept of it cannot be read ({error}); put it back, or move that folder away"


def reason(place: str, error: OSError) -> str:
    """Why nothing can be known."""
    return f"{place}: {_sentence(error)}"


def _kind(error: OSError) -> Refusal:
    if error.errno in _FULL:
        return Refusal.DENIED
    return Refusal.FORBIDDEN if error.errno in _FORBIDDEN else Refusal.BUSY


def _sentence(error: OSError) -> str:
    name = error.filename if isinstance(error.filename, str) else ""
    text = (error.strerror or str(error)).lower()
    if error.errno in _FULL:
        return "the disk is full" + (f" ({name})" if name else "")
    return f"{text} ({name})" if name else text

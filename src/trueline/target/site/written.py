"""What a write asks for, read: a file or a release, or the refusal that its body deserves."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from trueline.target.answer import Refusal
from trueline.target.protocol import Write
from trueline.target.site.body import MarkedFile, MarkedRelease, read_marked_file, read_marked_release
from trueline.target.site.refusal import Refusing


def written_file(write: Write) -> MarkedFile:
    """The file that is to be written.

    Raises:
        Refusing: the body is none, or no site can have it.
    """
    with _decoding():
        file = read_marked_file(write.body)
    why = file.fault or ("" if file.path == write.ref.name else f"it is {file.path!r}")
    if why:
        raise Refusing(Refusal.INVALID, why)
    return file


def written_release(write: Write) -> MarkedRelease:
    """The release that is to be made live.

    Raises:
        Refusing: the body is none, or no site can have it.
    """
    with _decoding():
        release = read_marked_release(write.body)
    if why := release.fault:
        raise Refusing(Refusal.INVALID, why)
    return release


@contextmanager
def _decoding() -> Iterator[None]:
    try:
        yield
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Refusing(Refusal.INVALID, str(error)) from error

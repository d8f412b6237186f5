"""What Git, the forge or this machine says of a push, as a platform's answer; by Git's own words, in the C locale."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from trueline.model.fault import Fault, Transient
from trueline.source.object_reader import ReaderFailed
from trueline.target.answer import Refusal
from trueline.target.site.branch.edit import InTheWay
from trueline.target.site.branch.tree import Malformed, shown
from trueline.target.site.platform import PlatformRefused

_WORDS_CHARS_MAX = 600
_NAMED_MAX = 5
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_CREDENTIAL = "TL0113"
_BY_CODE = {
    _CREDENTIAL: Refusal.FORBIDDEN,
    "TL0114": Refusal.FORBIDDEN,
    "TL0116": Refusal.FORBIDDEN,
    "TL0119": Refusal.DENIED,
    "TL0120": Refusal.DENIED,
}
_MOVED = re.compile(
    r"stale info|fetch first|non-fast-forward|cannot lock ref|failed to (update|lock)|incorrect old value"
    r"|reference already exists|already exists|needs force",
    re.IGNORECASE,
)
_REJECTED = re.compile(r"^!\t[^\t]*\t\[[^\]]*\] \((?P<why>.*)\)$|^!\t[^\t]*\t(?P<said>.*)$", re.MULTILINE)
_NO_ROOM = re.compile(r"no space left|quota|exceeds maximum allowed size", re.IGNORECASE)


@contextmanager
def refusing(place: str) -> Iterator[None]:
    """Every fault inside becomes a refusal with its reason.

    Raises:
        PlatformRefused: something was refused inside the block.
    """
    try:
        yield
    except Fault as fault:
        raise _of_fault(fault) from fault
    except ReaderFailed as error:
        raise PlatformRefused(Refusal.BUSY, f"{place}: the bare copy cannot be read: {error}") from error
    except Malformed as error:
        raise PlatformRefused(Refusal.DENIED, f"{place}: {error}") from error
    except OSError as error:
        raise PlatformRefused(_of_disk(error), f"{place}: {(error.strerror or str(error)).lower()}") from error


def of_push(place: str, answer: str, said: str) -> PlatformRefused | None:
    """Why a push was not taken, from its report and its words, without secrets; `None` where the report is mute."""
    found = _REJECTED.search(answer)
    if found is None:
        return None
    why = found["why"] or found["said"]
    if _MOVED.search(why):
        return PlatformRefused(Refusal.STALE, f"{place}: somebody else pushed to the branch meanwhile ({why})")
    words = _of_the_forge(said)
    if _NO_ROOM.search(f"{why} {words}"):
        return PlatformRefused(Refusal.DENIED, f"{place}: the server has no room for it ({why}){words}")
    return PlatformRefused(Refusal.DENIED, f"{place}: the server refuses the push ({why}){words}")


def moved(place: str) -> PlatformRefused:
    """The branch is not where the caller saw it."""
    return PlatformRefused(Refusal.STALE, f"{place}: somebody else pushed to the branch meanwhile")


def gone(place: str, path: str) -> PlatformRefused:
    """The bytes of a file are not kept here."""
    message = f"{place}: the bytes of {path} are not kept any more; the next render makes them again"
    return PlatformRefused(Refusal.BUSY, message)


def in_the_way(place: str, error: InTheWay) -> PlatformRefused:
    """Strangers stand where files of ours belong."""
    named = ", ".join(shown(path) for path in error.paths[:_NAMED_MAX])
    more = f" and {len(error.paths) - _NAMED_MAX} more" if len(error.paths) > _NAMED_MAX else ""
    what = f"{place}: on the branch stands {named}{more}, which is not ours"
    return PlatformRefused(Refusal.DENIED, f"{what}: move it away, or give the page another address")


def _of_the_forge(said: str) -> str:
    """What hooks wrote, on one line."""
    lines = (line.removeprefix("remote:").strip() for line in said.splitlines() if line.startswith("remote:"))
    text = " ".join(filter(None, lines))
    text = "".join(character if character.isprintable() else " " for character in text)[:_WORDS_CHARS_MAX]
    return f": {text}" if text else ""


def _of_fault(fault: Fault) -> PlatformRefused:
    first = fault.diagnostics[0]
    refusal = _BY_CODE.get(first.code, Refusal.BUSY if isinstance(fault, Transient) else Refusal.DENIED)
    message = f"{first.summary}: {first.detail}"
    if first.code == _CREDENTIAL:
        message += "; the credential has to be valid for this repository, and to write to it"
    return PlatformRefused(refusal, message)


def _of_disk(error: OSError) -> Refusal:
    if error.errno in _FULL:
        return Refusal.DENIED
    return Refusal.FORBIDDEN if error.errno in _FORBIDDEN else Refusal.BUSY

"""What a platform or the machine says no with, as what this target answers."""

from collections.abc import Iterator
from contextlib import contextmanager

from trueline.target.answer import Refusal, Refused
from trueline.target.site.platform import PlatformRefused


class Refusing(Exception):
    """The target says no: raised inside, an answer outside."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.answer = Refused(refusal=refusal, message=message)


@contextmanager
def refusing(place: str) -> Iterator[None]:
    """A platform's refusal, and a note that cannot be written, with the place's name.

    Raises:
        Refusing: something was refused inside the block.
    """
    try:
        yield
    except PlatformRefused as refused:
        raise Refusing(refused.refusal, f"{place}: {refused.message}") from refused
    except OSError as error:
        raise Refusing(Refusal.BUSY, f"the data directory: {(error.strerror or str(error)).lower()}") from error

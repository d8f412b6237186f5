"""What no stage meant to raise, told to people as what it is: a fault of Trueline itself, or a disk that is full."""

import traceback

from trueline.model.diagnostic import Diagnostic
from trueline.runtime.store import full_disk

_OURS = "trueline/"


def own_fault(application: str, error: BaseException) -> Diagnostic:
    """The diagnostic of an exception that no stage meant to raise: where it came from, without any value of a body."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if (full := full_disk(error)) is not None:
        return full.diagnostics[0]
    places = traceback.extract_tb(error.__traceback__)
    place = next((one for one in reversed(places) if _OURS in one.filename), places[-1] if places else None)
    where = f"{place.filename.rpartition(_OURS)[2]}:{place.lineno}" if place else "nowhere"
    return Diagnostic(
        code="TL0999",
        summary="a fault of Trueline itself",
        detail=f"{application}: {type(error).__name__} at {where}",
        remedy="report it with this line; other applications go on, and this one is tried again",
    )

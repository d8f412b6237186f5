"""A fault of Trueline itself, told to people as what it is."""

import traceback

from trueline.model.diagnostic import Diagnostic


def own_fault(application: str, error: BaseException) -> Diagnostic:
    """The diagnostic of an exception that no stage meant to raise: where it came from, without any value of a body."""
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{place[0].filename.rpartition('trueline/')[2]}:{place[0].lineno}" if place else "nowhere"
    return Diagnostic(
        code="TL0999",
        summary="a fault of Trueline itself",
        detail=f"{application}: {type(error).__name__} at {where}",
        remedy="report it with this line; other applications go on, and this one is tried again",
    )

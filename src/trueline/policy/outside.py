"""Links to other sites: what an answer means, and how long it holds. A warning, never a reason to publish nothing."""

from typing import Final

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin

FINE_S: Final = 7 * 86_400.0
BROKEN_S: Final = 86_400.0
PASSING_S: Final = 3_600.0
_ERROR: Final = 400
_SERVER_ERROR: Final = 500
_GUARDED: Final = frozenset({401, 402, 403, 405, 406, 407, 408, 425, 429, 451})
"""The address is there, and is not for whoever asks from a machine."""


class Heard(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an address answered: a status, or no answer (0) with the reason. `asked_s` is since the epoch."""

    asked_s: float
    status: int = 0
    reason: str = ""

    @property
    def fault(self) -> str:
        """What is wrong, in words; empty where nothing is.

        >>> Heard(0.0, 404).fault, Heard(0.0, 403).fault, Heard(0.0, 0, "no such host").fault
        ('it answers 404', '', 'no such host')
        """
        if not self.status:
            return self.reason or "no answer"
        return f"it answers {self.status}" if self.status >= _ERROR and self.status not in _GUARDED else ""

    def holds(self, now_s: float) -> bool:
        """Whether it need not be asked again yet; a clock that went back makes nothing hold for ever (INV-28)."""
        if not self.fault:
            lasts_s = FINE_S
        else:
            lasts_s = PASSING_S if not self.status or self.status >= _SERVER_ERROR else BROKEN_S
        return 0 <= now_s - self.asked_s < lasts_s


def warn_of(url: str, heard: Heard, origin: Origin) -> Diagnostic:
    """The warning, at the line of the link."""
    return Diagnostic(
        code="TL1542",
        summary="a link to another site leads nowhere",
        detail=f"{url}: {heard.fault}",
        remedy="correct or remove the link; it is asked again later, and stops nothing",
        origin=origin,
    )

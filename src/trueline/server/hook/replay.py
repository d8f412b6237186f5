"""What was heard before, in bounded memory: a delivery is taken once."""

from collections import OrderedDict
from typing import Final

from trueline.server.hook.refusal import repeated

REMEMBERED_MAX: Final = 4_096


class Replays:
    """The fingerprints of the last deliveries that were right. Nobody without a secret puts one in, or pushes one out.

    A start forgets them: then an old one causes a look, and Git says what it says.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, None] = OrderedDict()

    def take(self, fingerprint: str) -> None:
        """Take a delivery, once.

        Raises:
            Refusal: TL2004, it was taken before.
        """
        if fingerprint in self._known:
            raise repeated()
        self._known[fingerprint] = None
        if len(self._known) > REMEMBERED_MAX:
            self._known.popitem(last=False)

    def __len__(self) -> int:
        return len(self._known)

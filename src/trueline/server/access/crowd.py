"""How many dear questions are under way, of one person and in all: those that ask a target, actions among them.

Whoever asks more at once waits.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.server.access.refusal import Refusal

AT_ONCE_MAX: Final = 8
ALL_AT_ONCE_MAX: Final = 64
"""Half of what a listener answers at once: where a target is silent, everything else is still answered."""
RETRY_S: Final = 1
_TOO_MANY: Final = 429


class Crowd:
    """Questions under way, by who asks; INV-31: nobody takes a target, or this server, for themselves."""

    def __init__(self) -> None:
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def asking(self, who: str) -> Iterator[None]:
        """One more question of somebody's, while the block runs.

        Raises:
            Refusal: TL2217, they have too many under way, or all together have.
        """
        if self._under_way[who] >= AT_ONCE_MAX:
            raise _too_many(f"{AT_ONCE_MAX} that ask a target are under way for who asks")
        if self._under_way.total() >= ALL_AT_ONCE_MAX:
            raise _too_many(f"{ALL_AT_ONCE_MAX} that ask a target are under way")
        self._under_way[who] += 1
        try:
            yield
        finally:
            self._under_way[who] -= 1
            if not self._under_way[who]:
                del self._under_way[who]

    def __len__(self) -> int:
        return len(self._under_way)


def _too_many(detail: str) -> Refusal:
    told = Diagnostic(
        code="TL2217",
        summary="too many questions at once",
        detail=detail,
        remedy="ask again when one of them is answered",
    )
    return Refusal(_TOO_MANY, told, {"Retry-After": str(RETRY_S)})

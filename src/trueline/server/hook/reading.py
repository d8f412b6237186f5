"""Reading bodies: so many at once, of one address no more than half of them, each within a time."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from trueline.server.access.attempt import address_key
from trueline.server.hook.refusal import many, slow

READ_S_MAX: Final = 10.0
READ_AT_ONCE_MAX: Final = 16
"""So many bodies are held at once; the page does not wait for them."""
READ_OF_ONE_MAX: Final = READ_AT_ONCE_MAX // 2


class Reading:
    """The bodies that are under way on one listener."""

    def __init__(self, *, s_max: float = READ_S_MAX) -> None:
        self._s_max = s_max
        self._under_way: Counter[str] = Counter()

    async def whole(self, address: str, body: Callable[[], Awaitable[bytes]]) -> bytes:
        """A body, once it is whole.

        INV-30: neither one that never comes, nor many from one address, hold anybody else up.

        Raises:
            Refusal: TL2009, too many are under way; TL2007, it did not come in time.
        """
        key = address_key(address)
        if self._under_way[key] >= READ_OF_ONE_MAX or self._under_way.total() >= READ_AT_ONCE_MAX:
            raise many(1)
        self._under_way[key] += 1
        try:
            async with asyncio.timeout(self._s_max):
                return await body()
        except TimeoutError:
            raise slow(self._s_max) from None
        finally:
            self._under_way[key] -= 1
            self._under_way += Counter()  # who reads nothing any more is not remembered

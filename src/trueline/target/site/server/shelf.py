"""Bytes kept in memory by content and coding, within a bound; the longest unused go first. Each is made once."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from trueline.model.digest import Digest

SIZE_BYTES_MAX: Final = 32 << 20
_SHARE: Final = 4
Key: TypeAlias = tuple[Digest, str]


class Shelf:
    """What was read or compressed once."""

    def __init__(self, size_bytes_max: int = SIZE_BYTES_MAX) -> None:
        self._size_bytes_max = size_bytes_max
        self._size_bytes = 0
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._making: dict[Key, asyncio.Lock] = {}
        self.made = 0

    @property
    def size_bytes(self) -> int:
        """How much is kept."""
        return self._size_bytes

    def get(self, key: Key) -> bytes | None:
        """What is kept."""
        data = self._kept.get(key)
        if data is not None:
            self._kept.move_to_end(key)
        return data

    async def take(self, key: Key, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """What is kept, or is made now: by one, while the others who ask for it wait."""
        lock = self._making.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                if (data := self.get(key)) is None:
                    data = await make()
                    self.made += 1
                    self._keep(key, data)
                return data
        finally:
            if not lock.locked():
                self._making.pop(key, None)

    def _keep(self, key: Key, data: bytes) -> None:
        if len(data) > self._size_bytes_max // _SHARE:
            return
        self._kept[key] = data
        self._size_bytes += len(data)
        while self._size_bytes > self._size_bytes_max:
            _, oldest = self._kept.popitem(last=False)
            self._size_bytes -= len(oldest)

"""Many questions at a time, and how many bytes are on their way while they are asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

from trueline.runtime.task_group import each

T = TypeVar("T")
R = TypeVar("R")


async def gathered(items: Iterable[T], ask: Callable[[T], Awaitable[R]], most: int) -> dict[T, R]:
    """The answers, by item."""
    found: dict[T, R] = {}

    async def note(item: T) -> None:
        found[item] = await ask(item)

    await each(items, note, most)
    return found


class Budget:
    """So many bytes may be on their way at once; one who wants more than all waits until there are none."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._taken = 0
        self._less = asyncio.Condition()

    @asynccontextmanager
    async def take(self, size_bytes: int) -> AsyncIterator[None]:
        """A share of them, for as long as the block takes."""
        async with self._less:
            await self._less.wait_for(lambda: not self._taken or self._taken + size_bytes <= self._bytes_max)
            self._taken += size_bytes
        try:
            yield
        finally:
            self._taken -= size_bytes
            async with self._less:
                self._less.notify_all()

"""Many acts at a time, never more than so many; the first that fails ends the others and is what is raised."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from trueline.runtime.task_group import TaskGroup

T = TypeVar("T")
R = TypeVar("R")


async def each(items: Iterable[T], act: Callable[[T], Awaitable[object]], most: int) -> None:
    """Do it for every item."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await act(item)

    with _alone():
        async with TaskGroup() as group:
            for _ in range(most):
                group.create_task(work())


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


@contextmanager
def _alone() -> Iterator[None]:
    """One fault, not a group of one."""
    try:
        yield
    except BaseExceptionGroup as group:
        fault: BaseException = group
        while isinstance(fault, BaseExceptionGroup):
            fault = fault.exceptions[0]
        raise fault from None

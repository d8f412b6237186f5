"""Many acts at a time, never more than so many; the first that fails ends the others and is what is raised."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def each(items: Iterable[T], act: Callable[[T], Awaitable[object]], most: int) -> None:
    """Do it for every item."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await act(item)

    with _alone():
        async with asyncio.TaskGroup() as group:
            for _ in range(most):
                group.create_task(work())


async def gathered(items: Iterable[T], ask: Callable[[T], Awaitable[R]], most: int) -> dict[T, R]:
    """The answers, by item."""
    found: dict[T, R] = {}

    async def note(item: T) -> None:
        found[item] = await ask(item)

    await each(items, note, most)
    return found


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

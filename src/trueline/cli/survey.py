"""The same question about many applications, some at a time: each has an answer or a fault, in their order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from trueline.model.fault import Fault
from trueline.runtime.task_group import TaskGroup

AT_ONCE_MAX = 16

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[T]):
    """The answers of those that answered, and what kept the others from it."""

    answers: tuple[T, ...]
    faults: tuple[Fault, ...] = ()


async def survey(names: Sequence[str], ask: Callable[[str], Awaitable[T]]) -> Found[T]:
    """Ask about every name; a fault of one hides no answer of another."""
    bound = asyncio.Semaphore(AT_ONCE_MAX)

    async def one(name: str) -> T | Fault:
        async with bound:
            try:
                return await ask(name)
            except Fault as fault:
                return fault

    async with TaskGroup() as group:
        tasks = [group.create_task(one(name)) for name in names]
    results = [task.result() for task in tasks]
    return Found(
        answers=tuple(result for result in results if not isinstance(result, Fault)),
        faults=tuple(result for result in results if isinstance(result, Fault)),
    )

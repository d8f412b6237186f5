"""Tasks that begin and end together, without losing a cancellation.

Up to Python 3.12, `asyncio.TaskGroup` forgets that somebody cancelled the task that waits for it, where one of its own
tasks fails in the same moment: it raises what failed, and a loop that catches faults goes on for ever. And what it
cancels itself stays counted in `Task.cancelling()`. Both are mended in Python 3.13 (python/cpython#116720).
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self, TypeVar

__all__ = ["TaskGroup", "each", "fault_group"]

T = TypeVar("T")

if sys.version_info >= (3, 13):
    from asyncio import TaskGroup  # noqa: TID251 - the one place
else:

    class TaskGroup(asyncio.TaskGroup):  # noqa: TID251 - the one place
        """`asyncio.TaskGroup`, of which a cancellation from outside comes out as one, whatever fails meanwhile."""

        _parent_cancel_requested: bool

        async def __aenter__(self) -> Self:
            """Enter; what was asked of the task before is not this group's."""
            self._cancelling_before = _waiting().cancelling()
            await super().__aenter__()
            return self

        async def __aexit__(
            self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
        ) -> None:
            """Wait for all tasks.

            Raises:
                CancelledError: somebody else cancelled the task that waits; what failed beside it is its cause.
                BaseExceptionGroup: what failed.
            """
            is_counted = self._parent_cancel_requested  # then the base class takes it back
            try:
                await super().__aexit__(kind, error, traceback)
            except BaseExceptionGroup as failed:
                if self._parent_cancel_requested and not is_counted:
                    _waiting().uncancel()
                if _waiting().cancelling() > self._cancelling_before:
                    raise asyncio.CancelledError from failed
                raise


@asynccontextmanager
async def fault_group() -> AsyncIterator[TaskGroup]:
    """Tasks of which one failure is enough: it comes out alone, for whoever asked knows no tasks, only faults.

    Raises:
        CancelledError: as of a `TaskGroup`.
        Exception: the first that failed.
    """
    try:
        async with TaskGroup() as group:
            yield group
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def each(items: Iterable[T], act: Callable[[T], Awaitable[object]], most: int) -> None:
    """Act on every item, so many side by side; the first that fails ends the others and is what is raised."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await act(item)

    async with fault_group() as group:
        for _ in range(most):
            group.create_task(work())


def _waiting() -> asyncio.Task[object]:
    task = asyncio.current_task()
    assert task is not None
    return task

"""Tasks that begin and end together, without losing a cancellation.

Up to Python 3.12, `asyncio.TaskGroup` forgets that somebody cancelled the task that waits for it, where one of its own
tasks fails in the same moment: it raises what failed, and a loop that catches faults goes on for ever. And what it
cancels itself stays counted in `Task.cancelling()`. Both are mended in Python 3.13 (python/cpython#116720).
"""

import asyncio
import sys
from types import TracebackType
from typing import Self

__all__ = ["TaskGroup"]

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


def _waiting() -> asyncio.Task[object]:
    task = asyncio.current_task()
    assert task is not None
    return task

"""A group of tasks tells a cancellation from outside from what failed in it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from trueline.runtime.task_group import TaskGroup, each, fault_group


class _Broken(Exception):
    pass


async def _fail(after: int = 0) -> None:
    for _ in range(after):
        await asyncio.sleep(0)
    raise _Broken


async def _fail_late() -> None:
    """Fail, and take some turns of the loop to end where it is cancelled."""
    try:
        await asyncio.Event().wait()
    finally:
        for _ in range(5):
            await asyncio.sleep(0)


async def _begin(work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    async def begun() -> None:
        await work()

    task = asyncio.get_running_loop().create_task(begun())
    await asyncio.sleep(0)
    return task


@pytest.mark.parametrize("turns", range(12))
async def test_whoever_is_cancelled_while_a_task_fails_ends(turns: int) -> None:
    """A loop that catches whatever fails went on for ever, where its end came in the same moment."""
    is_over = False

    async def work() -> None:
        while not is_over:
            try:
                async with TaskGroup() as group:
                    group.create_task(_fail(after=3))
                    group.create_task(_fail_late())
            except Exception:  # noqa: S110 - as the engine's workers do
                pass

    task = await _begin(work)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task}, timeout=5.0)
    has_ended, is_over = task.cancelled(), True
    assert has_ended


async def test_what_failed_is_raised_and_leaves_no_cancellation_counted() -> None:
    task = asyncio.current_task()
    assert task is not None

    async def together(*, body_waits: bool) -> None:
        async with TaskGroup() as group:
            group.create_task(_fail())
            if body_waits:
                await asyncio.Event().wait()

    for body_waits in (False, True):
        with pytest.raises(ExceptionGroup) as failed:
            await together(body_waits=body_waits)
        assert failed.value.subgroup(_Broken) is not None
        assert task.cancelling() == 0


async def test_a_cancellation_says_what_failed_beside_it() -> None:
    failing, caught = asyncio.Event(), list[BaseException | None]()

    async def fail() -> None:
        failing.set()
        raise _Broken

    async def work() -> None:
        try:
            async with TaskGroup() as group:
                group.create_task(_fail_late())
                group.create_task(fail())
        except asyncio.CancelledError as cancelled:
            caught.append(cancelled.__cause__)
            raise

    task = await _begin(work)
    await failing.wait()
    task.cancel()
    await asyncio.wait({task})
    (cause,) = caught
    assert task.cancelled()
    assert isinstance(cause, ExceptionGroup)
    assert cause.subgroup(_Broken) is not None


async def test_a_time_limit_that_passes_while_a_task_fails_is_one() -> None:
    """Nothing of the cancellation stays for whoever waits next."""

    async def fail_at_the_end() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise _Broken

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), TaskGroup() as group:
            group.create_task(fail_at_the_end())
    await asyncio.sleep(0)


async def test_a_group_inside_a_group_ends_with_it() -> None:
    """python/cpython#116720: the inner one raised what failed in it, and its body went on beside an outer one's end."""
    went_on = False

    async def inner() -> None:
        nonlocal went_on
        try:
            async with TaskGroup() as group:
                group.create_task(_fail_late())
                group.create_task(_fail(after=1))
        except* _Broken:
            pass
        await asyncio.sleep(0)
        went_on = True

    async def outer() -> None:
        async with TaskGroup() as group:
            group.create_task(inner())
            group.create_task(_fail(after=3))

    with pytest.raises(ExceptionGroup):
        await outer()
    assert not went_on


async def test_one_failure_of_many_tasks_comes_out_alone_however_deep_they_stand() -> None:
    async def many() -> None:
        async with fault_group() as group:
            for _ in range(3):
                group.create_task(_fail(after=2))

    for ask in (many, lambda: each(range(5), lambda _: many(), 2)):
        with pytest.raises(_Broken):
            await ask()


async def test_no_more_are_acted_on_at_once_than_was_said_and_none_after_a_failure() -> None:
    begun, at_once, most = list[int](), 0, 0

    async def act(number: int) -> None:
        nonlocal at_once, most
        begun.append(number)
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        if number == 3:
            raise _Broken

    await each(range(3), act, 2)
    assert (begun, most) == ([0, 1, 2], 2)
    with pytest.raises(_Broken):
        await each(range(3, 100), act, 2)
    assert len(begun) < 10

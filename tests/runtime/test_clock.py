"""Waiting for an event or a time, whichever comes first, without a task."""

import asyncio

import pytest

from trueline.runtime.clock import SystemClock, wait_until
from trueline.runtime.task_group import TaskGroup
from trueline.testing.clock import StillClock


@pytest.mark.parametrize(("due_s", "passes_s", "sets"), [(5.0, 5.0, False), (5.0, 0.0, True), (None, 9.0, True)])
async def test_it_ends_at_the_event_or_when_it_is_due(*, due_s: float | None, passes_s: float, sets: bool) -> None:
    clock, event = StillClock(), asyncio.Event()
    async with TaskGroup() as group:
        waiting = group.create_task(wait_until(event, clock, due_s))
        await asyncio.sleep(0)
        clock.pass_s(passes_s)
        await asyncio.sleep(0)
        assert waiting.done() is not sets
        if sets:
            event.set()
    assert event.is_set()


async def test_what_is_due_already_is_not_waited_for() -> None:
    for clock in (StillClock(), SystemClock()):
        await wait_until(asyncio.Event(), clock, clock.monotonic_s() - 1.0)


async def test_whoever_stops_waiting_takes_the_time_back() -> None:
    clock, event = StillClock(), asyncio.Event()
    async with TaskGroup() as group:
        waiting = group.create_task(wait_until(event, clock, 5.0))
        await asyncio.sleep(0)
        waiting.cancel()
    clock.pass_s(9.0)
    assert not event.is_set()

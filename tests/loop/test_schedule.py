"""Whose turn it is: coalescing, focus, growing pauses."""

import asyncio

import pytest

from tests.loop.still_clock import CountingClock, StillClock
from trueline.loop.schedule import FOCUS_MAX, PAUSE_FIRST_S, PAUSE_MAX_S, Queue, Schedule, Turn
from trueline.model.ref import Ref
from trueline.runtime.task_group import TaskGroup


def ref(name: str) -> Ref:
    return Ref("ConfigMap", "shop", name)


async def turn(schedule: Schedule) -> Turn | None:
    """The next turn, if there is one now."""
    try:
        async with asyncio.timeout(0.01):
            return await schedule.next()
    except TimeoutError:
        return None


async def test_many_wakes_are_one_turn() -> None:
    """INV-32: a repeated event costs nothing."""
    schedule = Schedule(StillClock())
    for _ in range(5):
        schedule.wake("shop")
    assert await turn(schedule) == Turn(application="shop")
    assert await turn(schedule) is None


async def test_a_wake_during_a_pass_is_one_more_turn_after_it() -> None:
    schedule = Schedule(StillClock())
    schedule.wake("shop")
    first = await turn(schedule)
    assert first is not None
    schedule.wake("shop")
    schedule.wake("shop")
    assert await turn(schedule) is None
    assert not schedule.is_idle
    schedule.done(first)
    assert await turn(schedule) == Turn(application="shop")
    assert await turn(schedule) is None


async def test_one_in_a_pass_does_not_hold_up_the_others() -> None:
    schedule = Schedule(StillClock())
    schedule.wake("shop")
    schedule.wake("blog")
    assert await turn(schedule) == Turn(application="shop")
    assert await turn(schedule) == Turn(application="blog")


FOCUS = [
    ([["a"], ["b"]], {"a", "b"}),
    ([["a"], None], None),
    ([None, ["a"]], None),
    ([[f"c{n}" for n in range(FOCUS_MAX)]], {f"c{n}" for n in range(FOCUS_MAX)}),
    ([[f"c{n}" for n in range(FOCUS_MAX)], ["one more"]], None),
]


@pytest.mark.parametrize(("wakes", "wanted"), FOCUS)
async def test_a_focus_grows_until_all_is_asked_for(wakes: list[list[str] | None], wanted: set[str] | None) -> None:
    schedule = Schedule(StillClock())
    for names in wakes:
        schedule.wake("shop", None if names is None else [ref(name) for name in names])
    found = await turn(schedule)
    assert found is not None
    assert found.focus == (None if wanted is None else frozenset(map(ref, wanted)))


async def test_a_focus_is_not_kept_for_the_next_turn() -> None:
    schedule = Schedule(StillClock())
    schedule.wake("shop", [ref("a")])
    first = await turn(schedule)
    assert first is not None
    schedule.done(first)
    schedule.wake("shop", [ref("b")])
    assert await turn(schedule) == Turn(application="shop", focus=frozenset({ref("b")}))


async def test_pauses_grow_with_each_failure_and_end_with_a_success() -> None:
    """INV-33: up to a bound."""
    clock = StillClock()
    schedule = Schedule(clock)
    pauses = []
    for _ in range(15):
        pauses.append(schedule.retry("shop"))
        clock.pass_s(pauses[-1])
        found = await turn(schedule)
        assert found is not None
        schedule.done(found)
    assert pauses[:3] == [PAUSE_FIRST_S, PAUSE_FIRST_S * 2, PAUSE_FIRST_S * 4]
    assert pauses[-1] == PAUSE_MAX_S
    schedule.succeed("shop")
    assert schedule.retry("shop") == PAUSE_FIRST_S


async def test_passes_that_events_wake_while_a_retry_waits_count_no_failure() -> None:
    schedule = Schedule(StillClock())
    for _ in range(10):
        schedule.retry("shop")
    assert schedule.failures("shop") == 1


async def test_a_retry_comes_when_its_pause_is_over() -> None:
    clock = StillClock()
    schedule = Schedule(clock)
    pause_s = schedule.retry("shop")
    assert await turn(schedule) is None
    clock.pass_s(pause_s)
    assert await turn(schedule) == Turn(application="shop")


async def test_a_waiting_turn_is_woken_by_time() -> None:
    clock = StillClock()
    schedule = Schedule(clock)
    schedule.wake_after("shop", 5.0)
    async with TaskGroup() as group:
        waiting = group.create_task(schedule.next())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        clock.pass_s(5.0)
    assert waiting.result() == Turn(application="shop")


async def test_of_all_who_wait_one_looks_whenever_something_changes() -> None:
    clock = CountingClock()
    schedule = Schedule(clock)
    schedule.wake_after("late", 600.0)
    async with TaskGroup() as group:
        waiting = [group.create_task(schedule.next()) for _ in range(4)]
        for name in ("shop", "blog", "till"):
            await asyncio.sleep(0.001)
            schedule.wake(name)
        await asyncio.sleep(0.001)
        clock.pass_s(600.0)
    assert [task.result().application for task in waiting] == ["shop", "blog", "till", "late"]
    assert clock.timers == len(waiting)


async def test_who_stops_waiting_is_in_nobodys_way() -> None:
    schedule = Schedule(StillClock())
    async with TaskGroup() as group:
        first, second, third = [group.create_task(schedule.next()) for _ in range(3)]
        await asyncio.sleep(0)
        first.cancel()
        second.cancel()
        schedule.wake("shop")
    assert third.result() == Turn(application="shop")


async def test_events_during_a_failure_add_no_retries() -> None:
    clock = StillClock()
    schedule = Schedule(clock)
    for _ in range(10):
        schedule.retry("shop")
    clock.pass_s(PAUSE_FIRST_S)
    found = await turn(schedule)
    assert found is not None
    schedule.done(found)
    clock.pass_s(PAUSE_MAX_S * 20)
    assert await turn(schedule) is None


async def test_what_is_forgotten_has_no_turn() -> None:
    clock = StillClock()
    schedule = Schedule(clock)
    schedule.wake("shop")
    schedule.wake_after("shop", 1.0)
    schedule.forget("shop")
    clock.pass_s(2.0)
    assert await turn(schedule) is None
    assert schedule.is_idle


async def test_the_queue_says_how_much_there_is_to_do() -> None:
    clock = StillClock()
    schedule = Schedule(clock)
    assert schedule.queue == Queue()
    schedule.wake("shop")
    clock.pass_s(2.0)
    schedule.wake("shop")
    schedule.wake("blog")
    schedule.wake_after("till", 10.0)
    clock.pass_s(1.0)
    assert schedule.queue == Queue(waiting=2, oldest_s=3.0, paused=1)
    first = await turn(schedule)
    assert schedule.queue == Queue(waiting=1, oldest_s=1.0, paused=1)
    schedule.wake("shop")
    assert schedule.queue.waiting == 1, "it is in a pass, and waits for nobody else"
    clock.pass_s(1.0)
    assert first is not None
    schedule.done(first)
    assert schedule.queue == Queue(waiting=2, oldest_s=2.0, paused=1)

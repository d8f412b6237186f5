"""Virtual time passes only where nobody can go on, and nothing real is waited for."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator

import pytest

from trueline.runtime.task_group import TaskGroup
from trueline.testing.simulation.clock import MachineClock
from trueline.testing.simulation.loop import SimulationError, VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.close()


def test_hours_pass_at_once_and_in_order(loop: VirtualLoop) -> None:
    woken: list[tuple[float, str]] = []

    async def wait(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append((loop.time(), name))

    async def all_of_them() -> None:
        async with TaskGroup() as group:
            for name, seconds in (("late", 7200.0), ("soon", 0.1), ("same", 0.1)):
                group.create_task(wait(name, seconds))

    loop.run_until_complete(all_of_them())
    assert woken == [(0.1, "soon"), (0.1, "same"), (7200.0, "late")]


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def _in_place() -> None:
    while True:
        await asyncio.sleep(0)


async def _in_a_thread() -> None:
    await asyncio.to_thread(len, "")


async def _by_a_child() -> None:
    await asyncio.create_subprocess_exec("true")


async def _by_a_socket() -> None:
    await asyncio.open_connection("127.0.0.1", 1)


@pytest.mark.parametrize("act", [_for_ever, _in_place, _in_a_thread], ids=lambda act: act.__name__)
def test_a_simulation_that_cannot_go_on_says_so(loop: VirtualLoop, act: Callable[[], Awaitable[None]]) -> None:
    with pytest.raises(SimulationError):
        loop.run_until_complete(act())


@pytest.mark.parametrize("act", [_by_a_child, _by_a_socket], ids=lambda act: act.__name__)
def test_there_is_no_real_input_or_output(loop: VirtualLoop, act: Callable[[], Awaitable[None]]) -> None:
    with pytest.raises((SimulationError, NotImplementedError)):
        loop.run_until_complete(act())


def test_who_sleeps_wakes_no_sooner_than_the_clock_says(loop: VirtualLoop) -> None:
    """However short: a schedule that sees its time not reached yet would sleep again, at the same time, for ever."""
    clock = MachineClock(loop)

    async def sleeps() -> float:
        await clock.sleep(533.435)
        due_s = math.nextafter(clock.monotonic_s(), math.inf)
        async with TaskGroup() as group:
            timer = group.create_task(clock.sleep(due_s - clock.monotonic_s()))
            while not timer.done():
                await asyncio.sleep(0)  # somebody can always go on, so the loop jumps over no pause
            return clock.monotonic_s() - due_s

    assert loop.run_until_complete(sleeps()) >= 0

"""A flood costs a bounded number of looks, and the last push of it is never forgotten."""

import asyncio

import pytest

from trueline.runtime.task_group import TaskGroup
from trueline.server.access.refusal import Refusal
from trueline.server.hook.aim import Aim
from trueline.server.hook.pace import ADDRESSES_MAX, LISTENED_AT_ONCE, LOOKS_AT_ONCE, Listening, Looks
from trueline.server.hook.reading import READ_AT_ONCE_MAX, READ_OF_ONE_MAX, Reading
from trueline.server.hook.replay import REMEMBERED_MAX, Replays
from trueline.testing.clock import StillClock


async def _settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_of_a_flood_a_look_a_second_is_made_and_the_last_one_too() -> None:
    """INV-30 Ten thousand deliveries cause as many looks as there are seconds."""
    clock, made = StillClock(), list[Aim]()
    looks = Looks(made.append, clock)
    async with TaskGroup() as group:
        running = group.create_task(looks.run())
        for number in range(10_000):
            looks.ask(frozenset({f"a{number % 3}"}))
        await _settle()
        assert len(made) == LOOKS_AT_ONCE
        clock.pass_s(1.0)
        await _settle()
        assert made[LOOKS_AT_ONCE:] == [frozenset({"a0", "a1", "a2"})]
        clock.pass_s(100.0)
        await _settle()
        assert len(made) == LOOKS_AT_ONCE + 1, "nothing waits any more"
        looks.ask(None)
        assert made[-1] is None
        running.cancel()


async def test_one_that_is_about_everything_is_about_everything() -> None:
    clock, made = StillClock(), list[Aim]()
    looks = Looks(made.append, clock)
    for _ in range(LOOKS_AT_ONCE):
        looks.ask(frozenset({"shop"}))
    looks.ask(frozenset({"shop"}))
    looks.ask(None)
    looks.ask(frozenset({"till"}))
    looks.ask(frozenset())
    async with TaskGroup() as group:
        running = group.create_task(looks.run())
        await _settle()
        clock.pass_s(1.0)
        await _settle()
        running.cancel()
    assert made[LOOKS_AT_ONCE:] == [None]


def test_what_is_about_nothing_causes_no_look() -> None:
    made = list[Aim]()
    Looks(made.append, StillClock()).ask(frozenset())
    assert made == []


def test_who_sends_too_much_is_not_listened_to_for_a_while_and_others_are() -> None:
    clock = StillClock()
    listening = Listening(clock)
    for _ in range(LISTENED_AT_ONCE):
        listening.admit("192.0.2.1")
    with pytest.raises(Refusal) as caught:
        listening.admit("192.0.2.1")
    assert (caught.value.status, caught.value.headers["Retry-After"]) == (429, "1")
    listening.admit("192.0.2.2")
    clock.pass_s(1.0)
    listening.admit("192.0.2.1")


def test_the_addresses_that_are_remembered_are_bounded() -> None:
    listening = Listening(StillClock())
    for number in range(ADDRESSES_MAX * 2):
        listening.admit(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(listening) == ADDRESSES_MAX


def test_a_delivery_is_taken_once_and_what_is_remembered_is_bounded() -> None:
    """INV-11 A replay is refused."""
    replays = Replays()
    for number in range(REMEMBERED_MAX + 10):
        replays.take(str(number))
    assert len(replays) == REMEMBERED_MAX
    replays.take("0")
    with pytest.raises(Refusal) as caught:
        replays.take(str(REMEMBERED_MAX))
    assert caught.value.status == 409


async def test_so_many_bodies_are_under_way_and_half_of_them_of_one_address() -> None:
    """INV-30 Nobody fills all places, and a place that is free again is free for anybody."""
    reading, comes = Reading(), asyncio.Event()

    async def body() -> bytes:
        await comes.wait()
        return b"it"

    async def read(address: str) -> int:
        try:
            return len(await reading.whole(address, body))
        except Refusal as refused:
            return refused.status

    one, two = ["192.0.2.1"] * (READ_OF_ONE_MAX + 1), ["192.0.2.2"] * (READ_AT_ONCE_MAX - READ_OF_ONE_MAX)
    async with TaskGroup() as group:
        tasks = [group.create_task(read(address)) for address in (*one, *two, "192.0.2.3")]
        await _settle()
        comes.set()
    assert [task.result() for task in tasks] == [2] * READ_OF_ONE_MAX + [429] + [2] * len(two) + [429]
    assert await read("192.0.2.3") == 2


async def test_a_body_that_does_not_come_in_time_is_given_up() -> None:
    """INV-30."""
    with pytest.raises(Refusal) as caught:
        await Reading(s_max=0.01).whole("192.0.2.1", asyncio.Event().wait)  # type: ignore[arg-type]
    assert caught.value.status == 408

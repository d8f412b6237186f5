"""The limit follows the server: up while it keeps pace, down when it does not, and never out of its bounds."""

import asyncio

from tests.target.kubernetes.fake import FakeClock
from trueline.runtime.task_group import TaskGroup
from trueline.target.kubernetes.limit import LIMIT_FIRST, LIMIT_MAX, Feedback, Limiter


async def burst(limiter: Limiter, clock: FakeClock, count: int, latency_s: float, feedback: Feedback) -> int:
    """Send `count` requests at once; gives the most that were in flight together."""
    most = 0

    async def one() -> None:
        nonlocal most
        async with limiter.permit() as permit:
            most = max(most, limiter.in_flight)
            await asyncio.sleep(0)
            clock.now_s += latency_s / max(1, limiter.in_flight)
            permit.feedback = feedback

    async with TaskGroup() as group:
        for _ in range(count):
            group.create_task(one())
    assert limiter.in_flight == 0
    return most


async def test_it_grows_to_what_the_server_bears_and_never_beyond() -> None:
    clock = FakeClock()
    limiter = Limiter(clock)
    assert await burst(limiter, clock, 1000, 0.01, Feedback.ANSWERED) >= 32
    assert limiter.limit <= LIMIT_MAX


async def test_a_server_that_slows_down_gets_less() -> None:
    clock = FakeClock()
    limiter = Limiter(clock)
    await burst(limiter, clock, 500, 0.01, Feedback.ANSWERED)
    before = limiter.limit
    await burst(limiter, clock, before * 2, 1.0, Feedback.ANSWERED)
    assert limiter.limit < before


async def test_one_burst_of_429_is_one_sign_and_the_floor_is_one() -> None:
    """INV-33: it never stops for good."""
    clock = FakeClock()
    limiter = Limiter(clock)
    await burst(limiter, clock, LIMIT_FIRST, 0.01, Feedback.OVERLOADED)
    assert limiter.limit == LIMIT_FIRST // 2
    await burst(limiter, clock, 500, 0.01, Feedback.OVERLOADED)
    assert limiter.limit == 1
    await burst(limiter, clock, 500, 0.01, Feedback.ANSWERED)
    assert limiter.limit > 8


async def test_retry_after_holds_everybody() -> None:
    clock = FakeClock()
    limiter = Limiter(clock)
    async with limiter.permit() as permit:
        permit.feedback = Feedback.OVERLOADED
        permit.retry_after_s = 5.0
    async with limiter.permit():
        assert clock.now_s == 5.0


async def test_a_cancelled_waiter_leaves_no_gap() -> None:
    limiter = Limiter(FakeClock(), first=1)

    async def wait() -> None:
        async with limiter.permit():
            await asyncio.sleep(0)

    async with TaskGroup() as group:
        async with limiter.permit():
            waiters = [group.create_task(wait()) for _ in range(3)]
            await asyncio.sleep(0)
            waiters[0].cancel()
        waiters[1].cancel()  # its place was given at this moment
    assert limiter.in_flight == 0
    async with limiter.permit():
        assert limiter.in_flight == 1


async def test_requests_one_by_one_leave_the_limit_alone() -> None:
    clock = FakeClock()
    limiter = Limiter(clock)
    for _ in range(200):
        await burst(limiter, clock, 1, 0.001, Feedback.ANSWERED)
    assert limiter.limit == LIMIT_FIRST

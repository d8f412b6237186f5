"""The engine under a wall clock that jumps: nothing is done for it, and what was agreed on holds as it was said."""

from collections.abc import Callable
from datetime import datetime, timedelta

from trueline.loop.status import Sync
from trueline.runtime.clock import Clock, Timer
from trueline.testing.conformance.case import expect, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World

YEARS = timedelta(days=3653)
HOUR = timedelta(hours=1)


class JumpingClock:
    """Another clock's time; its wall clock is off by `off`. What is measured between two moments is not touched."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.off = timedelta()

    def now(self) -> datetime:
        """The wall clock, as wrong as it is."""
        return self._clock.now() + self.off

    def monotonic_s(self) -> float:
        """Seconds since the start; they only grow."""
        return self._clock.monotonic_s()

    async def sleep(self, seconds: float) -> None:
        """Sleep as long as it is said."""
        await self._clock.sleep(seconds)

    def call_later(self, seconds: float, act: Callable[[], object]) -> Timer:
        """As much later as it is said."""
        return self._clock.call_later(seconds, act)


@engine_case
async def clock_that_jumps_causes_no_act(world: World) -> None:
    """INV-28: ten years on, ten years back, an hour for summer: no write, the same state, and a commit is followed."""
    clock = JumpingClock(world.clock)
    world.clock = clock
    body = config_map("settings")
    world.declare("shop", body, config_map("leaves"))
    async with world.synced():
        await world.quiet()
        for off in (YEARS, -YEARS, HOUR, -HOUR, timedelta()):
            clock.off, world.weather.seen = off, []
            world.now.engine.wake("shop")
            await world.follow()
            await world.quiet()
            expect([request.path for request in world.weather.seen if is_write(request)], [])
            world.expect_sync(Sync.SYNCED)
        clock.off = -YEARS
        world.declare("shop", body)
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect(await world.live(config_map("leaves")), {})
    clock.off = YEARS
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        expect_that(await world.live(body))
        expect(world.journal.verify(), ())


@engine_case
async def clock_that_jumps_ends_no_hold_before_its_time(world: World) -> None:
    """INV-28: a hold without an end outlives every jump, and what Git says meanwhile waits."""
    clock = JumpingClock(world.clock)
    world.clock = clock
    world.declare("shop", config_map("settings", {"a": "1"}))
    async with world.synced():
        world.control.hold("shop", who="ada", why="frozen")
        await world.until_sync(Sync.HELD)
        world.declare("shop", config_map("settings", {"a": "2"}))
        for off in (YEARS, -YEARS):
            clock.off = off
            await world.push()
            await world.quiet()
            world.expect_sync(Sync.HELD)
            expect((await world.live(config_map("settings")))["data"], {"a": "1"})
        clock.off = timedelta()
        world.control.resume("shop", who="ada")
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(config_map("settings")))["data"], {"a": "2"})

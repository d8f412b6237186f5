"""The n-th effect fails, or the process ends there: what is served is right at once, and the next pass converges."""

from collections.abc import Iterator

from trueline.loop.status import Sync
from trueline.target.site.platform import Order
from trueline.testing.conformance.case import expect, expect_that
from trueline.testing.conformance.site.case import site_case
from trueline.testing.conformance.site.ground import Feature
from trueline.testing.conformance.site.sample import FIRST, SECOND, Site, as_bytes, is_immutable
from trueline.testing.conformance.site.world import World

EFFECTS_MAX = 400


@site_case(Feature.FAIL)
async def a_publish_that_is_refused_at_any_effect_converges(world: World) -> None:
    """The release before stays, whole where the platform is atomic; the same pass again publishes."""
    await _each_failure(world, SECOND, crash=False)


@site_case(Feature.FAIL)
async def a_crash_at_any_effect_of_a_publish_converges(world: World) -> None:
    """A new process finds no drift and goes on from what is there."""
    await _each_failure(world, SECOND, crash=True)


@site_case(Feature.FAIL)
async def a_crash_at_any_effect_of_the_first_publication_converges(world: World) -> None:
    """What it left behind is known to be ours, also by a release with other bytes."""
    for at in _points(world, await _effects(world, None, FIRST)):
        await world.remove()
        await world.restart()
        world.ground.fail(at, crash=True)
        await _go_down(world, FIRST)
        world.ground.fail(0, crash=False)
        await world.restart()
        other = {path: f"{text} other" for path, text in FIRST.items()}
        made = await world.go(other)
        expect((made.sync, made.drifts), (Sync.SYNCED, ()), (at, made.message))
        _expect_whole(dict(await world.ground.served()), other)


@site_case(Feature.FAIL)
async def a_first_publication_that_broke_off_is_removed_whole(world: World) -> None:
    """The application leaves Git before its site was ever live: nothing of it stays."""
    for at in _points(world, await _effects(world, None, FIRST)):
        await world.remove()
        await world.restart()
        world.ground.fail(at, crash=True)
        await _go_down(world, FIRST)
        world.ground.fail(0, crash=False)
        await world.restart()
        made = await world.remove()
        expect(made.sync, Sync.SYNCED, (at, made.message))
        expect(dict(await world.ground.served()), {}, at)
        made = await world.go(FIRST, "other")
        expect(made.sync, Sync.SYNCED, (at, made.message))
        await world.go(None, "other")


@site_case(Feature.FAIL)
async def a_crash_at_any_effect_of_a_removal_converges(world: World) -> None:
    """The same removal again leaves nothing of ours."""
    for at in _points(world, await _effects(world, SECOND, None)):
        await world.go(FIRST)
        await world.go(SECOND)
        await world.restart()
        world.ground.fail(at, crash=True)
        await _go_down(world, None)
        world.ground.fail(0, crash=False)
        await world.restart()
        made = await world.remove()
        expect(made.sync, Sync.SYNCED, (at, made.message))
        expect(dict(await world.ground.served()), {}, at)
        expect(world.parts.ledger.count("site", world.target.name), 0, at)


async def _each_failure(world: World, site: Site, *, crash: bool) -> None:
    for at in _points(world, await _effects(world, FIRST, site)):
        await world.go(FIRST)
        before = dict(await world.ground.served())
        world.ground.fail(at, crash=crash)
        await _go_down(world, site)
        expect_that(world.ground.has_failed())
        world.ground.fail(0, crash=False)
        served = dict(await world.ground.served())
        if world.ground.order is Order.ATOMIC and served != before:
            _expect_whole(served, site)
        if crash:
            await world.restart()
        made = await world.go(site)
        expect((made.sync, made.drifts), (Sync.SYNCED, ()), (at, made.message))
        _expect_whole(dict(await world.ground.served()), site)
        expect_that((await world.go(site)).review.plan.is_empty)


async def _effects(world: World, first: Site | None, site: Site | None) -> int:
    """How many there are from one to the other, when it was done before: what is kept makes the later ones alike."""
    for one in (first, site, first):
        await world.go(one)
    before = world.ground.counts()
    await world.go(site)
    return min(world.ground.counts().since(before).writes, EFFECTS_MAX)


def _points(world: World, effects: int) -> Iterator[int]:
    """Every effect, or so many of them, spread over all."""
    expect_that(effects > 0)
    count = min(effects, world.ground.failures_max or effects)
    yield from sorted({1 + at * (effects - 1) // max(1, count - 1) for at in range(count)})


async def _go_down(world: World, site: Site | None) -> None:
    """A pass that ends where the ground says; what a crash raises is the ground's own."""
    try:
        await world.go(site)
    except Exception as error:
        expect_that(world.ground.has_failed())
        if isinstance(error, AssertionError):
            raise


def _expect_whole(served: dict[str, bytes], site: Site) -> None:
    kept = {path for path in served if is_immutable(path) and path not in site}
    expect({path: data for path, data in served.items() if path not in kept}, as_bytes(site))

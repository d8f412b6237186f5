"""Going back: an older release is served again with its own bytes, whatever happened to what is kept of it."""

from trueline.testing.conformance.case import expect, expect_that
from trueline.testing.conformance.site.case import site_case
from trueline.testing.conformance.site.ground import Feature
from trueline.testing.conformance.site.sample import FIRST, SECOND
from trueline.testing.conformance.site.world import World


@site_case()
async def an_older_release_is_served_again(world: World) -> None:
    """Every byte of it, and the next pass finds nothing to do."""
    await world.publish(FIRST)
    await world.publish(SECOND)
    made = await world.publish(FIRST)
    expect(made.drifts, ())
    expect_that((await world.go(FIRST)).review.plan.is_empty)


@site_case()
async def what_was_tampered_with_does_not_come_back(world: World) -> None:
    """Neither bytes of the first release, written before the second, nor those of the second."""
    await world.publish(FIRST)
    await world.ground.tamper("assets/data.1.js", b"tampered once")
    await world.publish(SECOND)
    await world.ground.tamper("assets/data.1.js", b"tampered twice")
    await world.publish(FIRST)
    await world.publish(SECOND)


@site_case(Feature.PAST)
async def a_kept_release_is_not_trusted_unread(world: World) -> None:
    """Somebody wrote into what is kept of the first release: it is made right before anybody sees it."""
    await world.publish(FIRST)
    await world.publish(SECOND)
    await world.ground.spoil_past()
    await world.expect_served(SECOND)
    await world.publish(FIRST)
    expect_that((await world.go(FIRST)).review.plan.is_empty)


@site_case()
async def many_releases_end_where_the_last_one_says(world: World) -> None:
    """Nothing of those between stays but immutable files."""
    for count in range(7):
        await world.publish({**FIRST, "docs/b.html": f"b {count}", f"docs/only.{count}.html": "once"})
    await world.restart()
    await world.publish(FIRST)
    expect_that((await world.go(FIRST)).review.plan.is_empty)

"""Others' files: untouched through publish, heal, going back and removal, and never written over."""

from trueline.loop.status import Sync
from trueline.testing.conformance.case import expect, expect_in, expect_that
from trueline.testing.conformance.site.case import site_case
from trueline.testing.conformance.site.ground import Feature
from trueline.testing.conformance.site.sample import FIRST, SECOND
from trueline.testing.conformance.site.world import World

THEIRS = b"precious"


@site_case()
async def others_files_outlive_everything(world: World) -> None:
    """Also with a name that looks like one of ours."""
    names = ("theirs.txt", "docs-of-others/index.html", "assets-x.css")
    for name in names:
        await world.ground.put_foreign(name, THEIRS)
    await world.publish(FIRST)
    await world.publish(SECOND)
    await world.ground.tamper("docs/c.html", b"tampered")
    await world.publish(SECOND)
    await world.publish(FIRST)
    for name in names:
        expect(await world.ground.foreign(name), THEIRS, name)
    await world.remove()
    for name in names:
        expect(await world.ground.foreign(name), THEIRS, name)


@site_case(Feature.ADDED)
async def what_others_put_among_ours_outlives_a_heal(world: World) -> None:
    """A file in a folder of ours stays while its neighbour is put back."""
    await world.publish(FIRST)
    await world.ground.tamper("docs/theirs.txt", THEIRS)
    await world.ground.tamper("docs/a.html", b"tampered")
    made = await world.go(FIRST)
    expect(made.sync, Sync.SYNCED, made.message)
    await world.expect_served(FIRST, also={"docs/theirs.txt": THEIRS})


@site_case(Feature.OBSTACLE)
async def a_file_in_our_way_is_named_and_left(world: World) -> None:
    """The whole release is refused before anything of it is written, in the dry run."""
    await world.publish(FIRST)
    await world.ground.put_foreign("docs/c.html", THEIRS)
    before = world.ground.counts()
    made = await world.go(SECOND)
    expect(made.sync, Sync.BLOCKED, made.message)
    expect_in("docs/c.html", " ".join(problem.detail for problem in made.review.plan.problems))
    expect(world.ground.counts().since(before).writes, 0)
    expect(await world.ground.foreign("docs/c.html"), THEIRS)
    await world.expect_served(FIRST)


@site_case(Feature.OBSTACLE)
async def a_file_in_the_way_of_the_first_release_is_left(world: World) -> None:
    """Before anything of ours was there."""
    await world.ground.put_foreign("index.html", THEIRS)
    made = await world.go(FIRST)
    expect_that(made.sync is not Sync.SYNCED)
    expect(await world.ground.foreign("index.html"), THEIRS)
    await world.expect_served({})


@site_case(Feature.OBSTACLE)
async def a_file_in_our_way_with_our_bytes_is_taken(world: World) -> None:
    """There is nothing to lose."""
    await world.publish(FIRST)
    await world.ground.put_foreign("docs/c.html", SECOND["docs/c.html"].encode())
    made = await world.go(SECOND)
    expect(made.sync, Sync.SYNCED, made.message)
    expect_that((await world.go(SECOND)).review.plan.is_empty)

"""Removal: what is ours goes, and nothing else."""

from trueline.loop.status import Sync
from trueline.render.site.file import RELEASE_REF
from trueline.target.answer import Accepted, Refusal, Refused
from trueline.testing.conformance.case import expect, expect_that
from trueline.testing.conformance.site.case import site_case
from trueline.testing.conformance.site.ground import Feature
from trueline.testing.conformance.site.sample import FIRST, SECOND
from trueline.testing.conformance.site.world import World, file_ref


@site_case()
async def an_application_takes_its_site_with_it(world: World) -> None:
    """With the immutable files of earlier releases; then another application may have the place."""
    await world.publish(FIRST)
    await world.publish(SECOND)
    made = await world.remove()
    expect((made.sync, dict(await world.ground.served())), (Sync.SYNCED, {}))
    expect(world.parts.ledger.count("site", world.target.name), 0)
    made = await world.go(FIRST, "other")
    expect(made.sync, Sync.SYNCED, made.message)
    await world.expect_served(FIRST)


@site_case()
async def to_try_a_removal_removes_nothing(world: World) -> None:
    """A dry run of each delete is accepted and leaves no trace."""
    await world.publish(FIRST)
    entries = world.parts.ledger.inventory("site", world.target.name).entries
    before = world.ground.counts()
    for ref, entry in entries.items():
        answer = await world.target.delete(ref, uid=entry.uid, mark=world.target.mark("site"), version="", dry=True)
        expect_that(isinstance(answer, Accepted) and not answer.wrote)
    expect(world.ground.counts().since(before).writes, 0)
    await world.expect_served(FIRST)


@site_case()
async def a_file_of_the_live_release_is_not_deleted_alone(world: World) -> None:
    """It goes with the next release, and by no other way."""
    await world.publish(FIRST)
    entry = world.parts.ledger.inventory("site", world.target.name).entries[file_ref("docs/a.html")]
    answer = await world.target.delete(entry.ref, uid=entry.uid, mark=world.target.mark("site"), version="", dry=False)
    expect_that(isinstance(answer, Refused) and answer.refusal is Refusal.STALE)
    await world.expect_served(FIRST)


@site_case()
async def what_is_gone_is_gone(world: World) -> None:
    """A delete where nothing is says so."""
    answer = await world.target.delete(RELEASE_REF, uid="", mark=world.target.mark("site"), version="", dry=False)
    expect_that(isinstance(answer, Refused) and answer.refusal is Refusal.GONE)


@site_case(Feature.ADDED)
async def what_others_put_among_ours_is_not_deleted(world: World) -> None:
    """A removal leaves their file, wherever it then is: `foreign` finds it."""
    await world.publish(FIRST)
    await world.ground.tamper("docs/theirs.txt", b"precious")
    made = await world.remove()
    expect(made.sync, Sync.SYNCED, made.message)
    expect(await world.ground.foreign("docs/theirs.txt"), b"precious")

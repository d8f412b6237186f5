"""Whose place it is: another application, another installation, and a place that forgot."""

from trueline.loop.status import Sync
from trueline.model.known import Known
from trueline.render.site.file import RELEASE_REF
from trueline.target.answer import Refusal, Refused
from trueline.target.protocol import Write, WriteMode
from trueline.testing.conformance.case import expect, expect_that
from trueline.testing.conformance.site.case import site_case
from trueline.testing.conformance.site.ground import Feature
from trueline.testing.conformance.site.sample import FIRST, SECOND, as_bytes
from trueline.testing.conformance.site.world import World


@site_case()
async def another_applications_place_is_refused(world: World) -> None:
    """Its owner is named; nothing is written, and to remove the other one deletes nothing."""
    await world.publish(FIRST)
    before = world.ground.counts()
    made = await world.go(SECOND, "other")
    expect_that(made.sync is not Sync.SYNCED)
    await world.go(None, "other")
    expect(world.ground.counts().since(before).writes, 0)
    await world.expect_served(FIRST)


@site_case()
async def a_place_moves_to_another_application(world: World) -> None:
    """One commit takes it from one and gives it to the other: one release, and nothing is deleted in between."""
    await world.publish(FIRST)
    world.claims.declare("site", world.target.name, ())
    made = await world.go(FIRST, "other")
    expect(made.sync, Sync.SYNCED, made.message)
    await world.expect_served(FIRST)
    await world.go(None)
    await world.expect_served(FIRST)
    expect(world.parts.ledger.count("site", world.target.name), 0)


@site_case()
async def a_write_to_anothers_place_is_denied(world: World) -> None:
    """Whoever does not ask first is told the same: the release of another application, tried and applied."""
    await world.publish(FIRST)
    normalised = await world.normalise(SECOND, "other")
    for resource in normalised.rendered.resources:
        for mode in (WriteMode.TRY, WriteMode.APPLY):
            body = normalised.rendered.body(resource)
            answer = await world.target.write(Write(ref=resource.ref, body=body, mode=mode))
            expect_that(isinstance(answer, Refused) and answer.refusal is Refusal.DENIED and "site" in answer.message)
    await world.expect_served(FIRST)


@site_case()
async def another_installations_place_is_refused(world: World) -> None:
    """The same application of an installation with another id, and an empty inventory."""
    await world.publish(FIRST)
    stranger = await World.on(world.ground)
    await stranger.restart("there")
    before = world.ground.counts()
    made = await stranger.go(SECOND)
    expect_that(made.sync is not Sync.SYNCED)
    await stranger.go(None)
    expect(world.ground.counts().since(before).writes, 0)
    await world.restart()
    await world.expect_served(FIRST)
    expect_that((await world.go(FIRST)).review.plan.is_empty)


@site_case()
async def a_lost_data_directory_loses_nothing(world: World) -> None:
    """The same installation with an empty inventory goes on, and what Git dropped meanwhile goes."""
    await world.publish(FIRST)
    again = await World.on(world.ground)
    await again.publish(SECOND)
    expect_that((await again.go(SECOND)).review.plan.is_empty)


@site_case()
async def an_uid_that_was_made_again_is_stale(world: World) -> None:
    """Removed and published again: what was planned before is refused."""
    await world.publish(FIRST)
    old = world.parts.ledger.inventory("site", world.target.name).entries[RELEASE_REF].uid
    await world.remove()
    world.ground.clock.pass_s(10)
    await world.publish(FIRST)
    answer = await world.target.delete(RELEASE_REF, uid=old, mark=world.target.mark("site"), version="", dry=False)
    expect_that(isinstance(answer, Refused) and answer.refusal is Refusal.STALE)
    await world.expect_served(FIRST)


@site_case(Feature.STATE)
async def a_place_that_forgot_whose_it_is_loses_nothing(world: World) -> None:
    """What is served is never deleted for it: it is taken again where every byte is ours, or nothing is done."""
    await world.ground.put_foreign("theirs.txt", b"precious")
    await world.publish(FIRST)
    await world.ground.forget_state()
    await world.restart()
    await world.go(FIRST)
    expect(dict(await world.ground.served()), as_bytes(FIRST))
    await world.ground.forget_state()
    await world.restart()
    await world.remove()
    expect(await world.ground.foreign("theirs.txt"), b"precious")


@site_case()
async def what_is_there_is_told_with_its_owner(world: World) -> None:
    """A snapshot for another application shows the owner's mark on every path, not what is served."""
    await world.publish(FIRST)
    normalised = await world.normalise(SECOND, "other")
    refs = [one.ref for one in normalised.rendered.resources]
    snapshot = await world.target.snapshot(refs, world.parts.ledger.inventory("other", world.target.name))
    for ref in refs:
        part = snapshot.at(ref)
        expect_that(isinstance(part, Known) and part.value is not None and part.value.mark == "here.site")

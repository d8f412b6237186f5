"""Lost contact: nothing is known, nothing is deleted, and what was meant is done when it is back."""

import asyncio

from trueline.loop.status import Sync
from trueline.model.known import Unknown
from trueline.render.site.file import RELEASE_REF
from trueline.runtime.task_group import TaskGroup
from trueline.target.protocol import Contact
from trueline.testing.conformance.case import expect, expect_that
from trueline.testing.conformance.site.case import site_case
from trueline.testing.conformance.site.ground import Feature
from trueline.testing.conformance.site.sample import FIRST, SECOND
from trueline.testing.conformance.site.world import World, file_ref

PATIENCE_S = 60.0


@site_case(Feature.CUT)
async def what_cannot_be_asked_is_unknown(world: World) -> None:
    """Every ref, with a reason; a pass says so and writes nothing, and a removal deletes nothing."""
    await world.publish(FIRST)
    await world.ground.cut()
    inventory = world.parts.ledger.inventory("site", world.target.name)
    snapshot = await world.target.snapshot([RELEASE_REF, file_ref("index.html")], inventory)
    expect_that(all(isinstance(part, Unknown) and part.reason for part in snapshot.parts.values()))
    expect((await world.go(SECOND)).sync, Sync.UNKNOWN)
    await world.remove()
    expect_that(world.parts.ledger.count("site", world.target.name) > 0)
    await world.ground.restore()
    await world.expect_served(FIRST)
    await world.publish(SECOND)


@site_case(Feature.CUT)
async def contact_that_is_lost_and_back_is_told(world: World) -> None:
    """Once each, by whoever watches."""
    await world.publish(FIRST)
    stream = world.target.sightings()
    try:
        async with asyncio.timeout(PATIENCE_S):
            expect(await anext(stream), Contact(reason=""))
            await world.ground.cut()
            expect_that((await _next_contact(world, stream)).reason)
            await world.ground.restore()
            expect((await _next_contact(world, stream)).reason, "")
    finally:
        await stream.aclose()  # type: ignore[attr-defined]


async def _next_contact(world: World, stream: object) -> Contact:
    async with TaskGroup() as group:
        found = group.create_task(_wait_for(stream))
        while not found.done():
            world.ground.clock.pass_s(1.0)
            await asyncio.sleep(0.001)
    return found.result()


async def _wait_for(stream: object) -> Contact:
    while True:
        sighting = await anext(stream)  # type: ignore[call-overload]
        if isinstance(sighting, Contact):
            return sighting

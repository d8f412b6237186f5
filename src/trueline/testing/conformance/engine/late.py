"""A paused writer comes late: an update or delete is refused or put back, a create goes again (INV-12, INV-13)."""

import asyncio
from contextlib import AsyncExitStack
from typing import Final

from trueline.loop.status import Sync
from trueline.model.known import Known
from trueline.record.journal import Kind
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.pause import kept_waiting, paused
from trueline.testing.conformance.engine.sample import config_map, deployment
from trueline.testing.conformance.engine.world import World

HEARD_S_MAX: Final = 60.0
TIME_S: Final = 1.0
"""A server tells the time of a write in whole seconds."""


async def _late_update(world: World, first: Json, late: Json, newest: Json) -> Json:
    """A writer is paused before an update; another one comes further; how the object lives after the late update."""
    world.declare("shop", first)
    async with world.synced():
        await world.quiet()
        other = world.twin()
        world.declare("shop", late)
        world.commit()
        async with paused(world, "PATCH", first["metadata"]["name"]) as arrived:
            await world.now.engine.follow_once()
            await arrived.wait()
            world.declare("shop", newest)
            world.commit()
            async with other.started():
                await other.follow()
                await other.until_sync(Sync.SYNCED)
            world.weather.outrun = 0
        await world.until_sync(Sync.HELD)
        await world.quiet()
        expect_that(world.weather.outrun >= 1)
        return await world.live(first)


@engine_case
async def fence_late_update_is_refused(world: World) -> None:
    """INV-12: the version that was tried is gone, so the server refuses what comes late."""
    first, late, newest = (config_map("settings", {"a": value}) for value in ("1", "late", "newest"))
    expect((await _late_update(world, first, late, newest))["data"], {"a": "newest"})


@engine_case
async def fence_late_update_of_a_deployment_is_refused(world: World) -> None:
    """INV-12: where a status moves the version, the one that was seen last is sent; it is sent again for no other."""
    first, late, newest = deployment("web"), deployment("web", paused=True), deployment("web", minReadySeconds=5)
    spec = (await _late_update(world, first, late, newest))["spec"]
    expect((spec.get("minReadySeconds"), spec.get("paused")), (5, None))


@engine_case
async def fence_late_update_of_what_nobody_wrote_since_is_healed(world: World) -> None:
    """A writer is paused before an update; Git takes it back and another one goes on, which has nothing to write there.

    So the version that was tried still stands, and the server takes what comes late: the time of our entry tells.
    """
    first, late, more = config_map("settings", {"a": "1"}), config_map("settings", {"a": "late"}), config_map("more")
    world.declare("shop", first)
    async with world.synced():
        await world.clock.sleep(TIME_S)
        other = world.twin()
        world.declare("shop", late)
        world.commit()
        async with AsyncExitStack() as stack:
            async with paused(world, "PATCH", "settings") as arrived:
                await world.now.engine.follow_once()
                await arrived.wait()
                world.declare("shop", first, more)
                world.commit()
                await stack.enter_async_context(other.started())
                await other.follow()
                await other.until_sync(Sync.SYNCED)
            await world.until_sync(Sync.HELD)
            await other.until(other.drifts, "healed")
            await other.quiet()
            other.expect_sync(Sync.SYNCED)
            expect((await world.live(first))["data"], {"a": "1"})
            expect(other.drifts(), [("changed", ["data.a"], [])])


@engine_case
async def fence_late_delete_is_refused(world: World) -> None:
    """INV-10, INV-12: a writer is paused before a delete; another one keeps the object; the late delete is refused."""
    world.declare("shop", config_map("stays"), config_map("left", {"a": "1"}))
    async with world.synced():
        await world.quiet()
        other = world.twin()
        uid = (await world.live(config_map("left")))["metadata"]["uid"]
        world.declare("shop", config_map("stays"))
        world.commit()
        async with paused(world, "DELETE", "left") as arrived:
            await world.now.engine.follow_once()
            await arrived.wait()
            world.declare("shop", config_map("stays"), config_map("left", {"a": "2"}))
            world.commit()
            async with other.started():
                await other.follow()
                await other.until_sync(Sync.SYNCED)
        await world.until_sync(Sync.HELD)
        await world.quiet()
        live = await world.live(config_map("left"))
        expect((live["metadata"]["uid"], live["data"]), (uid, {"a": "2"}))


@engine_case
async def fence_that_was_taken_between_the_look_and_the_write(world: World) -> None:
    """INV-12: a pass looks at its fence, and stands still; another process comes further; nothing older is written."""
    shop, blog = config_map("settings", {"a": "1"}), config_map("blog", {"a": "1"})
    world.declare("shop", shop)
    world.declare("blog", blog)
    async with world.synced():
        await world.until_sync(Sync.SYNCED, "blog")
    async with world.synced():
        await world.seen(await world.api.merge(shop, {"data": {"a": "by hand"}}))
        await world.until(lambda: "shop" in world.now.fence.held, "healed")
        other = world.twin()
        world.declare("blog", config_map("blog", {"a": "2"}))
        world.commit()
        async with AsyncExitStack() as stack:
            async with kept_waiting(world, lambda request: request.path.endswith("/configmaps/blog")) as arrived:
                await world.now.engine.follow_once()
                await arrived.wait()
                world.declare("blog", config_map("blog", {"a": "3"}))
                world.commit()
                await stack.enter_async_context(other.started())
                await other.follow()
                await other.until_sync(Sync.SYNCED, "blog")
                await _has_heard(world, "blog", world.repository.head)
            await world.quiet()
            expect((await world.live(blog))["data"], {"a": "3"})
            expect(await _commit(world, "blog"), world.repository.head)
            other.expect_sync(Sync.SYNCED, "blog")


async def _has_heard(world: World, application: str, commit: str) -> None:
    """The process has heard that the application has come to a commit."""
    async with asyncio.timeout(HEARD_S_MAX):
        while await _commit(world, application) != commit:  # noqa: ASYNC110 - nobody is told of it
            await asyncio.sleep(0.01)


async def _commit(world: World, application: str) -> str:
    """The commit at an application's fence, as the process has it."""
    looked = await world.now.fence.look()
    assert isinstance(looked, Known)
    return looked.value[application].standing.order.commit


@engine_case
async def fence_late_create_is_gone_within_one_pass(world: World) -> None:
    """A writer is paused before a create; another one makes the object and prunes it; what comes late goes again."""
    world.declare("shop", config_map("stays"))
    async with world.synced():
        await world.quiet()
        other = world.twin()
        world.declare("shop", config_map("stays"), config_map("late"))
        world.commit()
        async with AsyncExitStack() as stack:
            async with paused(world, "PATCH", "late") as arrived:
                await world.now.engine.follow_once()
                await arrived.wait()
                await stack.enter_async_context(other.started())
                await other.follow()
                await other.until(lambda: other.entry("late"), "made")
                world.declare("shop", config_map("stays"))
                world.commit()
                await other.follow()
                await other.until(lambda: other.entry("late") is None, "pruned")
                await other.until_sync(Sync.SYNCED)
                expect(await world.live(config_map("late")), {})
                other.weather.seen = []
            await world.until_sync(Sync.HELD)
            await world.api.until(config_map("late"), lambda answer: answer.status == 404, "gone")  # noqa: PLR2004 - HTTP's
            await other.quiet()
            other.expect_sync(Sync.SYNCED)
            made = [r.body["action"] for r in other.records("shop", Kind.OUTCOME) if r.body["ref"].endswith("/late")]
            expect(made, ["create", "prune", "prune"])


@engine_case
async def fence_late_create_writes_over_nothing(world: World) -> None:
    """INV-12: a writer is paused before a create; another one makes the object as a newer commit says. That stays."""
    stays, late, newest = config_map("stays"), config_map("late", {"a": "1"}), config_map("late", {"a": "2"})
    world.declare("shop", stays)
    async with world.synced():
        await world.quiet()
        other = world.twin()
        world.declare("shop", stays, late)
        world.commit()
        async with paused(world, "PATCH", "late") as arrived:
            await world.now.engine.follow_once()
            await arrived.wait()
            world.declare("shop", stays, newest)
            world.commit()
            async with other.started():
                await other.follow()
                await other.until_sync(Sync.SYNCED)
            before = await world.live(newest)
        await world.until_sync(Sync.HELD)
        await world.quiet()
        expect((before["data"], await world.live(newest)), ({"a": "2"}, before))


@engine_case
async def fence_late_create_of_what_was_never_made(world: World) -> None:
    """A writer is paused before a create that it wrote down; another one goes on from its data, and Git drops it."""
    world.declare("shop", config_map("stays"))
    async with world.synced():
        await world.quiet()
        world.declare("shop", config_map("stays"), config_map("late"))
        world.commit()
        async with AsyncExitStack() as stack:
            async with paused(world, "PATCH", "late") as arrived:
                await world.now.engine.follow_once()
                await arrived.wait()
                other = world.twin()
                world.declare("shop", config_map("stays"), config_map("more"))
                world.commit()
                await stack.enter_async_context(other.started())
                await other.follow()
                await other.until_sync(Sync.SYNCED)
                expect(await world.live(config_map("late")), {})
            await world.api.until(config_map("late"), lambda answer: answer.status == 404, "gone")  # noqa: PLR2004 - HTTP's
            await other.quiet()
            other.expect_sync(Sync.SYNCED)


@engine_case
async def fence_late_create_that_nobody_wrote_down(world: World) -> None:
    """The one who writes now has no record of what comes late: nothing proves it, so a person is asked."""
    late = config_map("late", labels={"trueline.dev/application": f"{world.installation}.shop"})
    world.declare("shop", config_map("stays"))
    async with world.synced():
        await world.api.apply(late, f"trueline:{world.installation}")
        expect_in("neither Git nor our inventory has it", (await world.until_sync(Sync.OUT_OF_SYNC)).message)
        expect_that(await world.live(late))

"""D16 through the engine: whose object is it. What is not proven ours is never deleted."""

from trueline.loop.status import Sync
from trueline.record.journal import Kind
from trueline.runtime.http import Request, Unreachable
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World

LABEL = "trueline.dev/application"


@engine_case
async def ownership_copied_label(world: World) -> None:
    """INV-01: an object that carries our mark because somebody copied it is not touched.

    Neither now nor when it goes.
    """
    world.declare("shop", config_map("settings"))
    async with world.synced():
        copy = config_map("copy", labels={LABEL: f"{world.installation}.shop"})
        expect_status(await world.api.create(copy, fieldManager="kubectl-create"), 201)
        await world.quiet()
        await world.push()
        await world.quiet()
        expect_that(await world.live(copy))
        world.expect_sync(Sync.SYNCED)


@engine_case
async def ownership_copied_label_other_uid(world: World) -> None:
    """INV-01: ours was deleted and another stands there, label and even manager copied.

    Leaving Git, it is told, not pruned.
    """
    body = config_map("settings")
    world.declare("shop", body, config_map("stays"))
    async with world.synced():
        pass
    expect_status(await world.api.delete(body), 200)
    copy = config_map("settings", labels={LABEL: f"{world.installation}.shop"})
    expect_status(await world.api.apply(copy, f"trueline:{world.installation}"), 201)
    world.declare("shop", config_map("stays"))
    world.commit()
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.OUT_OF_SYNC)
        await world.push()
        await world.quiet()
        expect_in("neither Git nor our inventory has it", world.expect_sync(Sync.OUT_OF_SYNC).message)
        expect_that(await world.live(copy))
        expect(world.entry("settings"), None)


@engine_case
async def ownership_copied_label_same_uid(world: World) -> None:
    """INV-01: our manager's entry was taken off: the label alone proves nothing, so leaving Git it is not pruned."""
    body = config_map("settings")
    world.declare("shop", body, config_map("stays"))
    async with world.synced():
        pass
    answer = await world.api.merge(body, {"metadata": {"managedFields": [{}]}}, fieldManager="someone")
    expect_status(answer, 200)
    world.declare("shop", config_map("stays"))
    async with world.synced():
        expect_that(await world.live(body))


@engine_case
async def ownership_other_installation(world: World) -> None:
    """Another installation's object is refused by name, and not touched."""
    theirs = config_map("settings", {"a": "theirs"}, labels={LABEL: "another.shop"})
    expect_status(await world.api.apply(theirs, "trueline:another"), 201)
    world.declare("shop", config_map("settings"), config_map("free"))
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        status = world.expect_sync(Sync.OUT_OF_SYNC)
        expect_in("another installation", status.message)
        expect((await world.live(theirs))["data"], {"a": "theirs"})
        expect_that(not [r for r in world.weather.seen if is_write(r) and r.path.endswith("/settings")])
        world.declare("shop", config_map("free"))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(theirs))["data"], {"a": "theirs"})


@engine_case
async def ownership_two_claim_one(world: World) -> None:
    """INV-08: two applications that claim one object are an error of both, and from then on neither touches it."""
    world.declare("shop", config_map("settings", {"a": "shop"}))
    world.declare("blog", config_map("settings", {"a": "blog"}))
    world.commit()
    async with world.started():
        await world.follow()
        for name in ("shop", "blog"):
            await world.until_sync(Sync.BLOCKED, name)
            expect([p.code for p in world.status(name).problems], ["TL0408"])
        before = await world.live(config_map("settings"))
        await world.push()
        await world.quiet()
        expect(await world.live(config_map("settings")), before)
        world.declare("blog", config_map("other"))
        await world.push()
        await world.until_sync(Sync.SYNCED, "shop")
        await world.until_sync(Sync.SYNCED, "blog")
        expect((await world.live(config_map("settings")))["data"], {"a": "shop"})


@engine_case
async def ownership_second_claim_of_a_live_object(world: World) -> None:
    """What one application has and keeps is not taken by another that claims it too."""
    world.declare("shop", config_map("settings", {"a": "shop"}))
    world.declare("blog", config_map("other"))
    async with world.synced():
        world.declare("blog", config_map("other"), config_map("settings", {"a": "blog"}))
        await world.push()
        await world.until_sync(Sync.BLOCKED, "blog")
        await world.until_sync(Sync.BLOCKED, "shop")
        expect((await world.live(config_map("settings")))["data"], {"a": "shop"})
        world.declare("blog", config_map("other"))
        await world.push()
        await world.until_sync(Sync.SYNCED, "shop")
        await world.until_sync(Sync.SYNCED, "blog")


@engine_case
async def ownership_transfer_of_what_was_taken(world: World) -> None:
    """INV-19: a field that another manager took while nobody looked is ours after the move too, and put back."""
    body = config_map("settings")
    world.declare("shop", body, config_map("one"))
    world.declare("blog", config_map("two"))
    async with world.synced():
        pass
    expect_status(await world.api.merge(body, {"data": {"a": "taken"}}, fieldManager="controller"), 200)
    world.declare("shop", config_map("one"))
    world.declare("blog", config_map("two"), body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.SYNCED, "blog")
        expect((await world.live(body))["data"], body["data"])


@engine_case
async def ownership_transfer_after_a_lost_attempt(world: World) -> None:
    """INV-14: the first attempt to move an object never arrives; the intent does not keep the next one from it."""
    body, lost = config_map("settings"), list[Request]()
    world.declare("shop", body, config_map("one"))
    world.declare("blog", config_map("two"))
    async with world.synced():

        def lose_first(request: Request) -> Unreachable | None:
            if is_write(request) and not lost:
                lost.append(request)
                return Unreachable("cut")
            return None

        uid = (await world.live(body))["metadata"]["uid"]
        world.weather.storm = lose_first
        world.declare("shop", config_map("one"))
        world.declare("blog", config_map("two"), body)
        await world.push()
        await world.until_sync(Sync.SYNCED, "blog")
        live = await world.live(body)
        expect(live["metadata"]["uid"], uid)
        expect(live["metadata"]["labels"][LABEL], f"{world.installation}.blog")
        expect(len(lost), 1)


@engine_case
async def ownership_transfer(world: World) -> None:
    """INV-08: an object that moves to another application: one apply, no delete, and both inventories say so."""
    body = config_map("settings")
    world.declare("shop", body, config_map("one"))
    world.declare("blog", config_map("two"))
    world.commit()
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.SYNCED, "shop")
        await world.until_sync(Sync.SYNCED, "blog")
        uid = (await world.live(body))["metadata"]["uid"]
        await world.quiet()
        world.start_counting()
        world.declare("shop", config_map("one"))
        world.declare("blog", config_map("two"), body)
        await world.push()
        await world.quiet()
        await world.until_sync(Sync.SYNCED, "shop")
        await world.until_sync(Sync.SYNCED, "blog")
        live = await world.live(body)
        expect(live["metadata"]["uid"], uid)
        expect(live["metadata"]["labels"][LABEL], f"{world.installation}.blog")
        counted = world.counted
        expect({verb: counted.get(verb, 0) for verb in ("apply", "delete")}, {"apply": 1, "delete": 0})
        expect(world.entry("settings", "shop"), None)
        expect_that(world.entry("settings", "blog"))


@engine_case
async def ownership_lost_data_directory(world: World) -> None:
    """INV-26: with a new store and the same installation id everything is recognised.

    Nothing deleted, nothing made again.
    """
    bodies = [config_map(f"c{n}") for n in range(3)]
    world.declare("shop", *bodies)
    async with world.synced():
        pass
    before = [await world.live(body) for body in bodies]
    world.weather.seen = []
    async with world.started(fresh_store=True):
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
        after = [await world.live(body) for body in bodies]
        expect([_identity(one) for one in after], [_identity(one) for one in before])
        expect([r.path for r in world.weather.seen if r.method == "DELETE"], [])
        expect_that(all(world.entry(f"c{n}") for n in range(3)))


def _identity(body: Json) -> tuple[str, str]:
    return body["metadata"]["uid"], body["metadata"]["resourceVersion"]


@engine_case
async def ownership_stray(world: World) -> None:
    """INV-26: the data directory is lost, an object leaves Git: it is told and lives.

    With Git's consent it is deleted.
    """
    left, copy = config_map("left"), config_map("copy", labels={LABEL: f"{world.installation}.shop"})
    world.declare("shop", config_map("stays"), left)
    async with world.synced():
        pass
    expect_status(await world.api.create(copy, fieldManager="kubectl-create"), 201)
    world.declare("shop", config_map("stays"))
    world.commit()
    world.weather.seen = []
    async with world.started(fresh_store=True):
        await world.follow()
        await world.until_sync(Sync.OUT_OF_SYNC)
        await world.push()
        await world.quiet()
        ref = f"ConfigMap/{world.api.namespace}/left"
        expect_in(f'sync.allowDelete: ["{ref}"]', world.expect_sync(Sync.OUT_OF_SYNC).message)
        expect([r.path for r in world.weather.seen if r.method == "DELETE"], [])
        expect_that(await world.live(left))
        world.declare("shop", config_map("stays"), sync={"allowDelete": [ref, f"ConfigMap/{world.api.namespace}/copy"]})
        await world.push()
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
        expect(await world.live(left), {})
        expect_that(await world.live(copy))
        expect(world.entry("left"), None)
        expect([r.body["action"] for r in world.records("shop", Kind.OUTCOME)][-1], "prune")
        world.expect_sync(Sync.SYNCED)


@engine_case
async def ownership_stray_that_comes_late(world: World) -> None:
    """An old apply of ours brings a pruned object back (D13): the watch finds it, and it is told within that pass."""
    late = config_map("late", labels={LABEL: f"{world.installation}.shop"})
    world.declare("shop", config_map("stays"))
    async with world.synced():
        expect_status(await world.api.apply(late, f"trueline:{world.installation}"), 201)
        expect_in("/late: it is marked as ours", (await world.until_sync(Sync.OUT_OF_SYNC)).message)
        expect_status(await world.api.delete(late), 200)
        await world.until_sync(Sync.SYNCED)


@engine_case
async def ownership_no_stray(world: World) -> None:
    """What another application declares now, or what is meant to stay, is no stray, though no inventory lists it."""
    moved, kept = config_map("moved"), config_map("kept", annotations={"trueline.dev/prune": "false"})
    world.declare("shop", config_map("stays"), moved, kept)
    world.declare("blog", config_map("other"))
    async with world.synced():
        pass
    world.declare("shop", config_map("stays"))
    world.declare("blog", config_map("other"), moved)
    world.commit()
    async with world.started(fresh_store=True):
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        await world.push()
        await world.quiet()
        world.expect_sync(Sync.SYNCED)
        for one in (moved, kept):
            expect_that(await world.live(one))


@engine_case
async def ownership_claimed_twice_at_first_sight(world: World) -> None:
    """Two applications that declare one object in the same first commit: neither is applied, not even for a moment."""
    world.declare("shop", config_map("settings"))
    world.declare("blog", config_map("settings", {"a": "9"}), config_map("other"))
    world.commit()
    async with world.started():
        await world.follow()
        for name in ("shop", "blog"):
            expect([p.code for p in world.expect_sync(Sync.BLOCKED, name).problems], ["TL0408"])
        expect([(r.method, r.path) for r in world.weather.seen if is_write(r)], [])


@engine_case
async def ownership_moved_into_what_cannot_be_read(world: World) -> None:
    """One commit moves an object to an application and breaks that one: the object lives on, and moves when it can."""
    moving = config_map("moving")
    world.declare("shop", config_map("stays"), moving)
    world.declare("blog", config_map("other"))
    async with world.synced():
        uid = (await world.live(moving))["metadata"]["uid"]
        world.declare("shop", config_map("stays"))
        world.declare("blog", config_map("other"), moving, files={"broken.yaml": b"kind: [\n"})
        await world.push()
        world.expect_sync(Sync.BLOCKED, "blog")
        expect_in("may declare it", (await world.until_sync(Sync.OUT_OF_SYNC)).message)
        world.declare("shop", config_map("stays"), config_map("more"))
        await world.push()
        expect_in("may declare it", (await world.until_sync(Sync.OUT_OF_SYNC)).message)
        expect((await world.live(moving))["metadata"]["uid"], uid)
        world.declare("blog", config_map("other"), moving, files={})
        await world.push()
        await world.until_sync(Sync.SYNCED, "blog")
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(moving))["metadata"]["uid"], uid)


@engine_case
async def ownership_broken_elsewhere_holds_no_prune(world: World) -> None:
    """An application that was broken by an earlier commit keeps no other one from pruning what leaves it now."""
    leaves = config_map("leaves")
    world.declare("shop", config_map("stays"), leaves)
    world.declare("blog", config_map("other"))
    world.commit()
    async with world.started():
        await world.follow()
        world.declare("blog", config_map("other"), files={"broken.yaml": b"kind: [\n"})
        await world.push()
        world.expect_sync(Sync.BLOCKED, "blog")
        world.declare("shop", config_map("stays"))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect(await world.live(leaves), {})

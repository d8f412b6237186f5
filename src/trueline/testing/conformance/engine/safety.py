"""The promises through the engine: nothing is deleted that nobody wished to delete, and nothing older is applied."""

from trueline.loop.chronicle import FLEET
from trueline.loop.status import Sync
from trueline.model.digest import Digest
from trueline.runtime.http import Request, Unreachable
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.declaration import fleet_files
from trueline.testing.conformance.engine.history import followed_twice
from trueline.testing.conformance.engine.sample import claim, config_map
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World


@engine_case
async def safety_prunes_what_left_git(world: World) -> None:
    """One of three leaves Git: one delete, with its UID, and the inventory forgets it."""
    bodies = [config_map(name) for name in ("one", "two", "three")]
    world.declare("shop", *bodies)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        world.start_counting()
        world.declare("shop", *bodies[:2])
        await world.push()
        await world.quiet()
        expect(await world.live(bodies[2]), {})
        expect(world.entry("three"), None)
        expect({k: v for k, v in world.counted.items() if k != "get"}, {"try delete": 1, "update": 1, "delete": 1})


@engine_case
async def safety_protected_kinds_need_consent(world: World) -> None:
    """INV-07: a claim that left Git stays until Git consents to its deletion by name (promise 7)."""
    body = claim("data")
    world.declare("shop", config_map("one"), body)
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready and world.entry("data"), "applied")
        await world.until_sync(Sync.SYNCED)
        world.declare("shop", config_map("one"))
        await world.push()
        await world.quiet()
        expect_in("allowDelete", world.expect_sync(Sync.OUT_OF_SYNC).message)
        expect_that(await world.live(body))
        ref = f"PersistentVolumeClaim/{world.api.namespace}/data"
        world.declare("shop", config_map("one"), sync={"allowDelete": [ref]})
        await world.push()
        await world.until_sync(Sync.SYNCED)

        def is_leaving() -> bool:
            return world.entry("data") is None

        await world.until(is_leaving, "deleted")


@engine_case
async def safety_large_shrink_waits(world: World) -> None:
    """INV-03: more than five and more than 30 % would go.

    A person is asked, and their agreement is carried out (promise 3).
    """
    bodies = [config_map(f"c{n}") for n in range(10)]
    world.declare("shop", *bodies)
    async with world.synced():
        world.declare("shop", *bodies[:3])
        await world.push()
        await world.quiet()
        expect_in("7 of 10", world.expect_sync(Sync.WAITING).message)
        expect_that(await world.live(bodies[9]))
        await world.approve("shop")
        await world.until_sync(Sync.SYNCED)
        expect(await world.live(bodies[9]), {})


@engine_case
async def safety_agreement_outlives_other_commits(world: World) -> None:
    """Who agreed to a plan agreed to its changes: a commit that changes nothing of them does not void it."""
    bodies = [config_map(f"c{n}") for n in range(10)]
    world.declare("shop", *bodies)
    world.declare("blog", config_map("other"))
    async with world.synced():
        world.declare("shop", *bodies[:3])
        await world.push()
        await world.until_sync(Sync.WAITING)
        waits = world.status().plan
        world.declare("blog", config_map("other", {"b": "2"}))
        await world.push()
        await world.until_sync(Sync.SYNCED, "blog")
        world.expect_sync(Sync.WAITING)
        world.approvals.approve("shop", Digest(waits), who="ada")
        world.now.engine.wake("shop")
        await world.until_sync(Sync.SYNCED)
        expect(await world.live(bodies[9]), {})


@engine_case
async def safety_empty_render_deletes_nothing(world: World) -> None:
    """INV-03: a render of nothing is no wish to delete (promise 3)."""
    body = config_map("only")
    world.declare("shop", body)
    world.declare("blog", config_map("other"))
    async with world.synced():
        world.declare("shop")
        await world.push()
        await world.quiet()
        expect_that(world.status().sync in {Sync.WAITING, Sync.BLOCKED})
        expect_that(await world.live(body))


@engine_case
async def safety_application_that_left_git_is_pruned(world: World) -> None:
    """An application that leaves Git goes with what it owns, and with nothing else."""
    world.declare("shop", config_map("mine"))
    world.declare("blog", config_map("other"))
    async with world.synced():
        await world.until_sync(Sync.SYNCED, "blog")
        theirs = config_map("theirs")
        expect_status(await world.api.create(theirs), 201)
        del world.applications["shop"]
        world.commit()
        await world.now.engine.follow_once()
        await world.until(lambda: "shop" not in world.now.engine.kept, "gone")
        expect(await world.live(config_map("mine")), {})
        expect_that(await world.live(theirs))
        expect_that(await world.live(config_map("other")))


@engine_case
async def safety_removal_that_is_taken_back(world: World) -> None:
    """An application leaves Git and comes back before its removal is complete: it is kept again, and nothing asks."""
    claimed, settings = claim("data"), config_map("settings")
    world.declare("shop", claimed, settings)
    world.declare("blog", config_map("other"))
    before = world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready and world.entry("data"), "applied")
        shop = world.applications.pop("shop")
        world.commit()
        await world.now.engine.follow_once()
        await world.until(lambda: "allowDelete" in world.status().message, "asked for consent")
        expect(await world.live(settings), {})
        world.applications["shop"] = shop
        expect_that(world.commit() != before)
        await world.now.engine.follow_once()
        await world.api.until(settings, lambda answer: answer.status == 200, "made again")  # noqa: PLR2004 - HTTP's
        await world.until_sync(Sync.SYNCED)
        expect_that(await world.live(claimed))


@engine_case
async def safety_removal_keeps_what_git_says(world: World) -> None:
    """INV-06: `onRemoval: keep` leaves everything."""
    world.declare("shop", config_map("mine"), sync={"onRemoval": "keep"})
    world.declare("blog", config_map("other"))
    async with world.synced():
        del world.applications["shop"]
        world.commit()
        await world.now.engine.follow_once()
        await world.until(lambda: "shop" not in world.now.engine.kept, "gone")
        expect_that(await world.live(config_map("mine")))


@engine_case
async def safety_application_moves_whole(world: World) -> None:
    """INV-08: an application gets another name: its objects move to it, and none is deleted on the way."""
    body = config_map("mine")
    world.declare("shop", body)
    world.declare("blog", config_map("other"))
    async with world.synced():
        uid = (await world.live(body))["metadata"]["uid"]
        del world.applications["shop"]
        world.declare("store", body)
        world.commit()
        await world.now.engine.follow_once()
        await world.until(lambda: "store" in world.now.engine.kept, "declared")
        await world.until_sync(Sync.SYNCED, "store")
        await world.until(lambda: "shop" not in world.now.engine.kept, "gone")
        expect((await world.live(body))["metadata"]["uid"], uid)


@engine_case
async def safety_broken_commit_after_half_a_deployment(world: World) -> None:
    """INV-12: a start with a broken commit goes on with the deployment that had begun, not with the one before it."""
    made, late = config_map("made"), config_map("late")
    world.declare("shop", config_map("settings", {"a": "1"}))
    async with world.synced():

        def cut(request: Request) -> Unreachable | None:
            return Unreachable("cut") if is_write(request) and "late" in request.path else None

        world.weather.storm = cut
        world.declare("shop", config_map("settings", {"a": "2"}), made, late)
        world.commit()
        await world.now.engine.follow_once()
        await world.api.until(made, lambda answer: answer.status == 200, "made")  # noqa: PLR2004 - HTTP's
    world.weather.storm = None
    world.declare("shop", files={"broken.yaml": b"kind: [\n"})
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        expect_that(await world.live(made))
        expect((await world.live(config_map("settings")))["data"], {"a": "2"})
        world.expect_sync(Sync.BLOCKED)


@engine_case
async def safety_broken_fleet_removes_nothing(world: World) -> None:
    """INV-02: a declaration that does not parse, and a fleet without any, remove nothing (promise 5)."""
    body = config_map("mine")
    world.declare("shop", body)
    async with world.synced():
        world.repository.commit({"fleet/shop.yaml": b"apiVersion: trueline.dev/v1\nkind: [\n"})
        await world.now.engine.follow_once()
        await world.quiet()
        expect_that(await world.live(body))
        world.repository.commit({"README.md": b"nothing\n"})
        await world.now.engine.follow_once()
        await world.quiet()
        expect_that(await world.live(body))
        expect_that(world.now.engine.problems)


@engine_case
async def safety_broken_declaration_after_a_restart(world: World) -> None:
    """INV-14: a declaration does not parse; what it declared before is healed, after a restart as before it."""
    mine, other = config_map("mine"), config_map("other")
    world.declare("shop", mine)
    world.declare("till", other)
    async with world.synced("till"):
        await world.until_sync(Sync.SYNCED)
    world.repository.commit(
        fleet_files({"till": world.applications["till"]}, world.api.namespace)
        | {"fleet/shop.yaml": b"apiVersion: trueline.dev/v1\nkind: [\n"}
    )
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.SYNCED, "till")
        await world.until_sync(Sync.SYNCED)
        expect_status(await world.api.delete(mine), 200)
        await world.api.until(mine, lambda answer: answer.status == 200, "healed")  # noqa: PLR2004 - HTTP's
        world.commit()
        await world.follow()
        await world.until_sync(Sync.SYNCED)


@engine_case
async def safety_older_is_never_applied(world: World) -> None:
    """INV-12: a branch that was put back is told, and not followed (promise 9)."""
    async with followed_twice(world) as first:
        await world.quiet()
        world.repository.head = first
        await world.now.engine.follow_once()
        await world.quiet()
        expect((await world.live(config_map("settings")))["data"], {"a": "2"})
        expect([problem.code for problem in world.now.engine.problems], ["TL0131"])


@engine_case
async def safety_older_than_what_was_begun_late_is_never_applied(world: World) -> None:
    """INV-12: a commit is begun with while Git says a newer one that cannot be rendered. What is older is not followed.

    The target was away, so nothing could be begun with before.
    """
    body, later = config_map("settings", {"a": "1"}), config_map("settings", {"a": "2"})
    world.declare("shop", body)
    async with world.synced() as engine:
        first = world.repository.head
        world.weather.storm = lambda request: Unreachable("away") if request.method == "PATCH" else None
        for files in ({}, {"broken.yaml": b"kind: [\n"}):
            world.declare("shop", later, files=files)
            world.commit()
            await engine.follow_once()
        world.weather.storm = None
        await world.api.until(body, lambda answer: answer.body["data"] == {"a": "2"}, "brought about")
        world.repository.head = first
        await engine.follow_once()
        await world.quiet()
        expect((await world.live(body))["data"], {"a": "2"})
        expect([problem.code for problem in engine.problems], ["TL0131"])


@engine_case
async def safety_commit_after_an_agreed_one_is_followed(world: World) -> None:
    """INV-12: a person agreed to a rewritten head, and nothing could be begun with it. What follows is not asked about.

    What leads elsewhere is.
    """
    async with followed_twice(world) as first:
        world.control.hold("shop", who="ada", why="a look")
        expect(await _rewritten(world, first, "3"), ["TL0130"])
        agreed = world.repository.head
        world.control.approve(FLEET, agreed, who="ada")
        await world.follow()
        expect(await _rewritten(world, first, "other"), ["TL0130"])
        expect(await _rewritten(world, agreed, "4"), [])
        world.control.resume("shop", who="ada")
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(config_map("settings")))["data"], {"a": "4"})


async def _rewritten(world: World, at: str, value: str) -> list[str]:
    """A commit that follows that one: what is said of it."""
    world.repository.fork(at)
    world.declare("shop", config_map("settings", {"a": value}))
    await world.push()
    return [problem.code for problem in world.now.engine.problems]


@engine_case
async def safety_unknown_lineage_is_not_followed(world: World) -> None:
    """INV-12: a revision of which nobody can say whether it follows the applied one is not applied.

    Unknown is not newer.
    """
    world.declare("shop", config_map("settings", {"a": "1"}))
    async with world.synced():
        world.repository.is_unrelated = True
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        expect([problem.code for problem in world.now.engine.problems], ["TL0137"])
        expect((await world.live(config_map("settings")))["data"], {"a": "1"})
        world.repository.is_unrelated = False
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(config_map("settings")))["data"], {"a": "2"})


@engine_case
async def safety_another_branch_is_not_followed(world: World) -> None:
    """Somebody checks out another branch in the repository that is followed: a person says which one is meant."""
    body = config_map("settings", {"a": "1"})
    world.declare("shop", body)
    async with world.synced():
        world.repository.ref = "refs/heads/feature"
        await world.follow()
        expect(world.now.engine.problems, ())
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        expect([problem.code for problem in world.now.engine.problems], ["TL0703"])
        expect((await world.live(body))["data"], {"a": "1"})
    async with world.started():
        await world.follow()
        await world.quiet()
        expect([problem.code for problem in world.now.engine.problems], ["TL0703"])
        expect((await world.live(body))["data"], {"a": "1"})
        world.approvals.approve(FLEET, Digest(world.repository.head), who="ada")
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(body))["data"], {"a": "2"})
        for ref, value, codes in (("HEAD", "2", ["TL0703"]), ("refs/heads/feature", "3", [])):
            world.repository.ref = ref
            world.declare("shop", config_map("settings", {"a": "3"}))
            await world.push()
            expect([problem.code for problem in world.now.engine.problems], codes)
            await world.quiet()
            expect((await world.live(body))["data"], {"a": value})


@engine_case
async def safety_fight_is_named_and_backed_off(world: World) -> None:
    """INV-16: another writer changes a field back each time.

    After three heals it is named, and healed no more for a while.
    """
    body = config_map("settings")
    world.declare("shop", body, config_map("quiet"))
    async with world.synced():
        await world.quiet()
        for round_ in range(3):
            await world.until_sync(Sync.SYNCED)
            change: Json = {"data": {"a": f"theirs {round_}"}}
            expect_status(await world.api.merge(body, change, fieldManager="stubborn"), 200)
            await world.api.until(body, lambda a: bool(a.body["data"]["a"] == "1"), "healed")
            await world.quiet()
        world.start_counting()
        touched = await world.api.merge(body, {"data": {"a": "theirs again"}}, fieldManager="stubborn")
        await world.seen(expect_status(touched, 200))
        status = await world.until_sync(Sync.OUT_OF_SYNC)
        expect_in("fights with stubborn over data.a", status.message)
        expect(world.counted.get("apply", 0), 0)
        expect_that(any(kind == "fight" for kind, _, _ in world.drifts()))
        expect_status(await world.api.merge(config_map("quiet"), {"data": {"a": "9"}}, fieldManager="x"), 200)
        await world.api.until(config_map("quiet"), lambda a: bool(a.body["data"]["a"] == "1"), "healed meanwhile")

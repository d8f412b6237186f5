"""Two processes with one installation: one writes, and nothing older comes over what is newer (INV-12, INV-13)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from trueline.loop.chronicle import FLEET
from trueline.loop.status import Sync
from trueline.model.digest import Digest
from trueline.record.journal import Kind
from trueline.runtime.http import Request, Response
from trueline.target.kubernetes.lease import HOME, LEASE, lease_name, read_lease
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case, named_case
from trueline.testing.conformance.engine.crash import Died, survived
from trueline.testing.conformance.engine.history import followed_twice
from trueline.testing.conformance.engine.sample import config_map, deployment
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World


def _lease(world: World, application: str = "shop") -> Json:
    name = lease_name(world.installation, application)
    return {"apiVersion": LEASE.api_version, "kind": LEASE.kind, "metadata": {"name": name, "namespace": HOME}}


def _asked(world: World) -> list[tuple[str, str]]:
    """What was asked of fences, the watch apart."""
    asked = [r for r in world.weather.seen if "/leases" in r.path and r.query.get("watch") != "true"]
    return [(r.method, r.path.rpartition("/")[2]) for r in asked]


def _written(world: World) -> list[tuple[str, str]]:
    """What was written of everything else."""
    seen = [r for r in world.weather.seen if is_write(r) and f"/namespaces/{HOME}" not in r.path]
    return [(r.method, r.path.rpartition("/")[2]) for r in seen]


@asynccontextmanager
async def _paused(world: World, method: str, *names: str) -> AsyncIterator[asyncio.Event]:
    """Inside the block the writer's writes of these objects wait on their way; the event is set when all are there."""
    missing = set(names)

    def is_one(request: Request) -> bool:
        return is_write(request) and request.method == method and request.path.rpartition("/")[2] in names

    def is_last(request: Request) -> bool:
        missing.discard(request.path.rpartition("/")[2])
        return not missing

    async with _kept_waiting(world, is_one, is_last) as arrived:
        yield arrived


@asynccontextmanager
async def _kept_waiting(
    world: World, is_one: Callable[[Request], bool], is_last: Callable[[Request], bool] = lambda _: True
) -> AsyncIterator[asyncio.Event]:
    """Inside the block such requests wait on their way; the event is set with the last one that is waited for."""
    arrived, goes_on = asyncio.Event(), asyncio.Event()

    async def gate(request: Request) -> None:
        if is_one(request):
            if is_last(request):
                arrived.set()
            await goes_on.wait()

    world.weather.meanwhile = gate
    try:
        yield arrived
    finally:
        world.weather.meanwhile = None
        goes_on.set()


@engine_case
async def fence_costs_one_request_a_commit(world: World) -> None:
    """The first write takes the fence; each commit is told there before it is applied; the end gives it back.

    What is healed in between asks nothing.
    """
    world.declare("shop", config_map("settings"))
    async with world.synced():
        expect([method for method, _ in _asked(world)][:2], ["GET", "POST"])
        held = await world.live(_lease(world))
        expect(held["spec"]["holderIdentity"], "first/1")
        world.weather.seen = []
        world.declare("shop", config_map("settings", {"a": "2"}))
        commit = world.commit()
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
        expect(_asked(world), [("PUT", lease_name(world.installation, "shop"))])
        expect_that(world.weather.seen.index(_first(world, "PUT")) < world.weather.seen.index(_applied(world)))
        told = read_lease(await _raw(world, _lease(world)))
        assert told is not None
        expect(told.record.standing.order.commit, commit)
        world.weather.seen = []
        expect_status(await world.api.merge(config_map("settings"), {"data": {"a": "by hand"}}), 200)
        await world.until(lambda: any(map(is_write, world.weather.seen)), "healed")
        await world.quiet()
        expect(_asked(world), [])
        expect({k: v for k, v in world.counted.items() if k == "apply"}["apply"] > 0, True)  # noqa: FBT003
    body = await world.live(_lease(world))
    expect(body["spec"].get("holderIdentity"), None)
    said = read_lease(await _raw(world, body))
    assert said is not None
    expect(said.record.standing.order.commit, commit)
    expect(said.record.standing.order.generation, 2)
    expect(said.record.standing.head.digest, world.journal.after(said.record.standing.head.sequence - 1)[0].digest)


def _first(world: World, method: str) -> Request:
    return next(request for request in world.weather.seen if request.method == method)


def _applied(world: World) -> Request:
    return next(r for r in world.weather.seen if is_write(r) and r.method == "PATCH")


async def _raw(world: World, body: Json) -> bytes:
    response: Response = await world.api.transport.send(
        Request(
            method="GET",
            path=LEASE.path(HOME, body["metadata"]["name"]),
            query={},
            headers={"Accept": "application/json"},
        )
    )
    return response.body


@engine_case
async def fence_nothing_to_write_takes_nothing(world: World) -> None:
    """A start that has nothing to do looks at the fence once, and writes nothing."""
    world.declare("shop", config_map("settings"))
    async with world.synced():
        pass
    before = await world.live(_lease(world))
    world.weather.seen = []
    async with world.synced():
        await world.quiet()
    expect([method for method, _ in _asked(world)], ["GET"])
    expect(await world.live(_lease(world)), before)


@engine_case
async def fence_is_not_taken_by_whoever_is_behind(world: World) -> None:
    """INV-12: a second process has not seen the newest commit: it does not put back what that has just taken away."""
    kept, gone = config_map("kept"), config_map("gone")
    world.declare("shop", kept, gone)
    async with world.synced():
        other = world.twin()
        async with other.started():
            await other.follow()
            await other.until_sync(Sync.SYNCED)
            world.declare("shop", kept)
            await world.push()
            await world.until_sync(Sync.SYNCED)
            status = await other.until_sync(Sync.HELD)
            expect([problem.code for problem in status.problems], ["TL1902"])
            await other.quiet()
            expect((_written(other), await world.live(gone)), ([], {}))
            world.expect_sync(Sync.SYNCED)
            await other.follow()
            await other.until_sync(Sync.SYNCED)
            expect((_written(other), await world.live(gone)), ([], {}))


def _is_tried(request: Request) -> bool:
    return request.method == "PATCH" and bool(request.query.get("dryRun"))


async def _put_back(world: World, before: str) -> str:
    """A commit that changes `settings` is tried when Git goes back to `before`; returns that commit."""
    async with _kept_waiting(world, _is_tried) as arrived:
        world.declare("shop", config_map("settings", {"a": "2"}), files={})
        withdrawn = world.commit()
        await world.now.engine.follow_once()
        await arrived.wait()
        world.repository.head = before
        await world.now.engine.follow_once()
    await world.quiet()
    return withdrawn


@engine_case
async def fence_a_commit_that_was_put_back_meanwhile(world: World) -> None:
    """INV-12: a pass stands still while it is tried, and Git goes back: what it was made of is not applied any more."""
    body = config_map("settings", {"a": "1"})
    world.declare("shop", body)
    async with world.synced():
        world.weather.seen = []
        withdrawn = await _put_back(world, world.repository.head)
        expect(((await world.live(body))["data"], _written(world)), ({"a": "1"}, []))
        expect([d.revision for d in world.history.history("shop") if d.revision == withdrawn], [])
        world.expect_sync(Sync.SYNCED)


@engine_case
async def fence_a_commit_that_was_put_back_for_one_that_is_broken(world: World) -> None:
    """INV-12: Git goes back to what cannot be rendered: what was deployed last is held, not what was taken back."""
    body = config_map("settings", {"a": "1"})
    world.declare("shop", body)
    async with world.synced() as engine:
        world.declare("shop", body, files={"broken.yaml": b"kind: [\n"})
        world.commit()
        await engine.follow_once()
        world.weather.seen = []
        withdrawn = await _put_back(world, world.repository.head)
        expect(((await world.live(body))["data"], _written(world)), ({"a": "1"}, []))
        engine.wake("shop")
        await world.quiet()
        expect([d.revision for d in world.history.history("shop") if d.revision == withdrawn], [])
        world.expect_sync(Sync.BLOCKED)
        await world.seen(await world.api.merge(body, {"data": {"a": "9"}}))
        await world.quiet()
        expect((await world.live(body))["data"], {"a": "1"})


@engine_case
async def fence_taken_by_another_process(world: World) -> None:
    """INV-13: another process takes the fence; this one sees it, says who, and writes nothing any more."""
    world.declare("shop", config_map("settings", {"a": "1"}))
    async with world.synced():
        other = world.twin()
        world.declare("shop", config_map("settings", {"a": "2"}))
        world.commit()
        async with other.started():
            await other.follow()
            await other.until_sync(Sync.SYNCED)
            status = await world.until_sync(Sync.HELD)
            expect([problem.code for problem in status.problems], ["TL1901"])
            expect_in("second/1 took its fence", status.message)
            world.weather.seen = []
            world.declare("shop", config_map("settings", {"a": "3"}), config_map("more"))
            await world.push()
            world.now.engine.sync("shop")
            await world.quiet()
            expect(_written(world), [])
            expect((await world.live(config_map("settings")))["data"], {"a": "2"})
            await other.follow()
            await other.until_sync(Sync.SYNCED)
            expect((await world.live(config_map("settings")))["data"], {"a": "3"})
            world.expect_sync(Sync.HELD)


async def _late_update(world: World, first: Json, late: Json, newest: Json) -> Json:
    """A writer is paused before an update; another one comes further; how the object lives after the late update."""
    world.declare("shop", first)
    async with world.synced():
        await world.quiet()
        other = world.twin()
        world.declare("shop", late)
        world.commit()
        async with _paused(world, "PATCH", first["metadata"]["name"]) as arrived:
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


def _row(name: str, when: str) -> None:
    async def run(world: World) -> None:
        """INV-13, INV-14: who holds the fence dies. Another one goes on from there, and further; then it comes back."""
        body = config_map("settings", {"a": "1"})
        world.declare("shop", body)
        async with world.synced():
            uid = (await world.live(body))["metadata"]["uid"]
        other = world.twin()
        await _killed_at_its_first_write(world, when)
        async with other.started():
            for value in ("2", "3"):
                world.declare("shop", config_map("settings", {"a": value}))
                world.commit()
                await other.follow()
                await _shows(other, body, value)
            await other.until_sync(Sync.SYNCED)
            expect((await world.live(_lease(world)))["spec"]["holderIdentity"], "second/1")
        world.weather.seen = []
        async with world.started():
            await world.follow()
            await world.until_sync(Sync.SYNCED)
            await world.quiet()
            expect([name for name in _written(world) if name[1] == "settings"], [])
            live = await world.live(body)
            expect((live["data"], live["metadata"]["uid"]), ({"a": "3"}, uid))
            told = [r.kind for r in world.records("shop") if r.kind in {Kind.INTENT.value, Kind.OUTCOME.value}]
            expect(told[-2:], [Kind.INTENT.value, Kind.OUTCOME.value])
            world.declare("shop", config_map("settings", {"a": "4"}))
            await world.push()
            await world.until_sync(Sync.SYNCED)
            expect((await world.live(body))["data"], {"a": "4"})

    named_case(name, run)


async def _shows(world: World, body: Json, value: str) -> None:
    await world.api.until(body, lambda answer: bool(answer.body["data"]["a"] == value), f"at {value}")


async def _killed_at_its_first_write(world: World, when: str) -> None:
    """A life that takes the fence with a commit, and ends `before` its write of the object, or `after` it."""

    def kill(request: Request) -> None:
        if is_write(request) and request.path.endswith("/settings"):
            raise Died

    world.declare("shop", config_map("settings", {"a": "2"}))
    world.commit()
    setattr(world.weather, when, kill)
    async with survived(world) as died:
        await world.follow()
        await world.quiet()
    setattr(world.weather, when, None)
    expect(died, [True])
    expect((await world.live(_lease(world)))["spec"]["holderIdentity"], "first/2")
    is_written = (await world.live(config_map("settings")))["data"] == {"a": "2"}
    expect(is_written, when == "after")


_row("fence_holder_dies_before_its_first_write", "before")
_row("fence_holder_dies_between_its_write_and_the_record", "after")


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
async def fence_late_delete_is_refused(world: World) -> None:
    """INV-10, INV-12: a writer is paused before a delete; another one keeps the object; the late delete is refused."""
    world.declare("shop", config_map("stays"), config_map("left", {"a": "1"}))
    async with world.synced():
        await world.quiet()
        other = world.twin()
        uid = (await world.live(config_map("left")))["metadata"]["uid"]
        world.declare("shop", config_map("stays"))
        world.commit()
        async with _paused(world, "DELETE", "left") as arrived:
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
async def fence_late_create_is_gone_within_one_pass(world: World) -> None:
    """A writer is paused before a create; another one makes the object and prunes it; what comes late goes again."""
    world.declare("shop", config_map("stays"))
    async with world.synced():
        await world.quiet()
        other = world.twin()
        world.declare("shop", config_map("stays"), config_map("late"))
        world.commit()
        async with AsyncExitStack() as stack:
            async with _paused(world, "PATCH", "late") as arrived:
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
async def fence_late_create_of_what_was_never_made(world: World) -> None:
    """A writer is paused before a create that it wrote down; another one goes on from its data, and Git drops it."""
    world.declare("shop", config_map("stays"))
    async with world.synced():
        await world.quiet()
        world.declare("shop", config_map("stays"), config_map("late"))
        world.commit()
        async with AsyncExitStack() as stack:
            async with _paused(world, "PATCH", "late") as arrived:
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


@engine_case
async def fence_older_data_and_older_git(world: World) -> None:
    """INV-12, INV-26: Git went back, and so did the data directory: the fence knows, and a person has to agree."""
    settings = config_map("settings", {"a": "1"})
    world.declare("shop", settings)
    async with world.synced():
        other = world.twin()
        world.declare("shop", config_map("settings", {"a": "2"}), config_map("more"))
        world.commit()
        await world.follow()
        await world.until_sync(Sync.SYNCED)
    world.repository.head = "00000001" * 5
    async with other.started():
        await other.follow()
        status = await other.until_sync(Sync.HELD)
        expect([problem.code for problem in status.problems], ["TL1902"])
        expect([note.code for note in other.now.engine.notes], ["TL1905"])
        await other.quiet()
        expect((await world.live(settings))["data"], {"a": "2"})
        expect_that(await world.live(config_map("more")))
        other.approvals.approve(FLEET, Digest(other.repository.head), who="ada")
        other.now.engine.wake("shop")
        await other.until_sync(Sync.OUT_OF_SYNC)
        expect((await world.live(settings))["data"], {"a": "1"})


@engine_case
async def fence_agreed_commit_speaks_for_what_follows_it(world: World) -> None:
    """INV-12: history was rewritten, and a person agreed. The next commits are not asked about, after a start neither.

    One application has nothing to write meanwhile, so its fence still says what was before.
    """
    world.declare("blog", config_map("posts"))
    async with followed_twice(world) as first:
        pass
    world.repository.fork(first)
    world.declare("shop", config_map("settings", {"a": "3"}))
    world.commit()
    async with world.started():
        await world.follow()
        expect([problem.code for problem in world.now.engine.problems], ["TL0130"])
        world.control.approve(FLEET, world.repository.head, who="ada")
        await _brought(world, "3")
        world.declare("shop", config_map("settings", {"a": "4"}))
        world.commit()
        await _brought(world, "4")
    async with world.started():
        world.declare("shop", config_map("settings", {"a": "5"}))
        world.commit()
        await _brought(world, "5")


async def _brought(world: World, value: str) -> None:
    """What was committed last is there, and nobody is asked about anything."""
    await world.follow()
    await world.quiet()
    expect((await world.live(config_map("settings")))["data"], {"a": value})
    expect([world.status(name).problems for name in ("blog", "shop")], [(), ()])
    expect([world.status(name).sync for name in ("blog", "shop")], [Sync.SYNCED, Sync.SYNCED])


@engine_case
async def fence_older_data_takes_nothing_for_granted(world: World) -> None:
    """INV-26: a backup says `a` is as Git says now, but somebody changed it there and back since: it is looked at."""
    world.declare("shop", config_map("settings", {"a": "1"}))
    async with world.synced():
        other = world.twin()
        world.declare("shop", config_map("settings", {"a": "2"}))
        world.commit()
        await world.follow()
        await world.until_sync(Sync.SYNCED)
    world.declare("shop", config_map("settings", {"a": "1"}))
    world.commit()
    async with other.started():
        await other.follow()
        await other.until_sync(Sync.SYNCED)
        await other.quiet()
        expect((await world.live(config_map("settings")))["data"], {"a": "1"})


@engine_case
async def fence_without_rights(world: World) -> None:
    """A cluster that gives no Leases: it is said once, and the local fence is all there is."""

    def storm(request: Request) -> Response | None:
        if "/leases" not in request.path:
            return None
        message = 'leases.coordination.k8s.io is forbidden: User "t" cannot list resource "leases"'
        message += f' in API group "coordination.k8s.io" in the namespace "{HOME}"'
        body = f'{{"kind":"Status","status":"Failure","reason":"Forbidden","code":403,"message":{_quoted(message)}}}'
        return Response(status=403, headers={}, body=body.encode())

    world.weather.storm = storm
    world.declare("shop", config_map("settings"))
    async with world.synced():
        expect([note.code for note in world.now.engine.notes], ["TL1903"])
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(config_map("settings")))["data"], {"a": "2"})
        expect(len(_asked(world)), 1)


def _quoted(text: str) -> str:
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'


@engine_case
async def fence_deleted_by_hand(world: World) -> None:
    """Somebody deletes the Lease: the next write takes it anew."""
    world.declare("shop", config_map("settings"))
    async with world.synced():
        await world.api.delete(_lease(world))
        await world.quiet()
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(_lease(world)))["spec"]["holderIdentity"], "first/1")

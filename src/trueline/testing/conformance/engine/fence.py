"""Two processes with one installation: one writes, and nothing older comes over what is newer (INV-12, INV-13)."""

from trueline.loop.chronicle import FLEET
from trueline.loop.status import Sync
from trueline.model.digest import Digest
from trueline.record.journal import Kind
from trueline.runtime.http import Request, Response, Unreachable
from trueline.target.kubernetes.lease import HOME, LEASE, lease_name, read_lease
from trueline.target.kubernetes.mark import LABEL
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case, named_case
from trueline.testing.conformance.engine.crash import Died, survived
from trueline.testing.conformance.engine.declaration import fleet_files
from trueline.testing.conformance.engine.history import followed_twice
from trueline.testing.conformance.engine.pause import kept_waiting
from trueline.testing.conformance.engine.repository import MemoryRepository
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World


def _lease(world: World, application: str = "shop") -> Json:
    name = lease_name(world.installation, application)
    return {"apiVersion": LEASE.api_version, "kind": LEASE.kind, "metadata": {"name": name, "namespace": HOME}}


def _asked(world: World) -> list[tuple[str, str]]:
    """What was asked of fences, the watch apart."""
    asked = [r for r in world.weather.seen if "/leases" in r.path and r.query.get("watch") != "true"]
    return [(r.method, r.path.rpartition("/")[2]) for r in asked]


def _takes_the_fence(request: Request) -> bool:
    return request.method == "PUT" and "/leases/" in request.path


def _written(world: World) -> list[tuple[str, str]]:
    """What was written of everything else."""
    seen = [r for r in world.weather.seen if is_write(r) and f"/namespaces/{HOME}" not in r.path]
    return [(r.method, r.path.rpartition("/")[2]) for r in seen]


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


def _apart_twin(world: World) -> World:
    """Another process, with a repository of its own that has the same commits; what is in the next one may differ."""
    other = world.twin()
    other.repository = MemoryRepository()
    other.repository.commit(fleet_files(world.applications, world.api.namespace))
    return other


@engine_case
async def fence_says_where_the_application_is(world: World) -> None:
    """INV-12: who has begun with the newest commit for one application, puts no other one back to an older commit."""
    shop, blog = config_map("settings", {"a": "1"}), config_map("blog", {"a": "1"})
    world.declare("shop", shop)
    world.declare("blog", blog)
    other = _apart_twin(world)
    async with world.synced():
        await world.until_sync(Sync.SYNCED, "blog")
        async with other.started():
            await other.follow()
            for name in ("shop", "blog"):
                await other.until_sync(Sync.SYNCED, name)
            world.declare("shop", config_map("settings", {"b": "2"}))
            world.declare("blog", config_map("blog", {"a": "2"}))
            broken = {"shop/broken.yaml": b"kind: [\n"}
            other.repository.commit({**fleet_files(world.applications, world.api.namespace), **broken})
            await world.push()
            for name in ("shop", "blog"):
                await world.until_sync(Sync.SYNCED, name)
            await other.follow()
            await other.until_sync(Sync.SYNCED, "blog")
            expect(other.history.newest(FLEET), other.repository.head)
            other.now.engine.wake("shop")
            await other.quiet()
            expect([name for _, name in _written(other) if name == "settings"], [])
            expect((await world.live(shop))["data"], {"b": "2"})
            expect([problem.code for problem in other.status("shop").problems if problem.code == "TL1902"], ["TL1902"])
            world.expect_sync(Sync.SYNCED)


@engine_case
async def fence_what_another_applied_is_kept(world: World) -> None:
    """INV-12: what waits is held to what was applied last by whoever it was, not to what our own books say of it."""
    bodies = await _applied_at_first(world)
    _change_all(world, bodies)
    await _apply_as(world.twin())
    world.weather.seen = []
    async with world.started():
        await _wait_for_a_person(world, bodies)
        expect(((await world.live(bodies[9]))["data"], _written(world)), ({"b": "2"}, []))


@engine_case
async def fence_what_another_applied_meanwhile_is_kept(world: World) -> None:
    """INV-12: the same, where the other one is behind, and came after the start."""
    bodies = await _applied_at_first(world)
    other = _apart_twin(world)
    async with world.synced():
        _change_all(world, bodies)
        other.repository.commit(fleet_files(world.applications, world.api.namespace))
        await _wait_for_a_person(world, bodies)
        world.weather.storm = lambda r: Unreachable("away") if _takes_the_fence(r) else None
        await _apply_as(other)
        world.weather.storm = None
        world.now.engine.wake("shop")
        await world.quiet()
        world.expect_sync(Sync.WAITING)
        expect((await world.live(bodies[9]))["data"], {"b": "2"})
        await world.approve("shop")
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(bodies[9]), (await world.live(bodies[0]))["data"]), ({}, {"b": "2"}))


async def _applied_at_first(world: World) -> list[Json]:
    """Ten objects, applied by a process that has ended."""
    bodies = [config_map(f"c{n}", {"a": "1"}) for n in range(10)]
    world.declare("shop", *bodies)
    async with world.synced():
        return bodies


def _change_all(world: World, bodies: list[Json]) -> None:
    """One more commit."""
    for body in bodies:
        body["data"] = {"b": "2"}
    world.declare("shop", *bodies)
    world.commit()


async def _apply_as(other: World) -> None:
    """Another process applies what its repository says, and ends."""
    async with other.started():
        await other.follow()
        await other.until_sync(Sync.SYNCED)


async def _wait_for_a_person(world: World, bodies: list[Json]) -> None:
    """Git leaves most of it, which nobody agrees to: it is kept as it is."""
    world.declare("shop", *bodies[:3])
    await world.push()
    await world.until_sync(Sync.WAITING)
    await world.quiet()


@engine_case
async def fence_one_process_is_not_stopped_by_itself(world: World) -> None:
    """What was healed at a newer commit was declared by an older one first: a start goes on from there."""
    body = config_map("settings", {"a": "1"})
    world.declare("shop", body)
    async with world.synced():
        world.declare("blog", config_map("blog"))
        await world.push()
        await world.until_sync(Sync.SYNCED, "blog")
        await _healed(world, body)
        told = read_lease(await _raw(world, _lease(world)))
        assert told is not None
        expect(told.record.standing.order.commit, world.repository.head)
    world.declare("shop", body, files={"broken.yaml": b"kind: [\n"})
    world.commit()
    async with world.started():
        await world.follow()
        await _healed(world, body)
        expect([problem.code for problem in world.expect_sync(Sync.BLOCKED).problems if problem.code == "TL1902"], [])
    left = read_lease(await _raw(world, _lease(world)))
    assert left is not None
    expect(left.record.standing.order.commit, told.record.standing.order.commit)


async def _healed(world: World, body: Json) -> None:
    await world.seen(await world.api.merge(body, {"data": {"a": "by hand"}}))
    await world.quiet()
    expect((await world.live(body))["data"], body["data"])


@engine_case
async def fence_a_heal_is_of_what_was_looked_at(world: World) -> None:
    """INV-11: somebody edits again after the look, while the fence is taken: that is looked at too before it goes."""
    body = config_map("settings", {"a": "1", "b": "1"})
    world.declare("shop", body)
    async with world.synced():
        pass

    async with world.synced():
        async with kept_waiting(world, _takes_the_fence) as arrived:
            expect_status(await world.api.merge(body, {"data": {"a": "by hand"}}), 200)
            await arrived.wait()
            again = await world.api.merge(body, {"data": {"b": "by hand"}})
            version = again.body["metadata"]["resourceVersion"]
            target = world.now.target
            await world.until(
                lambda: any(seen.version == version for seen in target.marked(target.mark("shop")).values()), "seen"
            )
        await world.until(lambda: any("data.b" in fields for _, fields, _ in world.drifts()), "looked at")
        await world.quiet()
        expect((await world.live(body))["data"], {"a": "1", "b": "1"})
        world.expect_sync(Sync.SYNCED)


@engine_case
async def fence_a_heal_of_what_lost_its_mark_is_of_what_was_looked_at(world: World) -> None:
    """INV-11: what somebody takes the mark from is not watched; edited again after the look, it is looked at again."""
    body = config_map("settings", {"a": "1", "b": "1"})
    world.declare("shop", body)
    async with world.synced():
        pass

    async with world.synced():
        async with kept_waiting(world, _takes_the_fence) as arrived:
            taken = {"metadata": {"labels": {LABEL: None}}, "data": {"a": "by hand"}}
            expect_status(await world.api.merge(body, taken), 200)
            await arrived.wait()
            expect_status(await world.api.merge(body, {"data": {"b": "by hand"}}), 200)
        await world.until(lambda: any("data.b" in fields for _, fields, _ in world.drifts()), "looked at")
        await world.quiet()
        expect((await world.live(body))["data"], {"a": "1", "b": "1"})
        world.expect_sync(Sync.SYNCED)


@engine_case
async def fence_is_where_it_was_after_a_heal_beside_a_plan(world: World) -> None:
    """A heal while a newer commit waits for a person is nothing of that commit: a start finds books that fit."""
    body = config_map("settings", {"a": "1"})
    world.declare("shop", body, *(config_map(f"gone-{n}") for n in range(12)))
    async with world.synced():
        before = world.repository.head
        world.declare("shop", body)
        await world.push()
        await world.until_sync(Sync.WAITING)
        await _healed(world, body)
        world.expect_sync(Sync.WAITING)
    left = read_lease(await _raw(world, _lease(world)))
    assert left is not None
    expect(left.record.standing.order.commit, before)
    async with world.started() as engine:
        await world.follow()
        await world.until_sync(Sync.WAITING)
        expect([note.code for note in engine.notes], [])


def _is_tried(request: Request) -> bool:
    return request.method == "PATCH" and bool(request.query.get("dryRun"))


async def _put_back(world: World, before: str) -> str:
    """A commit that changes `settings` is tried when Git goes back to `before`; returns that commit."""
    async with kept_waiting(world, _is_tried) as arrived:
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

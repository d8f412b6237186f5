"""`Removal`: what Git says of how an application goes is done, for as long and for as much as it says, and no more."""

from datetime import timedelta
from typing import Any

import msgspec

from trueline.loop.status import Sync
from trueline.record.journal import Kind
from trueline.runtime.http import Response
from trueline.target.kubernetes.mark import LABEL
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case, named_case
from trueline.testing.conformance.engine.crash import EFFECTS, EFFECTS_MAX, Arm, Fuse, survived
from trueline.testing.conformance.engine.leaving import applied, some_time
from trueline.testing.conformance.engine.sample import claim, config_map
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World
from trueline.testing.process import TARGET


def _removal(world: World, *, days: int = 1, application: str = "shop", **said: Any) -> dict[str, bytes]:
    """A Removal that ends in so many days, as a file of the fleet."""
    until = (world.clock.now().date() + timedelta(days=days)).isoformat()
    spec = {"application": application, "until": until, **said}
    document = {"apiVersion": "trueline.dev/v1", "kind": "Removal", "metadata": {"name": "leaves"}, "spec": spec}
    return {"fleet/leaves.yaml": msgspec.json.encode(document)}


async def _gone(world: World, name: str = "shop") -> None:
    await world.until(lambda: name not in world.now.engine.kept, "gone")
    expect(world.ledger.count(name, TARGET), 0)


async def _leaves_git(world: World, **said: Any) -> None:
    """The application leaves Git, and a Removal says how."""
    world.applications.pop("shop", None)
    world.more = _removal(world, **said) if said else {}
    world.commit()
    await world.now.engine.follow_once()


def _managers(body: Json) -> set[str]:
    return {entry["manager"] for entry in body["metadata"].get("managedFields", [])}


def _expect_free(world: World, body: Json) -> None:
    """Nothing of ours is on it: no label, no manager, no finalizer, no owner (INV-06)."""
    expect_that(body)
    expect_that(LABEL not in (body["metadata"].get("labels") or {}))
    expect_that(f"trueline:{world.installation}" not in _managers(body))
    expect([one for one in body["metadata"].get("finalizers", []) if "trueline" in one], [])
    expect_that("ownerReferences" not in body["metadata"])


@engine_case
async def removal_lets_go(world: World) -> None:
    """`keep`: mark and hand are taken off, one write and two records each; others' fields and the object stay."""
    bodies = [config_map("one", labels={"team": "web"}), config_map("two"), claim("data")]
    world.declare("shop", *bodies)
    world.declare("blog", config_map("other"))
    async with applied(world):
        edit: Json = {"data": {"theirs": "1"}}
        expect_status(await world.api.merge(bodies[0], edit, fieldManager="kubectl-edit"), 200)
        await some_time(world)
        before = {body["metadata"]["name"]: await world.live(body) for body in bodies}
        world.start_counting()
        world.weather.seen = []
        await _leaves_git(world, keep={})
        await _gone(world)
        expect({k: v for k, v in world.counted.items() if k in {"patch", "delete", "apply"}}, {"patch": 3})
        for body in bodies:
            live = await world.live(body)
            _expect_free(world, live)
            expect(live["metadata"]["uid"], before[body["metadata"]["name"]]["metadata"]["uid"])
        one = await world.live(bodies[0])
        expect((one["data"], one["metadata"]["labels"]), ({"a": "1", "b": "2", "theirs": "1"}, {"team": "web"}))
        expect_in("kubectl-edit", _managers(one))
        outcomes = [r.body["action"] for r in world.records("shop", Kind.OUTCOME)]
        expect(outcomes[-3:], ["let go"] * 3)
        expect_status(await world.api.merge(bodies[1], {"data": {"a": "9"}}, fieldManager="kubectl-edit"), 200)
        await some_time(world)
        expect((await world.live(bodies[1]))["data"]["a"], "9")


@engine_case
async def removal_on_removal_keep_lets_go(world: World) -> None:
    """`sync.onRemoval: keep` says the same in the application itself; what is declared again is taken over again."""
    body = config_map("mine")
    world.declare("shop", body, sync={"onRemoval": "keep"})
    world.declare("blog", config_map("other"))
    async with world.synced():
        uid = (await world.live(body))["metadata"]["uid"]
        await _leaves_git(world)
        await _gone(world)
        _expect_free(world, await world.live(body))
        world.declare("store", body)
        world.commit()
        await world.now.engine.follow_once()
        await world.until(lambda: "store" in world.now.engine.kept, "declared")
        await world.until_sync(Sync.SYNCED, "store")
        live = await world.live(body)
        expect((live["metadata"]["uid"], live["metadata"]["labels"][LABEL]), (uid, f"{world.installation}.store"))


@engine_case
async def removal_consents_to_so_much(world: World) -> None:
    """`delete`: as many as were reviewed, and what may hold data by its name; one more waits for a person (INV-03)."""
    bodies = [config_map(f"c{n}") for n in range(8)]
    world.declare("shop", *bodies, claim("data"))
    world.declare("blog", config_map("other"))
    async with applied(world):
        await _leaves_git(world, delete={"countMax": 7})
        expect_in("8 of 9", (await world.until_sync(Sync.WAITING)).message)
        expect_that(await world.live(bodies[0]))
        await _leaves_git(world, delete={"countMax": 8})
        await world.until(lambda: "allowDelete" in world.status().message, "asked for consent")
        expect(await world.live(bodies[0]), {})
        expect_that(await world.live(claim("data")))
        allowed = [f"PersistentVolumeClaim/{world.api.namespace}/data"]
        await _leaves_git(world, delete={"countMax": 9, "allowDelete": allowed})
        await _gone(world)


@engine_case
async def removal_that_has_expired(world: World) -> None:
    """A consent that is over is none: nothing is deleted, and nothing let go, before somebody renews it."""
    body = config_map("mine")
    world.declare("shop", body)
    world.declare("blog", config_map("other"))
    async with world.synced():
        before = await world.live(body)
        ways: tuple[Json, ...] = ({"keep": {}}, {"delete": {"countMax": 5}}, {"forget": {}})
        for said in ways:
            await _leaves_git(world, days=-1, **said)
            await world.until_sync(Sync.OUT_OF_SYNC)
            await world.quiet()
            expect_in("leaves has expired", world.status().message)
            expect(await world.live(body), before)
        await _leaves_git(world, days=0, keep={})
        await _gone(world)
        _expect_free(world, await world.live(body))


@engine_case
async def removal_of_some(world: World) -> None:
    """Named resources of an application that stays: one is let go, and many are deleted without another question."""
    kept, many = config_map("kept"), [config_map(f"c{n}") for n in range(8)]
    world.declare("shop", config_map("stays"), kept, *many)
    async with world.synced():
        namespace = world.api.namespace
        world.more = _removal(world, keep={}, resources=[f"ConfigMap/{namespace}/kept"])
        world.declare("shop", config_map("stays"), *many)
        await world.push()
        await world.until_sync(Sync.SYNCED)
        _expect_free(world, await world.live(kept))
        expect(world.entry("kept"), None)
        world.declare("shop", config_map("stays"))
        await world.push()
        await world.until_sync(Sync.WAITING)
        world.more = _removal(world, delete={}, resources=[f"ConfigMap/{namespace}/c{n}" for n in range(8)])
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect([await world.live(one) for one in many], [{}] * 8)
        _expect_free(world, await world.live(kept))


@engine_case
async def removal_that_cannot_be_read(world: World) -> None:
    """INV-04: a Removal that says `keep` and is broken: the application does not go without it, the other way least."""
    body = config_map("mine")
    world.declare("shop", body, config_map("some"))
    world.declare("blog", config_map("other"))
    async with world.synced():
        await _leaves_git(world, keep={}, resourcess=["x"])
        await world.quiet()
        expect([p.code for p in world.now.engine.problems], ["TL0204"])
        expect_that(await world.live(body))
        world.declare("shop", body)
        world.more = _removal(world, keep={}, resources=[f"ConfigMap/{world.api.namespace}/some"], until="soon")
        await world.push()
        await world.quiet()
        expect({p.code for p in world.now.engine.problems}, {"TL0207", "TL1632"})
        expect_that(await world.live(config_map("some")))


@engine_case
async def removal_of_what_is_in_git_again(world: World) -> None:
    """INV-02: it comes back, and cannot be rendered: it does not go on leaving, and once it left, nobody waits for it.

    Seed 13: what was still unread of an application that had been forgotten kept all others from pruning for ever.
    """
    many = [config_map(f"of{index}") for index in range(8)]
    moved = config_map("other")
    world.declare("shop", *many)
    world.declare("blog", moved, config_map("stays"))
    async with world.synced():
        await _leaves_git(world)
        await world.until_sync(Sync.WAITING)
        world.declare("shop", *many)
        world.more = {"shop/broken.yaml": b"kind: [\n"}
        world.declare("blog", config_map("stays"))
        await world.push()
        await world.approve("shop")
        await world.quiet()
        expect([one for one in many if not await world.live(one)], [])
        expect_that(await world.live(moved))
        world.more = {}
        await _leaves_git(world)
        await _gone(world)  # somebody has agreed to just this
        await world.follow()
        expect(await world.live(moved), {})


@engine_case
async def removal_without_its_target(world: World) -> None:
    """`forget`: the cluster is gone for good; the application goes without a word to it, one record each."""
    body = config_map("mine")
    world.declare("shop", body, config_map("two"))
    world.declare("blog", config_map("other"))
    async with world.synced():
        before = await world.live(body)
        world.weather.storm = lambda _: Response(status=503, headers={}, body=b"")
        world.weather.seen = []
        await _leaves_git(world, forget={})
        await _gone(world)
        expect([r.path for r in world.weather.seen if is_write(r)], [])
        world.weather.storm = None
        expect(await world.live(body), before)
        expect([r.body["action"] for r in world.records("shop", Kind.OUTCOME)][-2:], ["forget"] * 2)


async def _let_go(world: World) -> bool:
    """The engine goes as far as it can with an application that is let go; whether it died on the way."""
    async with survived(world) as died:
        await world.until(lambda: world.now.engine.is_ready, "ready")
        await world.now.engine.follow_once()
        await world.until(lambda: "shop" not in world.now.engine.kept, "gone")
        await world.settle()
    return bool(died)


def _row(effect: str, arm: Arm) -> None:
    async def run(world: World) -> None:
        """INV-14: it dies at the n-th effect of letting go: in the end everything is free, and stands as it stood."""
        fuse = Fuse()
        arm(world, fuse)
        for n in range(EFFECTS_MAX):
            bodies = [config_map(f"one-{n}"), config_map(f"two-{n}")]
            world.declare("shop", *bodies)
            world.declare("blog", config_map("other"))
            world.more = {}
            async with world.synced():
                before = [(await world.live(body))["metadata"]["uid"] for body in bodies]
            world.applications.pop("shop")
            world.more = _removal(world, keep={})
            world.commit()
            fuse.left = n
            has_died = await _let_go(world)
            fuse.left = None
            if has_died:
                expect(await _let_go(world), False)  # noqa: FBT003 - nothing can die now
            live = [await world.live(body) for body in bodies]
            expect([body["metadata"]["uid"] for body in live], before)
            for body in live:
                _expect_free(world, body)
            expect(world.ledger.count("shop", TARGET), 0)
            if not has_died:
                expect_that(n > 1)
                return
        raise AssertionError("it never came to its end without dying")

    named_case(f"removal_lets_go_{effect}", run, is_long=True)


for _effect, _arm in EFFECTS.items():
    _row(_effect, _arm)

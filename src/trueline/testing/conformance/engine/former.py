"""D17 through the engine: what other tools made is taken over; what others hold is left until Git takes it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias

from trueline.loop.status import Sync
from trueline.testing.conformance.api import Answer, Api, Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case, named_case
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.conformance.engine.world import World

Make: TypeAlias = Callable[[Api, Json], Awaitable[Answer]]
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def _created(manager: str) -> Make:
    return lambda api, body: api.create(body, fieldManager=manager)


def _applied(manager: str) -> Make:
    return lambda api, body: api.apply(body, manager)


def _client_side(api: Api, body: Json) -> Awaitable[Answer]:
    metadata = {**body["metadata"], "annotations": {_LAST_APPLIED: "{}"}}
    return api.create({**body, "metadata": metadata}, fieldManager="kubectl-client-side-apply")


MAKERS: Mapping[str, Make] = {
    "client_side_apply": _client_side,
    "server_side_apply": _applied("kubectl"),
    "helm": _applied("helm"),
    "helm_three": _created("helm"),
    "kustomize_controller": _applied("kustomize-controller"),
    "argocd_controller": _applied("argocd-controller"),
    "argocd_client_side": _created("argocd-controller"),
}


def _row(name: str, make: Make) -> None:
    async def run(world: World) -> None:
        """It is taken over; afterwards a field that leaves Git leaves the cluster."""
        body = config_map("settings")
        expect_status(await make(world.api, body), 201)
        uid = (await world.live(body))["metadata"]["uid"]
        world.declare("shop", body)
        world.commit()
        async with world.started():
            await world.follow()
            await world.until_sync(Sync.SYNCED)
            world.declare("shop", config_map("settings", {"a": "1"}))
            await world.push()
            await world.until_sync(Sync.SYNCED)
            await world.quiet()
            live = await world.live(body)
            expect(live["data"], {"a": "1"})
            expect(live["metadata"]["uid"], uid)
            expect(_forced_first(world), [])

    named_case(f"former_{name}", run)


def _forced_first(world: World) -> list[str]:
    """Paths whose first request that could write was forced."""
    first: dict[str, bool] = {}
    for request in world.weather.seen:
        if request.method == "PATCH" and "apply" in request.headers.get("Content-Type", ""):
            first.setdefault(request.path, request.query.get("force") == "true")
    return [path for path, is_forced in first.items() if is_forced]


for _name, _each in MAKERS.items():
    _row(_name, _each)


@engine_case
async def former_takes_over_a_changed_value(world: World) -> None:
    """What a former tool made with another value becomes what Git says, in one pass."""
    theirs = config_map("settings", {"a": "old", "theirs": "1"})
    expect_status(await world.api.apply(theirs, "kustomize-controller"), 201)
    world.declare("shop", config_map("settings"))
    async with world.synced():
        expect((await world.live(theirs))["data"], {"a": "1", "b": "2"})


@asynccontextmanager
async def _left_to_a_stranger(world: World) -> AsyncIterator[Json]:
    """A manager that nobody knows holds `data.a`, Git declares another value, and the engine is at rest over it."""
    theirs = config_map("settings", {"a": "theirs"})
    expect_status(await world.api.apply(theirs, "stranger"), 201)
    world.declare("shop", config_map("settings"))
    world.commit()
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.OUT_OF_SYNC)
        await world.quiet()
        yield theirs


@engine_case
async def former_unknown_manager_keeps_its_field(world: World) -> None:
    """INV-19: a field that an unknown manager holds is reported with both and left to it, until Git takes it."""
    async with _left_to_a_stranger(world) as theirs:
        status = world.expect_sync(Sync.OUT_OF_SYNC)
        expect_in("data.a", status.message)
        expect_in("stranger", status.message)
        expect((await world.live(theirs))["data"], {"a": "theirs", "b": "2"})
        expect((_forced_first(world), status.added), ([], 0))
        await _stays_out_of_sync(world)
        world.declare("shop", config_map("settings"), sync={"takeOver": ["data.a"]})
        await world.push()
        await world.quiet()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(theirs))["data"], {"a": "1", "b": "2"})


async def _stays_out_of_sync(world: World) -> None:
    """The next pass says the same, and writes nothing."""
    world.start_counting()
    await world.push()
    await world.quiet()
    expect({verb for verb in world.counted if verb in {"apply", "patch", "delete"}}, set())
    expect_in("data.a", world.expect_sync(Sync.OUT_OF_SYNC).message)


@engine_case
async def former_field_that_is_left_stays_left_after_a_look(world: World) -> None:
    """INV-19: somebody touches the object. It stays theirs, is said so, and the next commit does not force it."""
    async with _left_to_a_stranger(world) as theirs:
        expect_status(await world.api.merge(theirs, {"data": {"theirs": "1"}}, fieldManager="kubectl-edit"), 200)
        await world.until(lambda: world.status().added == 1, "looked at")
        await world.quiet()
        await _stays_out_of_sync(world)
        world.declare("shop", config_map("settings", {"a": "1", "b": "3"}))
        await world.push()
        await world.quiet()
        expect_in("data.a is left to", world.expect_sync(Sync.OUT_OF_SYNC).message)
        expect((await world.live(theirs))["data"], {"a": "theirs", "b": "3", "theirs": "1"})


@engine_case
async def former_field_that_its_manager_lets_go_is_ours(world: World) -> None:
    """Nobody holds it any more: a look finds so, and what Git declares is applied."""
    async with _left_to_a_stranger(world) as theirs:
        expect_status(await world.api.apply(config_map("settings", {}), "stranger"), 200)
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(theirs))["data"], {"a": "1", "b": "2"})


@engine_case
async def former_never_forces_what_was_not_ours(world: World) -> None:
    """INV-19: no forced request is sent while an unknown manager holds what we declare."""
    async with _left_to_a_stranger(world):
        expect_that(not [r for r in world.weather.seen if r.query.get("force") == "true"])

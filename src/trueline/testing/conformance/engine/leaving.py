"""INV-06: Trueline is taken away, in every order, and no workload notices."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from trueline.loop.status import Sync
from trueline.record.schema import SCHEMA
from trueline.runtime.store import Store
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.sample import (
    claim,
    config_map,
    definition,
    deployment,
    gadget,
    secret,
    service,
)
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World

HOLDS = ("finalizers", "ownerReferences")


def _everything(world: World) -> list[Json]:
    """One object of each sort: what runs, what holds data, what defines, what is defined."""
    name, unique = f"n-{world.api.unique}", world.api.unique
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
        config_map("settings"),
        config_map("inside", namespace=name),
        secret("access", {"k": "v"}),
        service("web"),
        deployment("web"),
        claim("data"),
        definition(unique, "size"),
        gadget(unique, "one", size="1"),
    ]


def _identities(bodies: list[Json]) -> list[tuple[str, bool]]:
    return [(body["metadata"]["uid"], "deletionTimestamp" in body["metadata"]) for body in bodies]


async def _live(world: World, bodies: list[Json]) -> list[Json]:
    return [await world.live(body) for body in bodies]


def _writes(world: World) -> list[str]:
    return [f"{r.method} {r.path}" for r in world.weather.seen if is_write(r)]


def _declared(body: Json) -> Mapping[str, object]:
    return {key: body["metadata"].get(key) for key in HOLDS if key in body["metadata"]}


@engine_case
async def leaving_no_object_is_held(world: World) -> None:
    """INV-06: no finalizer and no owner comes from us, so that nothing waits for us and nothing goes with us."""
    bodies = [*_everything(world), config_map("theirs", finalizers=["example.test/theirs"])]
    world.declare("shop", *bodies)
    async with world.synced():
        for body, live in zip(bodies, await _live(world, bodies), strict=True):
            metadata = live["metadata"]
            ours = [e["fieldsV1"]["f:metadata"] for e in metadata["managedFields"] if "trueline" in e["manager"]]
            held = {key for fields in ours for key in HOLDS if f"f:{key}" in fields}
            expect(held, set(_declared(body)))
            expect([one for one in metadata.get("finalizers", []) if "trueline" in one], [])
            expect_that("ownerReferences" not in metadata)
        free = {"metadata": {"finalizers": None}}
        expect_status(await world.api.merge(bodies[-1], free), 200)


@engine_case
async def leaving_the_process_ends_for_ever(world: World) -> None:
    """INV-06: nobody runs any more: everything stands as it was, and goes when somebody deletes it."""
    bodies = _everything(world)
    world.declare("shop", *bodies)
    async with world.synced():
        before = _identities(await _live(world, bodies))
    expect(_identities(await _live(world, bodies)), before)
    expect_status(await world.api.delete(bodies[1]), 200)
    expect(await world.live(bodies[1]), {})


@engine_case
async def leaving_the_data_directory_is_deleted(world: World) -> None:
    """INV-06, INV-26: under a running engine, and between two: no delete, no other UID; another id writes nothing."""
    bodies = _everything(world)
    world.declare("shop", *bodies)
    with TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        data.mkdir()
        world.store = Store.open(data / "trueline.db", SCHEMA)
        async with world.synced():
            before = _identities(await _live(world, bodies))
            world.weather.seen = []
            shutil.rmtree(data)
            await world.follow()
            edit: Json = {"data": {"a": "theirs"}}
            expect_status(await world.api.merge(bodies[1], edit, fieldManager="kubectl-edit"), 200)
            await world.quiet()
            expect([one for one in _writes(world) if one.startswith("DELETE")], [])
    async with world.started(fresh_store=True):
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        expect([one for one in _writes(world) if one.startswith("DELETE")], [])
        expect(_identities(await _live(world, bodies)), before)
    world.installation = f"j{world.api.unique}"
    world.weather.seen = []
    async with world.started(fresh_store=True):
        await world.follow()
        expect_in("another installation", (await world.until_sync(Sync.OUT_OF_SYNC)).message)
        await world.quiet()
        expect(_writes(world), [])
        expect(_identities(await _live(world, bodies)), before)


@engine_case
async def leaving_its_own_kinds_are_deleted(world: World) -> None:
    """INV-06: an agent's CRD in `trueline.dev` and its namespace are deleted while the engine runs."""
    name = f"trueline-{world.api.unique}"
    space: Json = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    kind = definition(world.api.unique, "size")
    group = f"t{world.api.unique}.trueline.dev"
    kind["metadata"]["name"], kind["spec"]["group"] = f"gadgets.{group}", group
    kind["spec"]["names"] = {"kind": "Fleet", "plural": "gadgets", "singular": "fleet"}
    bodies = _everything(world)
    world.declare("shop", *bodies)
    async with world.synced():
        expect_status(await world.api.create(space), 201)
        expect_status(await world.api.create(kind), 201)
        before = _identities(await _live(world, bodies))
        world.weather.seen = []
        expect_status(await world.api.delete(kind), 200)
        expect_status(await world.api.delete(space), 200)
        await world.follow()
        await world.quiet()
        expect(_writes(world), [])
        world.expect_sync(Sync.SYNCED)
    expect(_identities(await _live(world, bodies)), before)

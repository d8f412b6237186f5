"""INV-26 through the engine: a lost, an empty or an older data directory deletes nothing and downgrades nothing."""

import sqlite3
from collections.abc import Callable
from typing import Any

from trueline.loop.status import Sync
from trueline.record.journal import Kind
from trueline.record.schema import SCHEMA
from trueline.runtime.http import Request
from trueline.runtime.store import MEMORY, Store
from trueline.target.inventory import EntryState
from trueline.target.kubernetes.lease import HOME
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.sample import config_map, deployment, secret, service
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World, copied

MANY = 12
"""More than are read one by one."""


def _applied(world: World) -> list[tuple[str, str]]:
    """What was written, the fences apart, and what was tried."""
    sent = [r for r in world.weather.seen if r.method != "GET" and f"/namespaces/{HOME}" not in r.path]
    return [(r.method, r.path.rpartition("/")[2]) for r in sent]


@engine_case
async def lost_everything_is_found_again(world: World) -> None:
    """A new store: each object that is as declared is found by its mark and field set; nothing is tried nor written."""
    bodies = [
        *(config_map(f"c{n}") for n in range(MANY)),
        secret("access", {"k": "v"}),
        service("web"),
        deployment("web"),
    ]
    world.declare("shop", *bodies)
    async with world.synced():
        await world.quiet()
    before = [(await world.live(body))["metadata"]["resourceVersion"] for body in bodies]
    world.weather.seen = []
    async with world.started(fresh_store=True):
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
        expect(_applied(world), [])
        entries = world.ledger.inventory("shop", "cluster").entries
        expect(len(entries), len(bodies))
        expect({entry.state for entry in entries.values()}, {EntryState.APPLIED})
        expect_that(all(entry.uid and entry.ours for entry in entries.values()))
        world.declare("shop", config_map("c0", {"a": "2"}), *bodies[1:])
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect({name for method, name in _applied(world) if method == "PATCH"}, {"c0"})
    expect([(await world.live(body))["metadata"]["resourceVersion"] for body in bodies[1:]], before[1:])


@engine_case
async def lost_and_changed_meanwhile(world: World) -> None:
    """What differs from Git when it is found again is not taken for declared: Git's change, a key that left, a type."""
    bodies = [config_map(f"c{n}") for n in range(MANY)]
    world.declare("shop", *bodies, deployment("web", minReadySeconds=5))
    async with world.synced():
        await world.quiet()
    changed = [config_map("c0", {"a": "2", "b": "2"}), config_map("c1", {"a": "1"}), *bodies[2:]]
    world.declare("shop", *changed, deployment("web"))
    world.commit()
    async with world.started(fresh_store=True):
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
        expect((await world.live(bodies[0]))["data"], {"a": "2", "b": "2"})
        expect((await world.live(bodies[1]))["data"], {"a": "1"})
        expect((await world.live(deployment("web")))["spec"].get("minReadySeconds"), None)
        expect([name for method, name in _applied(world) if method == "DELETE"], [])


@engine_case
async def lost_and_edited_by_hand(world: World) -> None:
    """Somebody edited an object while the data was lost: their field is theirs now, and is told, not overwritten."""
    bodies = [config_map(f"c{n}") for n in range(3)]
    world.declare("shop", *bodies)
    async with world.synced():
        await world.quiet()
    expect_status(await world.api.merge(bodies[0], {"data": {"a": "theirs"}}, fieldManager="kubectl-edit"), 200)
    async with world.started(fresh_store=True):
        await world.follow()
        status = await world.until_sync(Sync.OUT_OF_SYNC)
        expect_in("data.a is left to", status.message)
        expect((await world.live(bodies[0]))["data"]["a"], "theirs")


@engine_case
async def lost_keep_is_read_from_what_lives(world: World) -> None:
    """A backup does not know yet that Git forbade to prune an object; the object itself does, and is not deleted."""
    world.declare("shop", config_map("stays"), config_map("kept"))
    async with world.synced():
        await world.quiet()
        backup = copied(world.store)
        world.declare("shop", config_map("stays"), config_map("kept", annotations={"trueline.dev/prune": "false"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        world.declare("shop", config_map("stays"))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect_that(await world.live(config_map("kept")))
    other = world.twin(store=backup)
    async with other.started():
        await other.follow()
        await other.until_sync(Sync.SYNCED)
        await other.quiet()
    expect_that(await world.live(config_map("kept")))


class _Snapped(sqlite3.Connection):
    """A database of which a copy is taken after each commit."""

    taken: Callable[[], None] | None = None

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run it."""
        found = super().execute(sql, parameters)
        if sql == "COMMIT" and self.taken is not None:
            self.taken()
        return found


def _steps() -> list[list[Json]]:
    """A run: objects come, change, change back, go, come again, and are kept."""
    web, one, two, kept = deployment("web"), config_map("one"), config_map("two"), config_map("kept")
    keeping = config_map("kept", annotations={"trueline.dev/prune": "false"})
    return [
        [one, web],
        [config_map("one", {"a": "2"}), two, web, kept],
        [one, deployment("web", minReadySeconds=5), kept],
        [one, two, web, keeping],
        [one, config_map("two", {"b": "3"}), web, service("web")],
    ]


@engine_case
async def lost_every_backup_of_a_run(world: World) -> None:
    """INV-26, INV-05: the store as it was after each commit of a run, put back at the end: 0 deletes, 0 writes."""
    backups: list[Store] = []

    class Snapped(_Snapped):
        taken = staticmethod(lambda: backups.append(copied(world.store)))

    world.store = Store.open(MEMORY, SCHEMA, factory=Snapped)
    steps = _steps()
    world.declare("shop", *steps[0])
    async with world.synced():
        for step in steps[1:]:
            world.declare("shop", *step)
            await world.push()
            await world.until_sync(Sync.SYNCED)
            await world.quiet()
    before = await _versions(world, steps[-1])
    expect_that(len(backups) > 20)  # noqa: PLR2004 - every step has its intents, outcomes and records
    for number in sorted({*range(0, len(backups), max(1, len(backups) // BACKUPS_TRIED)), len(backups) - 1}):
        other = world.twin(store=backups[number])
        async with other.started():
            await other.follow()
            await other.until_sync(Sync.SYNCED)
            await other.settle()
        written = [(r.method, r.path.rpartition("/")[2]) for r in other.weather.seen if _is_effect(r)]
        story = [(r.kind, r.body) for r in other.records("shop") if r.kind == Kind.INTENT.value][-1:]
        expect((number, written), (number, []), story)
        expect(await _versions(world, steps[-1]), before, number)
        expect_that(await world.live(config_map("kept")))


BACKUPS_TRIED = 26
"""Evenly over the run, for each is a start of its own; all of them were tried once."""


def _is_effect(request: Request) -> bool:
    return is_write(request) and f"/namespaces/{HOME}" not in request.path


async def _versions(world: World, bodies: list[Json]) -> list[tuple[str, int]]:
    """What tells that an object was written; a controller moves the version of a Deployment's status."""
    lives = [(await world.live(body))["metadata"] for body in bodies]
    return [(m["uid"], m.get("generation", 0) or int(m["resourceVersion"])) for m in lives]

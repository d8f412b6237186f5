"""Incidents in which a removal, an upgrade or a second declaration took along what was to stay."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from trueline.loop.status import Sync
from trueline.record.schema import SCHEMA
from trueline.runtime.files import MemoryTree
from trueline.runtime.store import Store
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect_status
from trueline.testing.conformance.engine.crash import EFFECTS, Died, Fuse
from trueline.testing.conformance.engine.sample import claim, config_map, definition, deployment, gadget
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World
from trueline.testing.conformance.reviewer import allowed
from trueline.testing.conformance.webhook import VALIDATING, configured

pytestmark = pytest.mark.asyncio(loop_scope="session")

LABEL = "trueline.dev/application"


def written(world: World) -> list[tuple[str, str]]:
    """What the engine wrote, as methods and names."""
    return [(r.method, r.path.rpartition("/")[2]) for r in world.weather.seen if is_write(r)]


def deleted(world: World) -> list[str]:
    """The names of what it asked the target to delete."""
    return [name for method, name in written(world) if method == "DELETE"]


async def uids(world: World, *bodies: Json) -> list[str]:
    """Who each object is; empty where it is not there, or on its way out."""
    metadata = [(await world.live(body)).get("metadata", {}) for body in bodies]
    return ["" if "deletionTimestamp" in one else one.get("uid", "") for one in metadata]


# ---- Trueline itself goes ------------------------------------------------------------------------------------------


async def test_incident_11_autopilot_494_the_tool_is_removed_and_takes_everything_along(world: World) -> None:
    """INV-06 INV-02 Whoever removed the tool lost all that it had ever applied; and in a second case a render that
    dropped most of its objects removed them.

    Here the engine ends, its data is lost, and a new installation comes and goes. The end writes nothing but that its
    lease is given back. On what was applied there is a label and nothing else, so that nothing can cascade: no
    finalizer, no owner. A render that drops most objects waits.
    """  # noqa: D205 - the first line is the invariants'
    bodies = [config_map(f"c{number}") for number in range(10)]
    world.declare("shop", *bodies)
    async with world.synced():
        before = await uids(world, *bodies)
        world.declare("shop", *bodies[:2])
        await world.push()
        await world.quiet()
        assert "8 of 10" in world.expect_sync(Sync.WAITING).message
        world.declare("shop", *bodies)
        await world.push()
        await world.until_sync(Sync.SYNCED)
        world.weather.seen = []
    assert {r.path.split("/")[2] for r in world.weather.seen if is_write(r)} <= {"coordination.k8s.io"}, "a last word"
    assert deleted(world) == []
    for body in bodies:
        metadata = (await world.live(body))["metadata"]
        assert list(metadata["labels"]) == [LABEL]
        assert metadata.keys().isdisjoint({"finalizers", "ownerReferences", "annotations"})
    another = World(world.api, world.toolbox, installation=f"another-{world.api.unique}")
    another.declare("shop", *bodies)
    another.commit()
    async with another.started():
        await another.follow()
        assert "another installation" in another.expect_sync(Sync.OUT_OF_SYNC).message
        del another.applications["shop"]
        another.declare("blog", config_map("other"))
        another.commit()
        await another.now.engine.follow_once()
        await another.until(lambda: "shop" not in another.now.engine.kept, "gone")
        assert deleted(another) == []
    assert await uids(world, *bodies) == before


# ---- one name twice ------------------------------------------------------------------------------------------------


async def test_incident_12_influxdata_a_second_application_of_one_name_deletes_the_first_ones_database(
    world: World,
) -> None:
    """INV-03 INV-07 One line gave an application the name of another one; the stateful workload of a production cluster
    was deleted.

    Here one line of `blog` says `shop`. Nobody can know which of the two is meant by that name, so neither is followed;
    and the file that was wrong keeps the application that it declared before.
    """  # noqa: D205 - the first line is the invariants'
    container = {"name": "db", "image": "example.test/db:1"}
    template = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [container]}}
    spec = {"replicas": 0, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}}, "template": template}
    database: Json = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": spec}
    bodies = [config_map("settings"), database, config_map("other")]
    world.declare("shop", bodies[0])
    world.declare("blog", *bodies[1:])
    async with world.synced():
        await world.until_sync(Sync.SYNCED, "blog")
        before = await uids(world, *bodies)
        source = world.repository
        tree = source.files(await source.artifact(await source.poll()))
        assert isinstance(tree, MemoryTree)
        again = msgspec.json.decode(tree.files["fleet/blog.yaml"])
        again["metadata"]["name"] = "shop"
        source.commit({**tree.files, "fleet/blog.yaml": msgspec.json.encode(again)})
        await world.now.engine.follow_once()
        await world.quiet()
        assert {problem.code for problem in world.now.engine.problems} == {"TL0201"}
        assert sorted(world.now.engine.kept) == ["blog", "shop"]
        assert deleted(world) == []
        assert await uids(world, *bodies) == before


# ---- definitions ---------------------------------------------------------------------------------------------------


async def test_incident_15_thaum_1475_definitions_are_removed_with_a_chart(world: World) -> None:
    """INV-06 INV-07 INV-09 To remove a chart took eleven definitions along, with them every object of these kinds in
    the cluster, and with those, in a race, the workloads that they stood for.

    Trueline needs no definition of its own, so that there is none to remove. The nearest is an application that brings
    one of which another application has objects: it leaves Git, and definition and objects stay; even with Git's
    consent to delete the definition, for as long as there is an object of somebody else.
    """  # noqa: D205 - the first line is the invariants'
    unique = world.api.unique
    kind, one = definition(unique, "size"), gadget(unique, "one", size="big")
    named = f"/apis/{one['apiVersion']}/namespaces/{world.api.namespace}/gadgets/one"
    world.declare("kinds", kind, config_map("mine"))
    world.declare("shop", one, depends_on=["kinds"])
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready and world.entry("one"), "applied")
        await world.until_sync(Sync.SYNCED, "shop")
        (before,), user = await uids(world, kind), await world.api.send("GET", named)
        groups = (await world.api.send("GET", "/apis")).body["groups"]
        assert not [group["name"] for group in groups if group["name"].endswith("trueline.dev")]
        world.declare("shop", one, depends_on=[])
        await world.push()
        del world.applications["kinds"]
        world.commit()
        await world.now.engine.follow_once()
        await world.until(lambda: "allowDelete" in world.status("kinds").message, "asked for consent")
        assert deleted(world) == ["mine"]
        named_kind = f"CustomResourceDefinition/{kind['metadata']['name']}"
        world.declare("kinds", kind, config_map("mine"), sync={"allowDelete": [named_kind]})
        await world.push()
        await world.until_sync(Sync.SYNCED, "kinds")
        del world.applications["kinds"]
        world.commit()
        await world.now.engine.follow_once()
        await world.until(lambda: deleted(world) == ["mine", "mine"], "its own object is gone")
        await world.until_sync(Sync.OUT_OF_SYNC, "kinds")
        await world.quiet()
        assert deleted(world) == ["mine", "mine"]
        assert await uids(world, kind) == [before]
        after = expect_status(await world.api.send("GET", named), 200)
        assert after.body["metadata"]["uid"] == user.body["metadata"]["uid"]


# ---- a removal is interrupted --------------------------------------------------------------------------------------

_EFFECTS_MAX = 30


@asynccontextmanager
async def _mortal(world: World, died: list[bool]) -> AsyncIterator[None]:
    """An engine that may die inside."""
    try:
        async with world.started():
            yield
    except BaseExceptionGroup as group:
        _, others = group.split(Died)
        if others is not None:
            raise
        died.append(True)
    except Died:
        died.append(True)


async def _remove(world: World) -> bool:
    """The engine goes until the application is gone; whether it died on the way."""
    died: list[bool] = []
    async with _mortal(world, died):
        await world.until(lambda: world.now.engine.is_ready, "ready")
        await world.until(lambda: "shop" not in world.now.engine.kept, "gone")
    return bool(died)


@pytest.mark.parametrize("effect", ["after_a_write", "after_a_commit"])
async def test_incident_16_flux_4614_an_uninstall_that_was_interrupted_never_goes_on(world: World, effect: str) -> None:
    """INV-14 An uninstall was interrupted; the state that it was left in was none that any later check looked for, and
    nothing could be done with the release any more.

    Here a removal dies after its n-th effect, for every n: after each write to the target, or after each commit of the
    store. Every state in between goes on to the same end, and what the application did not own is not touched.
    """  # noqa: D205 - the first line is the invariant's
    fuse = Fuse()
    EFFECTS[effect](world, fuse)
    bodies = [config_map("one"), config_map("two"), claim("data")]
    consent = {"allowDelete": [f"PersistentVolumeClaim/{world.api.namespace}/data"]}
    world.declare("blog", config_map("other"))
    kept: list[str] = []
    for n in range(_EFFECTS_MAX):
        world.declare("shop", *bodies, sync=consent)
        world.commit()
        async with world.started():
            await world.until(lambda: world.now.engine.is_ready and world.entry("data"), "applied")
            await world.until_sync(Sync.SYNCED)
            await world.until_sync(Sync.SYNCED, "blog")
            kept = kept or await uids(world, config_map("other"))
        del world.applications["shop"]
        world.commit()
        fuse.left = n
        has_died = await _remove(world)
        fuse.left = None
        if has_died:
            assert not await _remove(world)
        assert await uids(world, *bodies) == ["", "", ""]
        assert not world.ledger.inventory("shop", "cluster").entries
        assert world.journal.verify() == ()
        assert await uids(world, config_map("other")) == kept
        if not has_died:
            assert n > 2
            return
    raise AssertionError("it never came to its end without dying")


# ---- upgrades ------------------------------------------------------------------------------------------------------


async def test_incident_17_k3s_110_an_upgrade_deletes_the_release(world: World) -> None:
    """INV-17 INV-03 An upgrade that could not be made in place deleted the whole release first, and said nothing of it.

    Here a commit changes a field that cannot change, beside another object. The whole commit is refused with the
    field's object named, nothing of it is done; to have it made anew takes its name in Git and a person's consent.
    """
    web, settings = deployment("web"), config_map("settings")
    world.declare("shop", web, settings)
    async with world.synced():
        before = await uids(world, web, settings)
        spec = web["spec"]
        labels = {"app": "web", "tier": "front"}
        template = {**spec["template"], "metadata": {"labels": labels}}
        changed = {**web, "spec": {**spec, "selector": {"matchLabels": labels}, "template": template}}
        world.weather.seen = []
        world.declare("shop", changed, config_map("settings", {"a": "2"}))
        await world.push()
        await world.quiet()
        assert [problem.code for problem in world.expect_sync(Sync.BLOCKED).problems] == ["TL0402"]
        assert written(world) == []
        world.declare("shop", sync={"replace": [f"Deployment.apps/{world.api.namespace}/web"]}, files={})
        world.declare("shop", changed, config_map("settings", {"a": "2"}))
        await world.push()
        await world.quiet()
        assert "deleted and made again" in world.expect_sync(Sync.WAITING).message
        assert written(world) == []
        assert await uids(world, web, settings) == before


def _older(store: Store, path: Path) -> None:
    """What a store holds, as the first version of its schema would hold it."""
    database = Store.open(path, SCHEMA[:1])
    for (table,) in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        columns = [row[1] for row in database.rows(f"PRAGMA table_info({table})")]
        names = ", ".join(columns)
        values = ", ".join("?" * len(columns))
        rows = store.rows(f"SELECT {names} FROM {table}")  # noqa: S608 - names of our own schema
        database.execute_many(f"INSERT INTO {table} ({names}) VALUES ({values})", rows)  # noqa: S608 - as above
    database.close()


async def test_incident_19_rancher_38672_an_upgrade_uninstalls_what_the_older_version_applied(
    world: World, tmp_path: Path
) -> None:
    """INV-27 After an upgrade of the tool, it uninstalled the monitoring and the storage that its older version had
    installed.

    Here a data directory of the first version of its schema is opened by this one: what it applied is recognised, and
    nothing is written to the target, not even the same again.
    """  # noqa: D205 - the first line is the invariant's
    bodies = [config_map("one"), config_map("two"), claim("data")]
    world.declare("shop", *bodies)
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready and world.entry("data"), "applied")
        await world.until_sync(Sync.SYNCED)
    before = await uids(world, *bodies)
    path = tmp_path / "older.sqlite"
    _older(world.store, path)
    with sqlite3.connect(path) as reader:
        assert reader.execute("PRAGMA user_version").fetchone() == (1,)
    reader.close()
    world.store = Store.open(path, SCHEMA)
    world.weather.seen = []
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
        assert written(world) == []
        assert world.journal.verify() == ()
        assert await uids(world, *bodies) == before
    world.store.close()


async def test_incident_19_folio_a_webhook_that_fails_ends_machines(world: World) -> None:
    """INV-04 A webhook that failed led to the termination of machines.

    Here a webhook that every change has to pass does not answer, while a commit changes one object and drops another.
    That the one cannot be tried is no reason to go on with the other: nothing is done until it answers.
    """
    changing, leaving = config_map("changing"), config_map("leaving")
    world.declare("shop", changing, leaving)
    assert world.api.reviewers is not None
    async with world.synced():
        before = await uids(world, changing, leaving)
        async with world.api.reviewers.standing(lambda _: allowed()) as client:
            pass  # it is gone when it is asked
        async with configured(world.api, VALIDATING, client):
            world.weather.seen = []
            world.declare("shop", config_map("changing", {"a": "2"}))
            world.commit()
            await world.now.engine.follow_once()
            await world.until(lambda: "failed calling webhook" in world.status().message, "told")
            world.expect_sync(Sync.UNKNOWN)
            assert written(world) == []
            assert await uids(world, changing, leaving) == before
        await world.until_sync(Sync.SYNCED)
        assert deleted(world) == ["leaving"]

"""Incidents in which something was deleted that was somebody else's, or shared, or only looked as if it were ours."""

import pytest

from trueline.loop.status import Sync
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect_status
from trueline.testing.conformance.engine.sample import claim, config_map
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

LABEL = "trueline.dev/application"


def deleted(world: World) -> list[str]:
    """The names of what the engine asked the target to delete, for real."""
    return [r.path.rpartition("/")[2] for r in world.weather.seen if r.method == "DELETE" and is_write(r)]


async def uid_of(world: World, body: Json) -> str:
    """Who an object is; empty where it is not there, or on its way out."""
    metadata = (await world.live(body)).get("metadata", {})
    return "" if "deletionTimestamp" in metadata else metadata.get("uid", "")


def namespace_of(name: str) -> Json:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


async def gone(world: World, application: str) -> None:
    """The application leaves Git, and the engine goes as far as it can."""
    del world.applications[application]
    world.commit()
    await world.now.engine.follow_once()


# ---- a namespace that is shared ------------------------------------------------------------------------------------


async def test_incident_08_argo_22607_one_application_takes_the_namespace_of_another(world: World) -> None:
    """INV-08 INV-09 An application that had made a namespace was deleted, and the namespace with it, in which a second
    application lived.

    Here the first one leaves Git, once with a namespace that was made for it, and once with one that it declares and
    whose deletion Git consents to: what is its own goes, and the namespace stays, for somebody else lives in it.
    """  # noqa: D205 - the first line is the invariants'
    shared = f"{world.api.namespace}-shared"
    place: Json = {"namespace": shared}
    mine, theirs, room = (
        config_map("mine", namespace=shared),
        config_map("theirs", namespace=shared),
        namespace_of(shared),
    )
    world.declare("shop", mine, target={**place, "createNamespace": True})
    world.declare("blog", theirs, target=place, depends_on=["shop"])
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready, "ready")
        await world.until_sync(Sync.SYNCED, "blog")
        before = await uid_of(world, room), await uid_of(world, theirs)
        world.declare("blog", theirs, depends_on=[])
        await world.push()
        await gone(world, "shop")
        await world.until(lambda: "shop" not in world.now.engine.kept, "gone")
        assert deleted(world) == ["mine"]
        assert (await uid_of(world, room), await uid_of(world, theirs)) == before
        world.declare("shop", mine, room, target=place, sync={"allowDelete": [f"Namespace/{shared}"]})
        await world.push()
        await world.until_sync(Sync.SYNCED)
        await gone(world, "shop")
        await world.until(lambda: not world.entry("mine"), "its own object is gone")
        await world.quiet()
        assert deleted(world) == ["mine", "mine"]
        assert (await uid_of(world, room), await uid_of(world, theirs)) == before


# ---- a move --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prune", [True, False])
async def test_incident_09_argo_16721_a_move_between_two_owners_deletes_what_moves(
    world: World, *, prune: bool
) -> None:
    """INV-08 Applications that moved from one generator to another lost their resources on the way, although both were
    told not to prune.

    Here objects move to an application of another name in the commit that takes the first one away, with pruning on
    and off; and that commit breaks the second one first, so that for a time, and through a restart, nobody can be seen
    to declare them.
    """  # noqa: D205 - the first line is the invariant's
    bodies = [config_map("one"), config_map("two"), claim("data")]
    sync = {"prune": prune}
    world.declare("shop", *bodies, sync=sync)
    world.declare("blog", config_map("other"))
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready and world.entry("data"), "applied")
        await world.until_sync(Sync.SYNCED)
        before = [await uid_of(world, body) for body in bodies]
        world.declare("store", *bodies, sync=sync, files={"broken.yaml": b"kind: [\n"})
        await gone(world, "shop")
        await world.until(lambda: "store" in world.now.engine.kept, "declared")
        await world.until_sync(Sync.BLOCKED, "store")
        await world.clock.sleep(0.3)
        assert [await uid_of(world, body) for body in bodies] == before
    async with world.started():
        await world.until(lambda: {"shop", "store"} <= set(world.now.engine.kept), "declared")
        await world.until_sync(Sync.BLOCKED, "store")
        await world.clock.sleep(0.3)
        assert [await uid_of(world, body) for body in bodies] == before
        world.declare("store", *bodies, files={})
        world.commit()
        await world.now.engine.follow_once()
        await world.until_sync(Sync.SYNCED, "store")
        await world.until(lambda: "shop" not in world.now.engine.kept, "gone")
        assert deleted(world) == []
        assert [await uid_of(world, body) for body in bodies] == before
        assert all(world.entry(name, "store") for name in ("one", "two", "data"))


# ---- what stood there before ---------------------------------------------------------------------------------------


async def test_incident_13_flux_1366_1462_3949_1077_namespaces_that_were_there_before_are_collected(
    world: World,
) -> None:
    """INV-01 INV-07 A collector deleted namespaces that others had made before, the one that the tool itself ran in,
    and tried `kube-system` and `default`.

    Here a commit declares such namespaces, consents to their deletion by name, and then drops them. Those of the
    cluster itself are never deleted, whatever Git says; one that somebody had made before is taken over openly and
    stays without consent. Trueline runs in no namespace of its own yet.
    """  # noqa: D205 - the first line is the invariants'
    made_before = f"{world.api.namespace}-before"
    theirs = config_map("theirs", namespace=made_before)
    expect_status(await world.api.create(namespace_of(made_before), fieldManager="kubectl-create"), 201)
    expect_status(await world.api.create(theirs, fieldManager="kubectl-create"), 201)
    system = ["default", "kube-system", "kube-public", "kube-node-lease"]
    places = [namespace_of(name) for name in (*system, made_before)]
    before = [await uid_of(world, place) for place in places]
    sync: Json = {"allowDelete": [f"Namespace/{name}" for name in system]}
    world.declare("shop", config_map("settings"), *places, sync=sync)
    async with world.synced():
        world.declare("shop", config_map("settings"))
        await world.push()
        await world.until_sync(Sync.OUT_OF_SYNC)
        await world.quiet()
        plan = world.now.engine.kept["shop"].last
        assert plan is not None
        held = {change.ref.name: change.reason for change in plan.review.plan.held}
        assert set(held) == {*system, made_before}
        assert all("never deleted" in held[name] for name in system)
        assert "allowDelete" in held[made_before]
        assert deleted(world) == []
        assert [await uid_of(world, place) for place in places] == before
        assert await uid_of(world, theirs)


# ---- what only looks like ours -------------------------------------------------------------------------------------


def _cluster(label: str) -> list[Json]:
    """What an operator makes of our declaration: it copies all labels that it finds there."""
    labels = {LABEL: label, "app": "kafka"}
    container = {"name": "kafka", "image": "example.test/kafka:1"}
    template = {"metadata": {"labels": {"app": "kafka"}}, "spec": {"containers": [container]}}
    spec = {"replicas": 0, "serviceName": "kafka", "selector": {"matchLabels": {"app": "kafka"}}, "template": template}
    metadata = {"name": "kafka", "labels": labels}
    volume = claim("kafka-data")
    return [
        {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": spec},
        {**volume, "metadata": {**volume["metadata"], "labels": labels}},
        config_map("kafka-config", labels=labels),
    ]


async def test_incident_14_kustomize_controller_315_403_operators_copy_labels(world: World) -> None:
    """INV-01 Operators copied the labels of a declaration to what they made of it; the collector, which went by these
    labels, deleted running Kafka clusters.

    Here an operator copies our mark to a StatefulSet, a volume and a ConfigMap. Then Git consents to deleting them by
    name, the application gives up its declaration, and at last leaves Git: they are not ours, and stay.
    """  # noqa: D205 - the first line is the invariant's
    world.declare("shop", config_map("kafka"), config_map("settings"))
    world.declare("blog", config_map("other"))
    async with world.synced():
        copies = _cluster((await world.live(config_map("kafka")))["metadata"]["labels"][LABEL])
        for body in copies:
            expect_status(await world.api.create(body, fieldManager="strimzi-cluster-operator"), 201)
        before = [await uid_of(world, body) for body in copies]
        here = world.api.namespace
        names = [
            f"StatefulSet/{here}/kafka",
            f"PersistentVolumeClaim/{here}/kafka-data",
            f"ConfigMap/{here}/kafka-config",
        ]
        world.declare("shop", config_map("settings"), sync={"allowDelete": names})
        await world.push()
        await world.quiet()
        world.expect_sync(Sync.SYNCED)
        assert deleted(world) == ["kafka"]
        await gone(world, "shop")
        await world.until(lambda: "shop" not in world.now.engine.kept, "gone")
        assert deleted(world) == ["kafka", "settings"]
        assert [await uid_of(world, body) for body in copies] == before
    world.declare("shop", config_map("settings"), sync={"allowDelete": names})
    async with world.synced():
        await world.quiet()
        world.expect_sync(Sync.SYNCED)
        assert [await uid_of(world, body) for body in copies] == before

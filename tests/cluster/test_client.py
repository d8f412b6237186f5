"""The client against the real API server: what the unit tests script is what it does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec
import pytest
import pytest_asyncio

from testbed.control_plane import ControlPlane
from trueline.model.known import Known
from trueline.runtime.clock import SystemClock
from trueline.runtime.http import Transport
from trueline.runtime.task_group import TaskGroup
from trueline.target.kubernetes.client import KubernetesClient, Listing
from trueline.target.kubernetes.discovery import discover, openapi, openapi_paths, server_version
from trueline.target.kubernetes.limit import Limiter
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.status import Answer, Ok, Refusal, RefusalKind
from trueline.target.kubernetes.watch import Gone, Lost, Reset, Restored, Seen, Sighting, Synced, watch

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONFIG_MAP = ResourceType(group="", version="v1", kind="ConfigMap", plural="configmaps", namespaced=True)
SECRET = ResourceType(group="", version="v1", kind="Secret", plural="secrets", namespaced=True)


@pytest_asyncio.fixture(loop_scope="session")
async def client(transport: Transport) -> KubernetesClient:
    clock = SystemClock()
    return KubernetesClient(transport, Limiter(clock), clock, user_agent="trueline/test", jitter=lambda: 0.5)


async def put(
    client: KubernetesClient,
    name: str,
    value: str,
    *,
    manager: str = "trueline:test",
    dry_run: bool = False,
    label: str = "x",
) -> Answer:
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"set": label}},
        "data": {"k": value},
    }
    return await client.apply(
        CONFIG_MAP, "default", name, msgspec.json.encode(body), manager=manager, force=False, dry_run=dry_run
    )


async def uid_of(client: KubernetesClient, name: str) -> str:
    got = await client.get(CONFIG_MAP, "default", name, whole=False)
    return got.metadata().metadata.uid if isinstance(got, Ok) else ""


async def test_an_apply_creates_and_a_dry_run_does_not(client: KubernetesClient) -> None:
    tried = await put(client, "made", "1", dry_run=True)
    assert isinstance(tried, Ok)
    assert await uid_of(client, "made") == ""
    made = await put(client, "made", "1")
    assert isinstance(made, Ok)
    assert made.is_created
    (entry,) = made.metadata().metadata.managedFields or []
    (promised,) = tried.metadata().metadata.managedFields or []
    assert (entry.manager, bytes(entry.fieldsV1)) == ("trueline:test", bytes(promised.fieldsV1))


async def test_a_dry_run_delete_deletes_nothing_and_preconditions_hold(client: KubernetesClient) -> None:
    await put(client, "kept", "1")
    uid = await uid_of(client, "kept")
    assert isinstance(await client.delete(CONFIG_MAP, "default", "kept", uid=uid, dry_run=True), Ok)
    assert await uid_of(client, "kept") == uid
    for other, version in (("other", ""), (uid, "1")):
        refused = await client.delete(CONFIG_MAP, "default", "kept", uid=other, resource_version=version)
        assert isinstance(refused, Refusal)
        assert refused.kind is RefusalKind.STALE
    assert isinstance(await client.delete(CONFIG_MAP, "default", "kept", uid=uid), Ok)
    assert await uid_of(client, "kept") == ""


async def test_a_conflict_names_manager_and_field(client: KubernetesClient) -> None:
    await put(client, "fought", "1", manager="somebody")
    refused = await put(client, "fought", "2")
    assert isinstance(refused, Refusal)
    assert [(one.manager, one.field) for one in refused.conflicts] == [("somebody", ".data.k")]


async def test_a_schema_error_is_the_users_and_shows_no_secret(client: KubernetesClient) -> None:
    for value in (["hunter2"], "hunter2 is no base64!"):
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": value}}
        refused = await client.apply(
            SECRET, "default", "s", msgspec.json.encode(body), manager="m", force=False, dry_run=True
        )
        assert isinstance(refused, Refusal)
        assert refused.kind is RefusalKind.INVALID
        assert "hunter2" not in repr(refused)


async def test_a_list_comes_in_pages(client: KubernetesClient) -> None:
    for index in range(7):
        await put(client, f"page-{index}", "1", label="pages")
    listed = await client.list(CONFIG_MAP, namespace="default", selector="set=pages", page=3)
    assert isinstance(listed, Known)
    assert isinstance(listed.value, Listing)
    assert len(listed.value.items) == 7
    assert sum(count for key, count in client.requests.items() if key.verb == "list") == 3


async def test_discovery_takes_two_requests(client: KubernetesClient) -> None:
    found = await discover(client)
    assert isinstance(found, Known)
    assert sum(client.requests.values()) == 2
    deployment = found.value.named("Deployment.apps")
    assert isinstance(deployment, Known)
    assert deployment.value is not None
    assert deployment.value.api_version == "apps/v1"
    hashes, version = await openapi_paths(client), await server_version(client)
    assert isinstance(hashes, Known)
    assert isinstance(version, Known)
    assert version.value.startswith("v1.")
    document = await openapi(client, "apps/v1", digest=hashes.value["apps/v1"])
    assert isinstance(document, Known)
    assert b"io.k8s.api.apps.v1.Deployment" in document.value


async def expect(sightings: AsyncIterator[Sighting], *wanted: type[Sighting]) -> list[Sighting]:
    """The next sightings, until one of each wanted kind has come, in that order."""
    told: list[Sighting] = []
    async with asyncio.timeout(60):
        for kind in wanted:
            async for sighting in sightings:
                told.append(sighting)
                if isinstance(sighting, kind):
                    break
    return told


@pytest.mark.parametrize("whole", [False, True])
async def test_a_watch_tells_each_change_and_bears_large_objects(client: KubernetesClient, *, whole: bool) -> None:
    label = f"seen-{whole}".lower()
    async with aclosing(watch(client, SystemClock(), CONFIG_MAP, selector=f"set={label}", whole=whole)) as sightings:
        await expect(sightings, Reset, Synced)
        await put(client, label, "x" * 900_000, label=label, manager="one")
        (added,) = await expect(sightings, Seen)
        assert isinstance(added, Seen)
        assert (len(bytes(added.body)) > 900_000) is whole
        assert isinstance(await put(client, label, "x" * 900_000, label=label, manager="two"), Ok)
        await expect(sightings, Seen)
        await client.delete(CONFIG_MAP, "default", label, uid=await uid_of(client, label))
        (gone,) = await expect(sightings, Gone)
        assert isinstance(gone, Gone)


async def test_an_object_of_more_than_a_megabyte_passes(client: KubernetesClient) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "large", "labels": {"set": "large"}},
        "data": {"k": "QUJD" * 345_000},
    }
    encoded = msgspec.json.encode(body)
    assert isinstance(
        await client.apply(SECRET, "default", "large", encoded, manager="m", force=False, dry_run=False), Ok
    )
    async with aclosing(watch(client, SystemClock(), SECRET, selector="set=large", whole=True)) as sightings:
        told = await expect(sightings, Synced)
    (seen,) = (sighting for sighting in told if isinstance(sighting, Seen))
    assert len(bytes(seen.body)) > 1_380_000


async def test_a_watch_survives_a_restart_and_an_expired_version(
    client: KubernetesClient, control_plane: ControlPlane
) -> None:
    await put(client, "stays", "1", label="restart")
    await put(client, "goes", "1", label="restart")
    async with aclosing(watch(client, SystemClock(), CONFIG_MAP, selector="set=restart")) as sightings:
        await expect(sightings, Synced)
        await client.delete(CONFIG_MAP, "default", "goes", uid=await uid_of(client, "goes"))
        await expect(sightings, Gone)
        for index in range(20):
            await put(client, f"noise-{index}", "1", label="noise")
        await control_plane.stop_api_server()
        await expect(sightings, Lost)
        async with TaskGroup() as group:
            group.create_task(control_plane.start_api_server())
            told = await expect(sightings, Restored, Reset, Synced)
    seen = {sighting.object.metadata.name for sighting in told if isinstance(sighting, Seen)}
    assert seen == {"stays"}

"""The embedded cluster lives: workloads come up, what it kept comes back, and it is served over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from trueline.embedded.cluster import EmbeddedCluster
from trueline.embedded.disk import SqliteDisk
from trueline.runtime.clock import SystemClock, Timer
from trueline.runtime.http import Endpoint
from trueline.runtime.http_aiohttp import AiohttpTransport
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.toolbox import Toolbox
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.testing.conformance.api import Api, Json
from trueline.testing.conformance.case import expect_status
from trueline.testing.conformance.sample import config_map, deployment, service


@pytest_asyncio.fixture
async def toolbox() -> AsyncIterator[Toolbox]:
    async with ProcessToolbox(path=find_toolbox().path, clock=SystemClock()) as started:
        yield started


def api_of(cluster: EmbeddedCluster) -> Api:
    return Api(transport=cluster.transport(), clock=SystemClock(), namespace="default", unique="x")


def workload(api_version: str, kind: str, **spec: Any) -> Json:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, "spec": spec}


def pod(image: str = "example.test/app:1", **spec: Any) -> Json:
    return {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "app", "image": image}], **spec}}


class FastClock(SystemClock):
    """A hundred times as fast."""

    def monotonic_s(self) -> float:
        """A hundred for one."""
        return super().monotonic_s() * 100

    async def sleep(self, seconds: float) -> None:
        """A hundredth of it."""
        await super().sleep(seconds / 100)

    def call_later(self, seconds: float, act: Callable[[], object]) -> Timer:
        """A hundredth of it later."""
        return super().call_later(seconds / 100, act)


AUTHORITY = "/core/configmaps/x/kube-root-ca.crt"
SELECTOR = {"matchLabels": {"app": "x"}}
CLAIM: Json = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
ENDS: dict[str, tuple[Json, Json]] = {
    "deployment": (
        workload("apps/v1", "Deployment", replicas=2, selector=SELECTOR, template=pod()),
        {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2},
    ),
    "unpullable": (
        workload("apps/v1", "Deployment", replicas=1, selector=SELECTOR, template=pod("registry.invalid/app:1")),
        {"observedGeneration": 1, "replicas": 1, "unavailableReplicas": 1},
    ),
    "stateful": (
        workload(
            "apps/v1",
            "StatefulSet",
            replicas=2,
            serviceName="x",
            selector=SELECTOR,
            template=pod(),
            volumeClaimTemplates=[CLAIM],
        ),
        {"observedGeneration": 1, "replicas": 2, "readyReplicas": 2, "currentReplicas": 2, "updatedReplicas": 2},
    ),
    "daemon": (
        workload("apps/v1", "DaemonSet", selector=SELECTOR, template=pod()),
        {"observedGeneration": 1, "desiredNumberScheduled": 1, "numberAvailable": 1, "updatedNumberScheduled": 1},
    ),
    "job": (workload("batch/v1", "Job", template=pod(restartPolicy="Never")), {"succeeded": 1}),
    "claim": (workload("v1", "PersistentVolumeClaim", **CLAIM["spec"]), {"phase": "Bound"}),
    "bare_pod": (workload("v1", "Pod", **pod()["spec"]), {"phase": "Running"}),
}


@pytest.mark.parametrize("name", ENDS)
async def test_workloads_come_up(toolbox: Toolbox, name: str) -> None:
    body, wanted = ENDS[name]
    async with EmbeddedCluster(toolbox, SystemClock()) as cluster:
        api = api_of(cluster)
        expect_status(await api.apply(body), 201)
        await cluster.wait_settled()
        status = (await api.get(body)).body["status"]
        assert {key: status.get(key) for key in wanted} == wanted
        assert not cluster.refused
        expect_status(await api.delete(body, {"propagationPolicy": "Foreground"}), 200)
        await cluster.wait_settled()
        expect_status(await api.get(body), 404)
        assert not cluster.store.under("/core/pods/default/")
        assert not cluster.refused


async def test_a_failing_job_fails(toolbox: Toolbox) -> None:
    template = pod(restartPolicy="Never")
    template["spec"]["containers"][0]["command"] = ["sh", "-c", "exit 1"]
    body = workload("batch/v1", "Job", template=template, backoffLimit=1)
    async with EmbeddedCluster(toolbox, SystemClock()) as cluster:
        api = api_of(cluster)
        expect_status(await api.apply(body), 201)
        await cluster.wait_settled()
        status = (await api.get(body)).body["status"]
        assert [c["type"] for c in status["conditions"]] == ["FailureTarget", "Failed"]
        assert (status["failed"], cluster.refused) == (2, ())


async def test_a_rollout_replaces(toolbox: Toolbox) -> None:
    body = workload("apps/v1", "Deployment", replicas=2, selector=SELECTOR, template=pod())
    async with EmbeddedCluster(toolbox, SystemClock()) as cluster:
        api = api_of(cluster)
        expect_status(await api.apply(body), 201)
        await cluster.wait_settled()
        body["spec"]["template"] = pod("example.test/app:2")
        expect_status(await api.apply(body), 200)
        await cluster.wait_settled()
        images = [p.body["spec"]["containers"][0]["image"] for p in cluster.store.under("/core/pods/default/")]
        assert images == ["example.test/app:2"] * 2
        assert (await api.get(body)).body["metadata"]["annotations"] == {"deployment.kubernetes.io/revision": "2"}
        assert not cluster.refused


async def test_the_cloud_gives_addresses_and_numbers(toolbox: Toolbox) -> None:
    backend = {"service": {"name": "s", "port": {"number": 80}}}
    ingress = workload("networking.k8s.io/v1", "Ingress", defaultBackend=backend)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    scaler = workload("autoscaling/v2", "HorizontalPodAutoscaler", minReplicas=2, maxReplicas=3, scaleTargetRef=target)
    budget = workload("policy/v1", "PodDisruptionBudget", minAvailable=1, selector={"matchLabels": {"app": "d"}})
    async with EmbeddedCluster(toolbox, SystemClock()) as cluster:
        api = api_of(cluster)
        for body in (service("s", type="LoadBalancer"), ingress, budget, deployment("d", replicas=1), scaler):
            expect_status(await api.apply(body), 201)
        await cluster.wait_settled()
        assert (await api.get(service("s"))).body["status"]["loadBalancer"]["ingress"]
        assert (await api.get(ingress)).body["status"]["loadBalancer"]["ingress"]
        assert (await api.get(deployment("d"))).body["status"]["availableReplicas"] == 2
        assert (await api.get(budget)).body["status"]["disruptionsAllowed"] == 1
        assert (await api.get(scaler)).body["status"]["desiredReplicas"] == 2
        assert not cluster.refused


async def test_objects_survive_a_restart(toolbox: Toolbox, tmp_path: Path) -> None:
    async with EmbeddedCluster(toolbox, SystemClock(), tmp_path) as cluster:
        made = expect_status(await api_of(cluster).apply(config_map("c")), 201)
        await cluster.wait_settled()
    async with EmbeddedCluster(toolbox, SystemClock(), tmp_path) as cluster:
        api = api_of(cluster)
        assert (await api.get(config_map("c"))).body == made.body
        again = expect_status(await api.apply(config_map("c")), 200)
        assert again.body["metadata"]["resourceVersion"] == made.body["metadata"]["resourceVersion"]
        async with api.watch("/api/v1/configmaps", resourceVersion=made.body["metadata"]["resourceVersion"]) as events:
            assert (await events.next())["type"] in {"ERROR", "ADDED", "BOOKMARK"}


async def test_a_full_disk_is_answered_and_nothing_of_it_is_kept_or_forgotten(toolbox: Toolbox, tmp_path: Path) -> None:
    async with EmbeddedCluster(toolbox, FastClock(), tmp_path) as cluster:
        api, disk = api_of(cluster), cluster.store.disk
        await cluster.wait_settled()
        assert isinstance(disk, SqliteDisk)
        before = {kept.key: kept.raw for kept in cluster.store.all()}
        disk.store.execute("PRAGMA max_page_count=1")
        answer = await api.create(config_map("large", {"text": "x" * 200_000}))
        assert "the disk is full" in expect_status(answer, 503).body["message"]
        assert {kept.key: kept.raw for kept in cluster.store.all()} == before == dict(disk.load()[1])
        disk.store.execute("PRAGMA max_page_count=100000")

        def fill() -> None:
            disk.store.rows("PRAGMA query_only=ON")

        leave = cluster.store.listen(fill)
        expect_status(await api.create(workload("v1", "Namespace")), 201)
        await cluster.wait_settled()
        assert cluster.store.get(AUTHORITY) is None
        leave()
        disk.store.execute("PRAGMA query_only=OFF")
        while cluster.store.get(AUTHORITY) is None:
            await asyncio.sleep(0.01)
        assert {kept.key: kept.raw for kept in cluster.store.all()} == dict(disk.load()[1])


async def test_it_is_served_over_http(toolbox: Toolbox) -> None:
    async with EmbeddedCluster(toolbox, SystemClock()) as cluster:
        url = await cluster.serve()
        assert url in cluster.kubeconfig(url)
        transport = AiohttpTransport(Endpoint(url=url))
        api = Api(transport=transport, clock=SystemClock(), namespace="default", unique="x")
        try:
            made = expect_status(await api.apply(config_map("c")), 201)
            version = made.body["metadata"]["resourceVersion"]
            async with api.watch("/api/v1/namespaces/default/configmaps", resourceVersion=version) as events:
                expect_status(await api.delete(config_map("c")), 200)
                assert (await events.until("DELETED"))["object"]["metadata"]["name"] == "c"
        finally:
            await transport.close()


async def test_a_thousand_writers_keep_their_order(toolbox: Toolbox) -> None:
    async with EmbeddedCluster(toolbox, SystemClock()) as cluster:
        api = api_of(cluster)
        async with TaskGroup() as group:
            for number in range(100):
                group.create_task(api.apply(config_map(f"c{number}")))
        revisions = [event.revision for event in cluster.store.since(cluster.store.compacted) or ()]
        assert revisions == sorted(set(revisions))
        assert len(cluster.store.under("/core/configmaps/default/")) >= 100

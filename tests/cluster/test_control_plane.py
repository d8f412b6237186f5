"""The testbed's control plane behaves as a cluster does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from testbed.cloud import Cloud
from testbed.control_plane import ControlPlane, KubectlFailedError
from testbed.metrics import Usage

_PATIENCE = "--timeout=60s"


def deployment(name: str, *, pod: str = "", replicas: int = 2) -> dict[str, Any]:
    labels = {"app": name}
    container = {"name": "main", "image": "example.com/app:1", "resources": {"requests": {"cpu": "100m"}}}
    annotations = {"testbed.trueline.dev/pod": pod} if pod else {}
    template = {"metadata": {"labels": labels, "annotations": annotations}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def job(name: str, *, pod: str = "") -> dict[str, Any]:
    annotations = {"testbed.trueline.dev/pod": pod} if pod else {}
    pod_spec = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "example.com/job:1"}]}
    spec = {"backoffLimit": 0, "template": {"metadata": {"annotations": annotations}, "spec": pod_spec}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec}


def balancer(name: str) -> dict[str, Any]:
    spec = {"type": "LoadBalancer", "selector": {"app": name}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def ingress(name: str) -> dict[str, Any]:
    backend = {"service": {"name": name, "port": {"number": 80}}}
    metadata = {"name": name}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": {"defaultBackend": backend},
    }


def autoscaler(name: str) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
    spec = {"minReplicas": 2, "maxReplicas": 4, "scaleTargetRef": target, "metrics": [cpu]}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name}, "spec": spec}


class Space:
    """A namespace, and kubectl in it."""

    def __init__(self, control_plane: ControlPlane, name: str) -> None:
        self.control_plane = control_plane
        self.name = name

    async def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Runs kubectl in the namespace."""
        return await self.control_plane.kubectl("--namespace", self.name, *arguments, stdin=stdin)

    async def apply(self, *objects: dict[str, Any]) -> None:
        """Applies objects."""
        document = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        await self.kubectl("apply", "-f", "-", stdin=msgspec.json.encode(document).decode())

    async def wait(self, what: str, condition: str) -> None:
        """Waits until kubectl finds the condition."""
        try:
            await self.kubectl("wait", what, f"--for={condition}", _PATIENCE)
        except KubectlFailedError as failed:
            found = await self.kubectl("get", "deployments,replicasets,pods,events", "-o", "wide")
            raise KubectlFailedError(f"{failed}\n{found}") from None

    async def read(self, what: str, path: str) -> str:
        """One field, by its JSON path."""
        return await self.kubectl("get", what, "-o", f"jsonpath={{{path}}}")


@pytest_asyncio.fixture
async def space(control_plane: ControlPlane, namespace: str) -> AsyncIterator[Space]:
    yield Space(control_plane, namespace)


async def test_a_deployment_becomes_available(space: Space) -> None:
    await space.apply(deployment("app"))
    await space.wait("deployment/app", "condition=Available")
    assert await space.read("deployment/app", ".status.availableReplicas") == "2"
    await space.kubectl("delete", "deployment", "app", "--cascade=foreground", _PATIENCE)
    assert await space.kubectl("get", "pods", "-o", "name") == ""


async def test_a_job_completes_and_one_that_is_told_to_fails(space: Space) -> None:
    await space.apply(job("good"), job("bad", pod="fail"))
    await space.wait("job/good", "condition=Complete")
    await space.wait("job/bad", "condition=Failed")


@pytest.mark.parametrize(("pod", "reason"), [("crash", "CrashLoopBackOff"), ("image-pull", "ImagePullBackOff")])
async def test_unhappy_pods_say_why(space: Space, pod: str, reason: str) -> None:
    await space.apply(deployment("app", pod=pod, replicas=1))
    found = "jsonpath={.status.containerStatuses[0].state.waiting.reason}=" + reason
    await space.wait("deployment/app", "jsonpath={.status.replicas}=1")
    await space.kubectl("wait", "pod", "-l", "app=app", f"--for={found}", _PATIENCE)
    assert await space.read("deployment/app", ".status.availableReplicas") == ""


async def test_addresses_come_only_with_the_cloud(space: Space) -> None:
    await space.apply(balancer("early"), ingress("early"))
    await asyncio.sleep(1)
    assert await space.read("service/early", ".status.loadBalancer.ingress[0].ip") == ""
    async with Cloud.around(space.control_plane):
        await space.apply(balancer("late"))
        for what in ("service/early", "service/late", "ingress/early"):
            await space.wait(what, "jsonpath={.status.loadBalancer.ingress[0].ip}")
        addresses = [
            await space.read(f"service/{name}", ".status.loadBalancer.ingress[0].ip") for name in ("early", "late")
        ]
    assert len(set(addresses)) == 2
    assert all(each.startswith("203.0.113.") for each in addresses)


async def test_an_autoscaler_has_figures_and_scales(space: Space) -> None:
    await space.apply(deployment("app"), autoscaler("app"))
    await space.wait("deployment/app", "condition=Available")
    async with Cloud.around(space.control_plane) as cloud:
        cloud.usage.by_prefix["app-"] = Usage(cpu_millicores=200)
        assert "app-" in await space.kubectl("top", "pods")
        await space.wait("deployment/app", "jsonpath={.status.readyReplicas}=4")


async def test_the_cloud_outlives_an_outage(space: Space) -> None:
    async with Cloud.around(space.control_plane):
        await space.control_plane.stop_api_server()
        await space.control_plane.start_api_server()
        await space.apply(balancer("after"))
        await space.wait("service/after", "jsonpath={.status.loadBalancer.ingress[0].ip}")


async def test_requests_are_counted(space: Space) -> None:
    control_plane = space.control_plane
    mark = control_plane.mark()
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "seen"}, "data": {"a": "b"}}
    path = f"/api/v1/namespaces/{space.name}/configmaps/seen"
    headers = {"Content-Type": "application/apply-patch+yaml"}
    async with control_plane.access.session(user_agent="counted/1") as session:
        for dry_run in ({"dryRun": "All"}, {}):
            query = {"fieldManager": "counted", **dry_run}
            async with session.patch(path, params=query, json=config, headers=headers) as answer:
                assert answer.status == 201
        async with session.get("/api/v1/configmaps") as answer:
            assert answer.status == 200
    requests = control_plane.requests(since=mark).where(user_agent="counted/")
    assert requests.counts() == {
        ("patch", "configmaps", True): 1,
        ("patch", "configmaps", False): 1,
        ("list", "configmaps", False): 1,
    }
    assert len(requests.where(namespace=space.name, dry_run=True)) == 1
    assert {each.code for each in requests.all} == {200, 201}


async def test_rbac_holds_for_other_users(space: Space) -> None:
    kubeconfig = await space.control_plane.user_kubeconfig("ann", groups=("readers",))
    with pytest.raises(KubectlFailedError, match="Forbidden"):
        await space.kubectl("get", "pods", "--kubeconfig", str(kubeconfig))
    await space.kubectl("create", "rolebinding", "readers", "--clusterrole=view", "--group=readers")
    assert await space.kubectl("get", "pods", "-o", "name", "--kubeconfig", str(kubeconfig)) == ""


@pytest.mark.parametrize("abrupt", [False, True])
async def test_the_api_server_comes_back_with_what_it_held(space: Space, *, abrupt: bool) -> None:
    await space.apply(deployment("before"))
    await space.control_plane.stop_api_server(abrupt=abrupt)
    with pytest.raises(KubectlFailedError, match="refused"):
        await space.kubectl("get", "deployments")
    await space.control_plane.start_api_server()
    await space.apply(deployment("after"))
    for name in ("before", "after"):
        await space.wait(f"deployment/{name}", "condition=Available")


async def test_etcd_comes_back_with_what_it_held(space: Space) -> None:
    await space.apply(job("before"))
    await space.control_plane.stop_etcd(abrupt=True)
    with pytest.raises(KubectlFailedError):
        await space.kubectl("get", "jobs", "--request-timeout=2s")
    await space.control_plane.start_etcd()
    assert await space.read("job/before", ".metadata.name") == "before"


async def test_two_stand_side_by_side(control_plane: ControlPlane, namespace: str) -> None:
    async with ControlPlane() as second:
        folder = second.folder
        assert second.access.server != control_plane.access.server
        with pytest.raises(KubectlFailedError, match="NotFound"):
            await second.kubectl("get", "namespace", namespace)
    assert not folder.exists()

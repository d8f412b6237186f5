"""`metrics.k8s.io/v1beta1` as an aggregated API: what pods and nodes use, from a table instead of from containers.

It asks the control plane which pods there are and never measures anything.
"""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from trueline.runtime.clock import Clock

_GROUP_VERSION = "metrics.k8s.io/v1beta1"
_ROOT = f"/apis/{_GROUP_VERSION}"
# Autoscalers leave out a figure whose window began before the pod was ready.
_WINDOW = "1s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one container, or one node, uses."""

    cpu_millicores: int = 100
    memory_mebibytes: int = 64

    def as_quantities(self) -> dict[str, str]:
        """As Kubernetes writes it."""
        return {"cpu": f"{self.cpu_millicores}m", "memory": f"{self.memory_mebibytes}Mi"}


@dataclass(slots=True, kw_only=True)
class UsageTable:
    """What pods use, by the beginning of their name; the longest that fits counts."""

    otherwise: Usage = Usage()
    node: Usage = Usage(cpu_millicores=1000, memory_mebibytes=4096)
    by_prefix: dict[str, Usage] = field(default_factory=dict)

    def of_pod(self, name: str) -> Usage:
        """What each container of this pod uses."""
        fitting = [prefix for prefix in self.by_prefix if name.startswith(prefix)]
        return self.by_prefix[max(fitting, key=len)] if fitting else self.otherwise


class _Meta(msgspec.Struct, frozen=True):
    name: str
    namespace: str = ""
    labels: dict[str, str] = {}


class _Container(msgspec.Struct, frozen=True):
    name: str


class _Spec(msgspec.Struct, frozen=True):
    containers: tuple[_Container, ...] = ()


class _Status(msgspec.Struct, frozen=True):
    phase: str = ""


class _Item(msgspec.Struct, frozen=True):
    metadata: _Meta
    spec: _Spec = _Spec()
    status: _Status = _Status()


class _Items(msgspec.Struct, frozen=True):
    items: tuple[_Item, ...]


class MetricsServer:
    """Serves the group over TLS on a free loopback port between `start` and `stop`."""

    def __init__(
        self, *, session: aiohttp.ClientSession, certificate: tuple[Path, Path], table: UsageTable, clock: Clock
    ) -> None:
        self.port = 0
        self._session = session
        self._certificate = certificate
        self._table = table
        self._clock = clock
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listens; `port` says where."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self._certificate)
        self._runner = web.AppRunner(self._application(), access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Ends all connections."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_get(_ROOT, self._discovery)
        application.router.add_get(f"{_ROOT}/nodes", self._nodes)
        application.router.add_get(f"{_ROOT}/nodes/{{name}}", self._node)
        application.router.add_get(f"{_ROOT}/pods", self._pods)
        application.router.add_get(f"{_ROOT}/namespaces/{{namespace}}/pods", self._pods)
        application.router.add_get(f"{_ROOT}/namespaces/{{namespace}}/pods/{{name}}", self._pod)
        return application

    async def _discovery(self, _request: web.Request) -> web.Response:
        resources = [
            {"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": ["get", "list"]}
            for name, kind, namespaced in (("nodes", "NodeMetrics", False), ("pods", "PodMetrics", True))
        ]
        return web.json_response(
            {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": _GROUP_VERSION, "resources": resources}
        )

    async def _pods(self, request: web.Request) -> web.Response:
        items = [self._pod_metrics(each) for each in await self._list_pods(request)]
        return web.json_response(_list_of("PodMetricsList", items))

    async def _pod(self, request: web.Request) -> web.Response:
        for each in await self._list_pods(request):
            if each.metadata.name == request.match_info["name"]:
                return web.json_response(self._pod_metrics(each))
        return _not_found()

    async def _nodes(self, request: web.Request) -> web.Response:
        items = [self._node_metrics(each) for each in await self._list("/api/v1/nodes", request)]
        return web.json_response(_list_of("NodeMetricsList", items))

    async def _node(self, request: web.Request) -> web.Response:
        for each in await self._list("/api/v1/nodes", request):
            if each.metadata.name == request.match_info["name"]:
                return web.json_response(self._node_metrics(each))
        return _not_found()

    async def _list_pods(self, request: web.Request) -> list[_Item]:
        namespace = request.match_info.get("namespace")
        path = f"/api/v1/namespaces/{namespace}/pods" if namespace else "/api/v1/pods"
        return [each for each in await self._list(path, request) if each.status.phase == "Running"]

    async def _list(self, path: str, request: web.Request) -> tuple[_Item, ...]:
        selector = request.query.get("labelSelector", "")
        async with self._session.get(path, params={"labelSelector": selector}) as answer:
            answer.raise_for_status()
            return msgspec.json.decode(await answer.read(), type=_Items).items

    def _pod_metrics(self, pod: _Item) -> dict[str, Any]:
        usage = self._table.of_pod(pod.metadata.name).as_quantities()
        containers = [{"name": each.name, "usage": usage} for each in pod.spec.containers]
        return {**self._metrics("PodMetrics", pod.metadata), "containers": containers}

    def _node_metrics(self, node: _Item) -> dict[str, Any]:
        return {**self._metrics("NodeMetrics", node.metadata), "usage": self._table.node.as_quantities()}

    def _metrics(self, kind: str, meta: _Meta) -> dict[str, Any]:
        now = self._clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        metadata: dict[str, Any] = {"name": meta.name, "labels": meta.labels, "creationTimestamp": now}
        if meta.namespace:
            metadata["namespace"] = meta.namespace
        return {
            "kind": kind,
            "apiVersion": _GROUP_VERSION,
            "metadata": metadata,
            "timestamp": now,
            "window": _WINDOW,
        }


def _list_of(kind: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": kind, "apiVersion": _GROUP_VERSION, "metadata": {}, "items": items}


def _not_found() -> web.Response:
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
    return web.json_response(status, status=404)

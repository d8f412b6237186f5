"""The cloud around a control plane: gives load balancers and ingresses an address, and serves metrics.

Before it starts, both are Progressing and autoscalers know nothing, as in a cluster that has just begun; tests
start it late to see that. It routes no traffic: an address is text in a status.
"""

import asyncio
import base64
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec

from testbed.control_plane import CLOUD_NAMESPACE, CLOUD_SERVICE, ControlPlane
from testbed.kubeconfig import Access, read_kubeconfig
from testbed.metrics import MetricsServer, UsageTable
from trueline.runtime.clock import Clock, SystemClock
from trueline.runtime.task_group import TaskGroup

_AGENT = "testbed-cloud"
_PAUSE_S = 0.3
_START_LIMIT_S = 60.0
_WATCH_LINE_BYTES_MAX = 4 << 20
_API_SERVICE = "v1beta1.metrics.k8s.io"
_SERVICES = "/api/v1/services"
_INGRESSES = "/apis/networking.k8s.io/v1/ingresses"
_API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""


class _Spec(msgspec.Struct, frozen=True):
    type: str = ""


class _Balancer(msgspec.Struct, frozen=True):
    ingress: tuple[dict[str, Any], ...] = ()


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    load_balancer: _Balancer = _Balancer()


class _Object(msgspec.Struct, frozen=True):
    metadata: _Meta = _Meta()
    spec: _Spec = _Spec()
    status: _Status = _Status()


class _Page(msgspec.Struct, frozen=True):
    metadata: _Meta
    items: tuple[_Object, ...]


class _Event(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    """One kind of objects that get addresses."""

    collection: str
    plural: str
    types: frozenset[str]

    def wants(self, item: _Object) -> bool:
        """Whether it is one that gets an address and has none yet."""
        return item.spec.type in self.types and not item.status.load_balancer.ingress

    def status_path(self, item: _Object) -> str:
        """Where its status is written."""
        prefix = self.collection.removesuffix(f"/{self.plural}")
        return f"{prefix}/namespaces/{item.metadata.namespace}/{self.plural}/{item.metadata.name}/status"


_WATCHED = (
    _Watched(collection=_SERVICES, plural="services", types=frozenset({"LoadBalancer"})),
    _Watched(collection=_INGRESSES, plural="ingresses", types=frozenset({""})),
)


class _Addresses:
    """203.0.113.1 to .254, given out by UID; a deleted object's address is free again."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def give(self, uid: str) -> str | None:
        """The object's address; None when all are taken: it then stays without, as in a real cloud."""
        if uid not in self._given:
            free = set(range(1, 255)).difference(self._given.values())
            if not free:
                return None
            self._given[uid] = min(free)
        return f"203.0.113.{self._given[uid]}"

    def take_back(self, uid: str) -> None:
        """The object is gone."""
        self._given.pop(uid, None)


class Cloud:
    """`async with Cloud(kubeconfig=…, certificate=…)`: what stands in the block has a cloud around it."""

    def __init__(
        self,
        *,
        kubeconfig: Path,
        certificate: tuple[Path, Path],
        table: UsageTable | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.usage = table or UsageTable()
        self._access: Access = read_kubeconfig(kubeconfig)
        self._certificate = certificate
        self._clock = clock or SystemClock()
        self._addresses = _Addresses()
        self._group = TaskGroup()
        self._watches: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None
        self._metrics: MetricsServer | None = None

    @classmethod
    def around(cls, control_plane: ControlPlane, *, table: UsageTable | None = None) -> Self:
        """The cloud of a control plane that runs."""
        return cls(kubeconfig=control_plane.kubeconfig, certificate=control_plane.cloud_certificate, table=table)

    async def __aenter__(self) -> Self:
        self._session = self._access.session(user_agent=_AGENT)
        self._metrics = MetricsServer(
            session=self._session, certificate=self._certificate, table=self.usage, clock=self._clock
        )
        try:
            await self._metrics.start()
            await self._register(self._metrics.port)
        except BaseException:
            await self._close()
            raise
        await self._group.__aenter__()
        self._watches = [self._group.create_task(self._keep(watched)) for watched in _WATCHED]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._watches:
            task.cancel()
        try:
            await self._group.__aexit__(None, None, None)
            await self._deregister()
        finally:
            await self._close()

    @property
    def _client(self) -> aiohttp.ClientSession:
        assert self._session is not None, "the cloud has not been started"
        return self._session

    async def _close(self) -> None:
        if self._metrics is not None:
            await self._metrics.stop()
        await self._client.close()

    async def _keep(self, watched: _Watched) -> None:
        """Lists and watches, again after every end: the API server may be away for a while."""
        while True:
            with suppress(aiohttp.ClientError, ConnectionError, TimeoutError, msgspec.DecodeError):
                await self._watch(watched, await self._list(watched))
            await self._clock.sleep(_PAUSE_S)

    async def _list(self, watched: _Watched) -> str:
        async with self._client.get(watched.collection) as answer:
            answer.raise_for_status()
            page = msgspec.json.decode(await answer.read(), type=_Page)
        for item in page.items:
            await self._see(watched, item)
        return page.metadata.resource_version

    async def _watch(self, watched: _Watched, version: str) -> None:
        query = {"watch": "1", "resourceVersion": version}
        endless = aiohttp.ClientTimeout(total=None, sock_connect=5)
        async with self._client.get(
            watched.collection, params=query, timeout=endless, max_line_size=_WATCH_LINE_BYTES_MAX
        ) as answer:
            answer.raise_for_status()
            async for line in answer.content:
                event = msgspec.json.decode(line, type=_Event)
                if event.type == "ERROR":  # the version is too old: list again
                    return
                item = msgspec.json.decode(event.object, type=_Object)
                if event.type == "DELETED":
                    self._addresses.take_back(item.metadata.uid)
                else:
                    await self._see(watched, item)

    async def _see(self, watched: _Watched, item: _Object) -> None:
        if not watched.wants(item):
            return
        address = self._addresses.give(item.metadata.uid)
        if address is None:
            return
        body = {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
        headers = {"Content-Type": "application/merge-patch+json"}
        async with self._client.patch(watched.status_path(item), json=body, headers=headers) as answer:
            if answer.status != HTTPStatus.NOT_FOUND:  # gone meanwhile
                answer.raise_for_status()

    async def _register(self, port: int) -> None:
        """Makes the metrics part of the API server's API and waits until it answers there."""
        await self._deregister()
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": CLOUD_SERVICE},
            # An address on loopback is no endpoint for Kubernetes; a name is.
            "spec": {"type": "ExternalName", "externalName": "localhost"},
        }
        await self._create(f"/api/v1/namespaces/{CLOUD_NAMESPACE}/services", service)
        await self._create(_API_SERVICES, self._api_service(port))
        async with asyncio.timeout(_START_LIMIT_S):
            while not await self._is_available():
                await self._clock.sleep(_PAUSE_S)

    def _api_service(self, port: int) -> dict[str, Any]:
        authority = base64.b64encode(self._access.authority.read_bytes()).decode()
        spec = {
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "caBundle": authority,
            "service": {"name": CLOUD_SERVICE, "namespace": CLOUD_NAMESPACE, "port": port},
        }
        metadata = {"name": _API_SERVICE}
        return {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": metadata, "spec": spec}

    async def _deregister(self) -> None:
        """The API server may be away when a test ends; then there is nothing to tidy."""
        paths = (f"{_API_SERVICES}/{_API_SERVICE}", f"/api/v1/namespaces/{CLOUD_NAMESPACE}/services/{CLOUD_SERVICE}")
        with suppress(aiohttp.ClientConnectionError):
            for path in paths:
                async with self._client.delete(path) as answer:
                    if answer.status != HTTPStatus.NOT_FOUND:
                        answer.raise_for_status()

    async def _create(self, path: str, body: dict[str, Any]) -> None:
        async with self._client.post(path, json=body) as answer:
            answer.raise_for_status()

    async def _is_available(self) -> bool:
        async with self._client.get("/apis/metrics.k8s.io/v1beta1/nodes") as answer:
            return answer.status == HTTPStatus.OK

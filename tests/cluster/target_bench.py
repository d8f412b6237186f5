"""A Kubernetes target on the real control plane, and hands that act behind its back."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from testbed.control_plane import ControlPlane
from trueline.model.digest import canonical, digest_bytes, parse
from trueline.model.known import Known, Unknown
from trueline.model.masked import Masked
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.render.resource import Rendered, Resource
from trueline.runtime.clock import SystemClock
from trueline.runtime.http import Endpoint
from trueline.runtime.http_aiohttp import AiohttpTransport
from trueline.runtime.task_group import TaskGroup
from trueline.target.answer import Answer
from trueline.target.inventory import Inventory
from trueline.target.kubernetes.client import MERGE_PATCH, KubernetesClient
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.limit import Limiter
from trueline.target.kubernetes.mark import Installation
from trueline.target.kubernetes.status import Ok
from trueline.target.kubernetes.target import KubernetesTarget
from trueline.target.protocol import Normalised, Write, WriteMode
from trueline.target.snapshot import Observed

NOTHING_OWNED = Inventory(application="shop")


def endpoint_of(control_plane: ControlPlane) -> Endpoint:
    access = control_plane.access
    return Endpoint(
        url=access.server,
        ca_pem=access.authority.read_bytes(),
        client_certificate_pem=access.certificate.read_bytes(),
        client_key=Masked(access.key.read_text()),
    )


@asynccontextmanager
async def connected(endpoint: Endpoint) -> AsyncIterator[KubernetesClient]:
    transport, clock = AiohttpTransport(endpoint), SystemClock()
    try:
        yield KubernetesClient(transport, Limiter(clock), clock, user_agent="trueline/test", jitter=lambda: 0.5)
    finally:
        await transport.close()


def target_of(client: KubernetesClient, installation: str = "one", toolbox: Any = None) -> KubernetesTarget[int]:
    return KubernetesTarget(
        "prod",
        client,
        toolbox,
        Installation(installation),
        clock=SystemClock(),
        needs_status=lambda kind: kind == "Deployment.apps",
        judge=lambda live: int(live.get("status", {}).get("observedGeneration", 0)),
    )


@dataclass(slots=True, kw_only=True)
class Bench:
    """A target, a way to act behind its back, and a namespace."""

    target: KubernetesTarget[int]
    client: KubernetesClient
    control_plane: ControlPlane
    namespace: str
    kinds: Kinds
    bodies: dict[Ref, bytes] = field(default_factory=dict)

    async def normalise(self, *bodies: dict[str, Any], create: bool = False, namespace: str = "") -> Normalised:
        """A render of these bodies, for `shop`."""
        return await self.target.normalise(
            rendered(*bodies), application="shop", namespace=namespace or self.namespace, create=create
        )

    async def put(self, body: dict[str, Any], mode: WriteMode = WriteMode.APPLY, **more: Any) -> tuple[Ref, Answer]:
        """Normalise one body and write it, over what stands there."""
        normalised = await self.normalise(body)
        assert normalised.problems == ()
        (resource,) = normalised.rendered.resources
        self.bodies[resource.ref] = normalised.rendered.body(resource)
        seen = await self.at(resource.ref)
        if isinstance(seen, Known) and seen.value is not None:
            more.setdefault("uid", seen.value.uid)
            if not mode.is_dry:
                more.setdefault("version", seen.value.version)
        answer = await self.target.write(Write(ref=resource.ref, body=self.bodies[resource.ref], mode=mode, **more))
        return resource.ref, answer

    async def look(self, ref: Ref, mode: WriteMode = WriteMode.TRY, **more: Any) -> Answer:
        """Ask for the fields that differ."""
        return await self.target.write(Write(ref=ref, body=self.bodies[ref], mode=mode, whole=True, **more))

    async def at(self, ref: Ref) -> Known[Observed | None] | Unknown:
        """What a snapshot says."""
        return (await self.target.snapshot([ref], NOTHING_OWNED)).at(ref)

    async def observed(self, ref: Ref) -> Observed:
        """What stands there."""
        seen = await self.at(ref)
        assert isinstance(seen, Known)
        assert seen.value is not None
        return seen.value

    async def patch(
        self, ref: Ref, patch: Any, *, kind: str = MERGE_PATCH, manager: str = "somebody", subresource: str = ""
    ) -> Ok:
        """Do something behind its back."""
        found = await self.kinds.one_named(ref.kind)
        assert isinstance(found, Known)
        assert found.value is not None
        said = await self.client.patch(
            found.value,
            ref.namespace,
            ref.name,
            msgspec.json.encode(patch),
            content_type=kind,
            manager=manager,
            dry_run=False,
            subresource=subresource,
        )
        assert isinstance(said, Ok), said
        return said

    async def live(self, ref: Ref) -> dict[str, Any]:
        """The object as JSON."""
        read = await self.target.read(ref)
        assert isinstance(read, Known)
        assert read.value is not None
        body: dict[str, Any] = parse(read.value)
        return body

    async def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Kubectl in the namespace."""
        return await self.control_plane.kubectl("-n", self.namespace, *arguments, stdin=stdin)


def rendered(*bodies: dict[str, Any]) -> Rendered:
    resources, texts = [], {}
    for line, body in enumerate(bodies, start=1):
        text = canonical(body)
        texts[digest_bytes(text)] = text
        group = body["apiVersion"].rpartition("/")[0]
        kind = f"{body['kind']}.{group}" if group else body["kind"]
        ref = Ref(kind, body["metadata"].get("namespace", ""), body["metadata"]["name"])
        resources.append(Resource(ref=ref, digest=digest_bytes(text), origin=Origin(path="a.yaml", line=line)))
    return Rendered(resources=tuple(resources), bodies=texts)


def config_map(name: str = "settings", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data or {"a": "1", "b": "2"}}


def deployment(name: str = "web", **spec: Any) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "app",
        "image": "example.test/app:1",
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "args": ["one", "two"],
        "ports": [{"containerPort": 80}],
        "resources": {"limits": {"cpu": "1"}},
    }
    first, second = ({"name": each, "image": "example.test/init:1"} for each in ("first", "second"))
    pod = {"containers": [container], "initContainers": [first, second]}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    body = {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": body}


def parse_kubeconfig(path: Path) -> tuple[bytes, bytes]:
    config = msgspec.json.decode(path.read_bytes())
    user = config["users"][0]["user"]
    return Path(user["client-certificate"]).read_bytes(), Path(user["client-key"]).read_bytes()


@asynccontextmanager
async def opened(control_plane: ControlPlane) -> AsyncIterator[Bench]:
    """A bench with a namespace of its own; its end is not waited for."""
    namespace = f"t-{uuid.uuid4().hex[:8]}"
    await control_plane.kubectl("create", "namespace", namespace)
    async with connected(endpoint_of(control_plane)) as client:
        yield Bench(
            target=target_of(client),
            client=client,
            control_plane=control_plane,
            namespace=namespace,
            kinds=Kinds(client),
        )
    await control_plane.kubectl("delete", "namespace", namespace, "--wait=false")


@asynccontextmanager
async def watched(bench: Bench) -> AsyncIterator[None]:
    """The target's watches run inside."""
    async with TaskGroup() as tasks:
        running = tasks.create_task(bench.target.run())
        try:
            yield
        finally:
            running.cancel()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what the cluster does by itself; nothing tells of it."""
    clock = SystemClock()
    async with asyncio.timeout(120):
        while not await condition():
            await clock.sleep(0.05)

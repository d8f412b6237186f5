"""The logs of an application's pods: which pods, by the selectors of its live workloads, and their lines."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trueline.cli.answer import say, tell
from trueline.cli.place import Place
from trueline.cli.session import looking, settings_of
from trueline.loop.control import Control
from trueline.loop.parts import Parts
from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.wiring.assembly import Assembly
from trueline.wiring.cluster import EMBEDDED

PODS_MAX = 50
WORKLOADS = frozenset(
    {"Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "ReplicaSet.apps", "Job.batch", "ReplicationController"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was asked for."""

    application: str
    tail: int
    follow: bool
    previous: bool


async def print_logs(place: Place, reading: Reading) -> int:
    """Print the lines; 1 where nothing could be read."""
    async with looking(settings_of(place), place.path) as (assembly, control):
        if (await _parts(control, reading.application)).target.name == EMBEDDED:
            tell("the embedded cluster runs no containers: its pods write nothing")
            return 0
        pods = await _pods(assembly, control, reading.application)
        if not pods:
            tell(f"{reading.application} has no pods now")
            return 0
        if len(pods) > PODS_MAX:
            tell(f"there are {len(pods)} pods; these are the first {PODS_MAX}")
        found = list(_containers(pods[:PODS_MAX]))
        client = _client(assembly, control, reading.application, await _parts(control, reading.application))
        results: list[bool] = []

        async def one(namespace: str, pod: str, container: str) -> None:
            results.append(await _print(client, reading, namespace, pod, container))

        if reading.follow:
            async with asyncio.TaskGroup() as group:
                for place_of in found:
                    group.create_task(one(*place_of))
        else:
            for place_of in found:
                await one(*place_of)
    return 0 if all(results) else 1


async def _print(client: Any, reading: Reading, namespace: str, pod: str, container: str) -> bool:
    async with client.logs(
        namespace,
        pod,
        container=container,
        tail_lines=reading.tail,
        follow=reading.follow,
        previous=reading.previous,
    ) as lines:
        if not isinstance(lines, AsyncIterator):
            tell(f"{pod}/{container}: {lines}")
            return False
        async for line in lines:
            say(f"{pod}/{container}: {line.decode(errors='backslashreplace')}")
    return True


async def _parts(control: Control, name: str) -> Parts:
    return await control.parts.targets.parts(control.kept(name).application.target)


def _client(assembly: Assembly, control: Control, name: str, parts: Parts) -> Any:
    clients = assembly.targets.clients
    declared = getattr(control.kept(name).application.target, "cluster", "")
    return clients[next(key for key in (declared, parts.target.name, "") if key in clients)]


async def _pods(assembly: Assembly, control: Control, name: str) -> list[Mapping[str, Any]]:
    """The pods, by name; those that two selectors find are there once."""
    kept, parts = control.kept(name), await _parts(control, name)
    client = _client(assembly, control, name, parts)
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for ref in sorted({resource.ref for resource in kept.aim.resources} if kept.aim else ()):
        for pod in await _pods_of(client, parts, ref):
            metadata = pod["metadata"]
            found[metadata["namespace"], metadata["name"]] = pod
    return [found[key] for key in sorted(found)]


async def _pods_of(client: Any, parts: Parts, ref: Ref) -> Iterable[Mapping[str, Any]]:
    if ref.kind != "Pod" and ref.kind not in WORKLOADS:
        return ()
    read = await parts.target.read(ref)
    if not isinstance(read, Known) or read.value is None:
        return ()
    live = json.loads(read.value)
    if ref.kind == "Pod":
        return (live,)
    selector = live.get("spec", {}).get("selector", {})
    labels = selector.get("matchLabels", {}) if ref.kind != "ReplicationController" else selector
    if not labels:
        return ()
    query = {"labelSelector": ",".join(f"{key}={value}" for key, value in sorted(labels.items()))}
    answer = await client.read(f"/api/v1/namespaces/{ref.namespace}/pods", query=query)
    body = getattr(answer, "body", None)
    if body is None:
        tell(f"{ref}: its pods cannot be listed: {answer}")
        return ()
    items: list[Mapping[str, Any]] = json.loads(body).get("items") or []
    return items


def _containers(pods: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for pod in pods:
        for container in pod.get("spec", {}).get("containers", ()):
            yield pod["metadata"]["namespace"], pod["metadata"]["name"], container["name"]

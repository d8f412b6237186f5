"""The floor: the same requests with nothing around them. It plans and keeps nothing, and checks only the status."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp
import msgspec

from testbed.kubeconfig import Access
from trueline.runtime.clock import SystemClock
from trueline.runtime.task_group import TaskGroup
from trueline.target.kubernetes.client import APPLY_PATCH, PARTIAL
from trueline.target.kubernetes.mark import LABEL

IN_FLIGHT = 32
FLOOR_LABEL = LABEL.replace("application", "benchfloor1")
MANAGER = "floor"
_COLLECTIONS = {
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Service": "/api/v1/namespaces/{}/services",
    "Deployment.apps": "/apis/apps/v1/namespaces/{}/deployments",
}
assert len(FLOOR_LABEL) == len(LABEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One apply of the floor."""

    path: str
    body: bytes


def moved(bodies: Sequence[tuple[str, str, bytes]], namespace: str) -> list[Sent]:
    """Our bodies in another namespace, under a label of the same length that our watches do not ask for."""
    return [
        Sent(path=f"{_COLLECTIONS[kind].format(namespace)}/{name}", body=_moved(body, namespace))
        for kind, name, body in bodies
    ]


def _moved(body: bytes, namespace: str) -> bytes:
    value = msgspec.json.decode(body)
    metadata = value["metadata"]
    metadata["namespace"] = namespace
    metadata["labels"] = {k.replace(LABEL, FLOOR_LABEL): v for k, v in metadata["labels"].items()}
    return msgspec.json.encode(value)


@asynccontextmanager
async def session(access: Access) -> AsyncIterator[aiohttp.ClientSession]:
    """A plain session as administrator, with as many connections as are in flight."""
    context = ssl.create_default_context(cafile=str(access.authority))
    context.load_cert_chain(access.certificate, access.key)
    connector = aiohttp.TCPConnector(ssl=context, limit=IN_FLIGHT)
    headers = {"User-Agent": "floor"}
    async with aiohttp.ClientSession(access.server, connector=connector, headers=headers) as opened:
        yield opened


async def apply_one(opened: aiohttp.ClientSession, sent: Sent, *, dry_run: bool, force: bool = False) -> None:
    """One server-side apply as ours is: strict, unforced, answered with metadata alone."""
    query = {"fieldManager": MANAGER, "force": str(force).lower(), "fieldValidation": "Strict"}
    query |= {"dryRun": "All"} if dry_run else {}
    headers = {"Accept": PARTIAL, "Content-Type": APPLY_PATCH}
    async with opened.patch(f"{sent.path}?{urlencode(query)}", data=sent.body, headers=headers) as answer:
        said = await answer.read()
        assert answer.ok, said


async def apply_all(opened: aiohttp.ClientSession, all_sent: Sequence[Sent], *, dry_run: bool) -> float:
    """All of them, `IN_FLIGHT` at once; returns the seconds."""
    clock, waiting = SystemClock(), iter(all_sent)

    async def work() -> None:
        for sent in waiting:
            await apply_one(opened, sent, dry_run=dry_run)

    began_s = clock.monotonic_s()
    async with TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(work())
    return clock.monotonic_s() - began_s


async def changes(
    opened: aiohttp.ClientSession, path: str, hear: Callable[[str, dict[str, object]], None], begun: asyncio.Event
) -> None:
    """A plain watch of one collection from now on, until it is cancelled."""
    async with opened.get(path) as answer:
        version = msgspec.json.decode(await answer.read())["metadata"]["resourceVersion"]
    query = {"watch": "true", "resourceVersion": version}
    pending = b""
    async with opened.get(path, params=query, timeout=aiohttp.ClientTimeout(total=None)) as answer:
        begun.set()
        async for chunk in answer.content.iter_any():
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                event = msgspec.json.decode(line)
                hear(event["type"], event["object"])

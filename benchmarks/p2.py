"""P2: 60 live edits and deletions among 1,000 objects → healed, beside a plain watch that sends one apply at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import msgspec

from benchmarks import fleet, floor
from benchmarks.figure import Figure, percentile
from benchmarks.rig import control_plane, rig
from testbed.audit import Requests
from testbed.control_plane import ControlPlane
from trueline.runtime.clock import SystemClock
from trueline.runtime.task_group import TaskGroup

APPLICATION = "shop"
EDITS, DELETIONS = 40, 20
LIMIT_S = 30.0
_COLLECTION = "/api/v1/namespaces/{}/configmaps"


@dataclass(slots=True)
class Eye:
    """A plain watch of one namespace's ConfigMaps, which tells when an object stands there as declared."""

    values: dict[str, str] = field(default_factory=dict)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    react: Callable[[str, str], None] | None = None

    def hear(self, kind: str, told: dict[str, object]) -> None:
        """One event."""
        one = msgspec.convert(told, _ConfigMap)
        name = one.metadata.get("name", "")
        self.values[str(name)] = "" if kind == "DELETED" else one.data.get("value", "")
        if self.react is not None:
            self.react(str(name), self.values[str(name)])
        self.heard.set()

    async def wait(self, name: str, value: str) -> None:
        """Until the object was seen with this value."""
        async with asyncio.timeout(LIMIT_S):
            while self.values.get(name) != value:
                self.heard.clear()
                await self.heard.wait()


class _ConfigMap(msgspec.Struct):
    metadata: dict[str, object] = {}
    data: dict[str, str] = {}


async def measure() -> list[Figure]:
    """Engine first, then the floor on the same cluster with the engine gone."""
    async with control_plane() as cluster:
        for namespace in ("ours", "floor"):
            await cluster.kubectl("create", "namespace", namespace)
        begin = {"fleet/shop.yaml": fleet.application(APPLICATION, namespace="ours")}
        async with rig(cluster, begin | fleet.mixed("apps/shop")) as running:
            mark = cluster.mark()
            async with _watched(cluster, "ours") as (opened, eye):
                edits, deletions = await _harm(opened, eye, "ours")
            await SystemClock().sleep(1.0)
            ours = cluster.requests(since=mark).where(user_agent="trueline")
            all_sent = floor.moved(running.bodies(APPLICATION), "floor")
        floor_edits, floor_deletions = await _floor(cluster, all_sent)
    note = _writes(ours)
    return [
        _figure("P2 a live edit → healed", edits, floor_edits, note),
        _figure("P2 a live deletion → healed", deletions, floor_deletions, ""),
        Figure(
            name="P2 p95 of all",
            samples=[percentile(edits + deletions, 95)],
            unit="ms",
            floor=percentile(floor_edits + floor_deletions, 95),
            goal="≤ 50 ms",
        ),
    ]


def _figure(name: str, samples: list[float], floors: list[float], note: str) -> Figure:
    tail = f"p95 {percentile(samples, 95):.1f} ms, floor's p95 {percentile(floors, 95):.1f} ms"
    return Figure(
        name=name, samples=samples, unit="ms", floor=percentile(floors, 50), note=f"{tail}; {note}" if note else tail
    )


def _writes(ours: Requests) -> str:
    """Only what was harmed is written, once for each harm."""
    written = [each.name for each in ours.where(verb="patch", dry_run=False).all]
    expected = [_name(number) for number in range(EDITS + DELETIONS)]
    assert sorted(written) == sorted(expected), written
    counted = ", ".join(
        f"{count} {verb} {resource}{' (dry run)' if dry else ''}"
        for (verb, resource, dry), count in sorted(ours.counts().items())
        if verb != "watch"
    )
    return f"for {len(expected)} harms: {counted}"


async def _harm(opened: aiohttp.ClientSession, eye: Eye, namespace: str) -> tuple[list[float], list[float]]:
    """One harm after the other, each on an object of its own; timed from the harm's answer to the heal's event."""
    edits: list[float] = []
    deletions: list[float] = []
    clock = SystemClock()
    for number in range(EDITS + DELETIONS):
        name = _name(number)
        path = f"{_COLLECTION.format(namespace)}/{name}"
        eye.values[name] = ""
        if number < EDITS:
            patch = msgspec.json.encode({"data": {"value": "harm"}})
            headers = {"Content-Type": "application/merge-patch+json"}
            answering = opened.patch(f"{path}?fieldManager=harm", data=patch, headers=headers)
        else:
            answering = opened.delete(path)
        async with answering as answer:
            assert answer.ok, await answer.text()
            began_s = clock.monotonic_s()
        await eye.wait(name, "1")
        (edits if number < EDITS else deletions).append(1000 * (clock.monotonic_s() - began_s))
        await clock.sleep(0.1)
    return edits, deletions


def _name(number: int) -> str:
    return f"c{number * 7:04}"


@asynccontextmanager
async def _watched(cluster: ControlPlane, namespace: str) -> AsyncIterator[tuple[aiohttp.ClientSession, Eye]]:
    eye, begun = Eye(), asyncio.Event()
    async with floor.session(cluster.access) as opened, TaskGroup() as group:
        path = _COLLECTION.format(namespace)
        watching = group.create_task(floor.changes(opened, path, eye.hear, begun))
        await begun.wait()
        yield opened, eye
        watching.cancel()


async def _floor(cluster: ControlPlane, all_sent: list[floor.Sent]) -> tuple[list[float], list[float]]:
    """The same harms, answered by one forced apply as soon as the plain watch shows them."""
    by_name = {sent.path.rpartition("/")[2]: sent for sent in all_sent}
    async with _watched(cluster, "floor") as (opened, eye):
        await floor.apply_all(opened, all_sent, dry_run=False)
        await SystemClock().sleep(1.0)
        async with TaskGroup() as group:

            def react(name: str, value: str) -> None:
                if value != "1" and name in by_name:
                    group.create_task(floor.apply_one(opened, by_name[name], dry_run=False, force=True))

            eye.react = react
            return await _harm(opened, eye, "floor")

"""P1: 1,000 new objects in 1,000 files, pushed → all applied, beside the same requests with nothing around them."""

from benchmarks import fleet, floor
from benchmarks.figure import Figure
from benchmarks.rig import Rig, control_plane, rig
from trueline.runtime.clock import SystemClock

APPLICATION = "shop"
REPEATS = 3


async def measure() -> list[Figure]:
    """Each repetition has a repository, an engine and a namespace of its own; floor and engine take turns."""
    ours, both, alone, counts = [], [], [], ""
    async with control_plane() as cluster:
        for number in range(REPEATS):
            for namespace in (f"ours-{number}", f"floor-{number}", f"first-{number}"):
                await cluster.kubectl("create", "namespace", namespace)
            begin = {"fleet/first.yaml": fleet.application("first", namespace=f"first-{number}")}
            async with rig(cluster, begin | fleet.one_of_each("apps/first")) as running:
                seconds, counts = await _ours(running, f"ours-{number}")
                ours.append(seconds)
                all_sent = floor.moved(running.bodies(APPLICATION), f"floor-{number}")
            async with floor.session(cluster.access) as opened:
                dry_s = await floor.apply_all(opened, all_sent, dry_run=True)
                alone.append(await floor.apply_all(opened, all_sent, dry_run=False))
                both.append(dry_s + alone[-1])
    floor_s = Figure(name="", samples=both, unit="s")
    alone_s = Figure(name="", samples=alone, unit="s")
    note = f"floor of apply alone {alone_s.value:.2f} s; {counts}"
    return [
        Figure(
            name="P1 1,000 objects, hook → applied",
            samples=ours,
            unit="s",
            floor=floor_s.value,
            goal="ratio ≤ 1.25",
            note=note,
        )
    ]


async def _ours(running: Rig, namespace: str) -> tuple[float, str]:
    files = fleet.mixed(f"apps/{APPLICATION}")
    files["fleet/shop.yaml"] = fleet.application(APPLICATION, namespace=namespace)
    commit = await running.push(files)
    mark = running.control_plane.mark()
    seconds = await running.follow(commit, APPLICATION)
    await SystemClock().sleep(0.5)
    asked = running.control_plane.requests(since=mark).where(user_agent="trueline")
    counted = ", ".join(
        f"{count} {verb} {resource}{' (dry run)' if dry else ''}"
        for (verb, resource, dry), count in sorted(asked.counts().items())
    )
    return seconds, f"{len(asked)} requests: {counted}"

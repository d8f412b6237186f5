"""P5: a preview of 1,000 unchanged objects, watched: what the engine answers without asking anybody."""

from benchmarks import fleet
from benchmarks.figure import Figure
from benchmarks.rig import control_plane, rig
from trueline.loop.review import review
from trueline.runtime.clock import SystemClock

APPLICATION = "shop"
REPEATS = 20


async def measure() -> list[Figure]:
    """The review that a plan of the running engine is made of: snapshot, diff, trials of what changes (nothing)."""
    times, changed = [], 0
    clock = SystemClock()
    async with control_plane() as cluster:
        await cluster.kubectl("create", "namespace", "ours")
        begin = {"fleet/shop.yaml": fleet.application(APPLICATION, namespace="ours")}
        async with rig(cluster, begin | fleet.mixed("apps/shop")) as running:
            parts, desired = await running.parts(APPLICATION), running.desired(APPLICATION)
            before = running.requests()
            for _ in range(REPEATS):
                began_s = clock.monotonic_s()
                found = await review(parts, desired, completed_run=desired.run)
                times.append(1000 * (clock.monotonic_s() - began_s))
                changed += sum(change.action.is_write for change in found.plan.changes)
            requests = running.requests() - before
    assert (requests, changed) == (0, 0), (requests, changed)
    return [
        Figure(
            name="P5 preview of 1,000 unchanged objects, watched",
            samples=times,
            unit="ms",
            goal="≤ 200 ms, 0 requests",
            note=f"{requests} requests",
        )
    ]

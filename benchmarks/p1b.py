"""P1b: one of 1,000 objects changed → applied, with Git's part and without it; then a commit that changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable

from benchmarks import fleet, floor
from benchmarks.figure import Figure
from benchmarks.rig import Rig, control_plane, rig, wait
from testbed.git_server import git_variables
from trueline.runtime.clock import SystemClock

APPLICATION = "shop"
REPEATS = 10
PATH = "/api/v1/namespaces/ours/configmaps/c0001"


async def measure() -> list[Figure]:
    """Each change is one commit; between two of them nothing is under way."""
    async with control_plane() as cluster:
        for namespace in ("ours", "floor"):
            await cluster.kubectl("create", "namespace", namespace)
        begin = {"fleet/shop.yaml": fleet.application(APPLICATION, namespace="ours")}
        async with rig(cluster, begin | fleet.mixed("apps/shop")) as running:
            whole, sent = await _repeated(running, _changed)
            git = [await _fetch(running, number) for number in range(REPEATS)]
            nothing, none_sent = await _repeated(running, _unchanged)
            requests_ms = await _floor(running)
            stock = [await _stock_fetch(running, number) for number in range(REPEATS)]
    assert set(sent) == {3}, sent
    assert set(none_sent) == {0}, none_sent
    floor_ms, stock_ms, git_ms = (Figure(name="", samples=each, unit="").value for each in (requests_ms, stock, git))
    apart = [max(0.0, each - git_ms) for each in whole]
    return [
        Figure(
            name="P1b 1 of 1,000 changed, hook → applied, with the fetch",
            samples=whole,
            unit="ms",
            floor=stock_ms + floor_ms,
            goal="≤ 350 ms, 3 requests",
            note=f"one is the fence's word; floor: a stock git fetch ({stock_ms:.0f} ms), one dry run and one apply",
        ),
        Figure(
            name="P1b the same, the fetch apart",
            samples=apart,
            unit="ms",
            floor=floor_ms,
            goal="≤ 200 ms",
            note=f"our question and fetch took {git_ms:.0f} ms; floor: one dry run and one apply",
        ),
        Figure(
            name="P1b nothing changed, hook → known",
            samples=nothing,
            unit="ms",
            goal="0 requests",
            note=f"{none_sent[0]} requests",
        ),
    ]


async def _repeated(running: Rig, change: Callable[[Rig, int], Awaitable[float]]) -> tuple[list[float], list[int]]:
    times, counts = [], []
    for number in range(REPEATS):
        before = running.requests()
        times.append(await change(running, number))
        await SystemClock().sleep(0.2)
        counts.append(running.requests() - before)
    return times, counts


async def _changed(running: Rig, number: int) -> float:
    commit = await running.push({"apps/shop/c0001.yaml": fleet.config_map("c0001", f"changed-{number}")})
    return 1000 * await running.follow(commit, APPLICATION)


async def _unchanged(running: Rig, number: int) -> float:
    commit = await running.push({"README.md": f"change {number}\n"})
    clock = SystemClock()
    began_s = clock.monotonic_s()
    running.assembly.engine.poke()
    await wait(lambda: running.desired(APPLICATION).commit == commit)
    return 1000 * (clock.monotonic_s() - began_s)


async def _fetch(running: Rig, number: int) -> float:
    """Git's part by itself: the same question and fetch that a hook starts."""
    commit = await running.push({"apps/shop/c0001.yaml": fleet.config_map("c0001", f"fetched-{number}")})
    clock = SystemClock()
    began_s = clock.monotonic_s()
    await running.assembly.fleet.poll()
    took_ms = 1000 * (clock.monotonic_s() - began_s)
    await running.follow(commit, APPLICATION)
    return took_ms


async def _floor(running: Rig) -> list[float]:
    """One dry run and one apply of a body that changed, one after the other."""
    (sent,) = (one for one in floor.moved(running.bodies(APPLICATION), "floor") if one.path.endswith("/c0001"))
    clock, times = SystemClock(), []
    async with floor.session(running.control_plane.access) as opened:
        for number in range(REPEATS):
            now = floor.Sent(path=sent.path, body=sent.body.replace(b'"value":"', f'"value":"{number}'.encode()))
            began_s = clock.monotonic_s()
            await floor.apply_one(opened, now, dry_run=True)
            await floor.apply_one(opened, now, dry_run=False)
            times.append(1000 * (clock.monotonic_s() - began_s))
    return times[1:]


async def _stock_fetch(running: Rig, number: int) -> float:
    """`git fetch` of one new commit into a bare copy of its own."""
    copy = running.repository.path.parent / "stock.git"
    if not copy.exists():
        await _git("init", "--quiet", "--bare", str(copy))
        await _git("-C", str(copy), "fetch", "--quiet", running.git.url("fleet"), "main")
    await running.push({"apps/shop/c0002.yaml": fleet.config_map("c0002", f"stock-{number}")})
    clock = SystemClock()
    began_s = clock.monotonic_s()
    await _git("-C", str(copy), "fetch", "--quiet", running.git.url("fleet"), "main")
    return 1000 * (clock.monotonic_s() - began_s)


async def _git(*arguments: str) -> None:
    child = await asyncio.create_subprocess_exec("git", *arguments, env=git_variables())
    assert await child.wait() == 0, arguments

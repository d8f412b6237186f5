"""Restart: from the start of the process to ready, with 10,000 objects in one application that runs as Git says.

`python -m benchmarks.started URL DATA KUBECONFIG` is the process that is started anew. `BENCHMARK_OBJECTS` makes fewer.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks import fleet
from benchmarks.figure import Figure
from benchmarks.machine import load, on_one_line
from benchmarks.rig import LIMIT_S, control_plane
from testbed.git_server import GitServer
from testbed.repository import Repository
from tests.reliability.figure import write_figures
from trueline.runtime.clock import SystemClock

OBJECTS = int(os.environ.get("BENCHMARK_OBJECTS", "10000"))
RESTARTS = 5
GOAL_S = 2.0
_READS = frozenset({"get", "list", "watch"})


async def measure() -> list[Figure]:
    """Apply them once; then start again and again on the same data."""
    files = {"fleet/shop.yaml": fleet.application("shop", namespace="shop"), **fleet.maps("apps/shop", OBJECTS)}
    async with control_plane() as cluster:
        await cluster.kubectl("create", "namespace", "shop")
        with tempfile.TemporaryDirectory(prefix="trueline-benchmark-") as kept:
            folder = Path(kept)
            async with GitServer(folder / "served") as git:
                repository = await Repository.create(folder / "work", remote=await git.create("fleet"))
                await repository.commit("begin", files)
                await repository.push("main")
                arguments = (git.url("fleet"), str(folder / "data"), str(cluster.kubeconfig))
                with on_one_line(f"applying {OBJECTS:,} objects"):
                    await _started(*arguments, until="settled")
                mark = cluster.mark()
                samples = [await _started(*arguments, until="ready") for _ in range(RESTARTS)]
                asked = cluster.requests(since=mark).where(user_agent="trueline").counts()
    wrote = sum(count for (verb, _, _), count in asked.items() if verb not in _READS)
    figure = Figure(
        name=f"restart to ready with {OBJECTS:,} objects",
        samples=samples,
        unit="s",
        goal=f"≤ {GOAL_S:.0f} s",
        note=f"{wrote} writes",
    )
    if OBJECTS == 10_000:  # noqa: PLR2004 - what the page tells of
        write_figures("restart", {"seconds": figure.value, "samples": len(samples), "writes": wrote, "load": load()})
    return [figure]


async def _started(*arguments: str, until: str) -> float:
    """The seconds from the start of a process until it says so; it is ended then."""
    clock = SystemClock()
    began_s = clock.monotonic_s()
    async with _process(*arguments) as process:
        assert process.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            while (said := (await process.stdout.readline()).decode().strip()) != until:
                assert said, "the process ended"
        return clock.monotonic_s() - began_s


@asynccontextmanager
async def _process(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.started",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()

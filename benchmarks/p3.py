"""P3: at rest with 100 applications of 100 objects: CPU, requests and memory of an engine in a process of its own.

`BENCHMARK_IDLE_S` shortens the five minutes.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import fleet
from benchmarks.figure import Figure
from benchmarks.machine import children, cpu_s, on_one_line, resident_bytes
from benchmarks.rig import LIMIT_S, control_plane
from testbed.git_server import GitServer
from testbed.repository import Repository
from trueline.runtime.clock import SystemClock

APPLICATIONS = 100
FIRST = 10
OBJECTS = 100
IDLE_S = float(os.environ.get("BENCHMARK_IDLE_S", "300"))
REST_S = 30.0  # the toolbox ends after ten idle seconds
MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """The engine's process; see `benchmarks.resident`."""

    process: asyncio.subprocess.Process

    async def follow(self, commit: str) -> None:
        """Until it has applied the commit."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{commit}\n".encode())
        async with asyncio.timeout(LIMIT_S):
            said = await self.process.stdout.readline()
        assert said.startswith(b"settled"), said

    async def rest(self) -> int:
        """Until the toolbox has ended; returns the memory then."""
        await SystemClock().sleep(REST_S)
        return resident_bytes(self.process.pid)


async def measure() -> list[Figure]:
    """First 1,000 objects, then 10,000, then nothing happens; then the same data once more in a fresh process."""
    async with control_plane() as cluster:
        for number in range(APPLICATIONS):
            await cluster.kubectl("create", "namespace", _name(number))
        with tempfile.TemporaryDirectory(prefix="trueline-benchmark-") as kept:
            folder = Path(kept)
            async with GitServer(folder / "served") as git:
                repository = await Repository.create(folder / "work", remote=await git.create("fleet"))
                first = await _push(repository, range(FIRST))
                arguments = (git.url("fleet"), str(folder / "data"), str(cluster.kubeconfig))
                async with _resident(*arguments) as engine:
                    await engine.follow(first)
                    small = await engine.rest()
                    with on_one_line(f"applying {APPLICATIONS * OBJECTS:,} objects"):
                        last = await _push(repository, range(FIRST, APPLICATIONS))
                        await engine.follow(last)
                    large = await engine.rest()
                    mark = cluster.mark()
                    share, own = await _idle(engine.process.pid)
                    asked = cluster.requests(since=mark).where(user_agent="trueline").counts()
                    workers = len(children(engine.process.pid))
                async with _resident(*arguments) as engine:
                    await engine.follow(last)
                    fresh = await engine.rest()
    return _figures(share=share, own=own, asked=asked, memory=(small, large, fresh), workers=workers)


def _figures(
    *, share: float, own: float, asked: dict[tuple[str, str, bool], int], memory: tuple[int, int, int], workers: int
) -> list[Figure]:
    small, large, fresh = memory
    added = (APPLICATIONS - FIRST) * OBJECTS
    requests = sum(asked.values())
    shown = ", ".join(f"{count} {verb} {resource}" for (verb, resource, _), count in sorted(asked.items())) or "none"
    return [
        Figure(
            name="P3 idle, share of a core",
            samples=[100 * share],
            unit="%",
            goal="≤ 1 %",
            note=f"{100 * own:.2f} % the engine itself, the rest git's question every 30 s; over {IDLE_S:.0f} s",
        ),
        Figure(
            name="P3 idle, requests a minute",
            samples=[requests * 60 / IDLE_S],
            unit="",
            goal="≤ 5",
            note=f"renewed watches included: {shown}",
        ),
        Figure(
            name="P3 memory with 10,000 objects",
            samples=[large / MEBIBYTE],
            unit="MiB",
            goal="≤ 120 MiB",
            note=f"after a restart {fresh / MEBIBYTE:.0f} MiB; with 1,000 objects {small / MEBIBYTE:.0f} MiB;"
            f" {workers} children (git's object reader; the toolbox has ended)",
        ),
        Figure(
            name="P3 memory for each object beyond the first thousand",
            samples=[(large - small) / added / 1024],
            unit="kB",
            goal="≤ 0.5 kB",
            note=f"what applying left behind included; after a restart {(fresh - small) / added / 1024:.2f} kB",
        ),
    ]


async def _idle(pid: int) -> tuple[float, float]:
    """The share of a core, with ended children and without."""
    before, before_own = cpu_s(pid, with_children=True), cpu_s(pid)
    with on_one_line(f"idle for {IDLE_S:.0f} s"):
        await SystemClock().sleep(IDLE_S)
    return (cpu_s(pid, with_children=True) - before) / IDLE_S, (cpu_s(pid) - before_own) / IDLE_S


async def _push(repository: Repository, numbers: range) -> str:
    files = {}
    for number in numbers:
        name = _name(number)
        files[f"fleet/{name}.yaml"] = fleet.application(name, namespace=name)
        files |= fleet.maps(f"apps/{name}", OBJECTS)
    commit = await repository.commit("change", files)
    await repository.push("main")
    return commit


def _name(number: int) -> str:
    return f"a{number:03}"


@asynccontextmanager
async def _resident(*arguments: str) -> AsyncIterator[Resident]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.resident",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Resident(process=process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(20):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

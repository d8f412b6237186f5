"""Ownership found again: 10,000 objects, and a data directory of which only the installation's id is left.

From the opening of the new directory until the application is Synced: Git's fetch and the render are within it.
`BENCHMARK_FOUND_OBJECTS` makes it smaller.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks import fleet
from benchmarks.figure import Figure
from benchmarks.machine import on_one_line
from benchmarks.rig import LIMIT_S, control_plane, wait
from testbed.control_plane import ControlPlane
from testbed.git_server import GitServer
from testbed.repository import Repository
from trueline.loop.status import Sync
from trueline.runtime.clock import SystemClock
from trueline.wiring.assembly import Assembly, assemble
from trueline.wiring.settings import Settings

OBJECTS = int(os.environ.get("BENCHMARK_FOUND_OBJECTS", "10000"))
APPLICATION = "shop"
REPEATS = 3


async def measure() -> list[Figure]:
    """The objects are applied once; then each round finds them with a directory of its own."""
    async with control_plane() as cluster:
        await cluster.kubectl("create", "namespace", "ours")
        with tempfile.TemporaryDirectory(prefix="trueline-benchmark-") as kept:
            folder = Path(kept)
            async with GitServer(folder / "served") as git:
                repository = await Repository.create(folder / "work", remote=await git.create("fleet"))
                declared = {"fleet/shop.yaml": fleet.application(APPLICATION, namespace="ours")}
                await repository.commit("begin", declared | fleet.maps("apps/shop", OBJECTS))
                await repository.push("main")
                with on_one_line(f"applying {OBJECTS:,} objects"):
                    async with _running(cluster, git, folder / "data") as assembly:
                        await wait(lambda: _is_synced(assembly))
                times = [await _found(cluster, git, folder, number) for number in range(REPEATS)]
    return [
        Figure(
            name=f"a lost data directory: {OBJECTS:,} objects found again",
            samples=times,
            unit="s",
            goal="≤ 10 s, 0 writes",
            note="0 objects tried, written or deleted; with Git's fetch and the render",
        )
    ]


async def _found(cluster: ControlPlane, git: GitServer, folder: Path, number: int) -> float:
    data = folder / f"found-{number}"
    data.mkdir(mode=0o700)
    shutil.copyfile(folder / "data" / "installation", data / "installation")
    clock, mark = SystemClock(), cluster.mark()
    began_s = clock.monotonic_s()
    async with _running(cluster, git, data) as assembly:
        await wait(lambda: _is_synced(assembly))
        took_s = clock.monotonic_s() - began_s
        assert assembly.ledger.count(APPLICATION, _target(assembly)) == OBJECTS
    await clock.sleep(1.0)
    asked = cluster.requests(since=mark).where(user_agent="trueline")
    assert {each.verb for each in asked.all} <= {"get", "list", "watch"}, asked.counts()
    return took_s


@asynccontextmanager
async def _running(cluster: ControlPlane, git: GitServer, data: Path) -> AsyncIterator[Assembly]:
    settings = Settings(
        repository=git.url("fleet"),
        path="fleet",
        kubeconfig=cluster.kubeconfig,
        data_directory=data,
        is_live=True,
        interval_s=LIMIT_S,
        environment={"PATH": os.environ.get("PATH", os.defpath)},
    )
    async with assemble(settings) as assembly, assembly.engine.running():
        yield assembly


def _is_synced(assembly: Assembly) -> bool:
    kept = assembly.engine.kept.get(APPLICATION)
    return kept is not None and kept.status.sync is Sync.SYNCED


def _target(assembly: Assembly) -> str:
    return assembly.engine.kept[APPLICATION].status.target

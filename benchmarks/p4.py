"""P4: 400 Kustomize applications in one repository, one leaf changed: one render; a commit that changes none: none.

The cluster is the embedded one: what is measured is Git → rendered → applied, and the cluster has no part in it but two
requests, which it answers in this process.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from benchmarks import fleet
from benchmarks.figure import Figure
from benchmarks.rig import Rig, engine_of, wait
from testbed.git_server import GitServer
from trueline.runtime.clock import SystemClock

APPLICATIONS = 400
REPEATS = 10


async def measure() -> list[Figure]:
    """One leaf for each repetition, each of another application; Git's part is timed by itself and taken off."""
    leaf, none, git, renders, none_renders = [], [], [], [], []
    async with _rig() as running:
        count = running.assembly.renderer.renders
        for number in range(REPEATS):
            name = _name(number * 7)
            before = count.total()
            commit = await running.push(fleet.overlay(f"apps/{name}", f"changed-{number}"))
            git.append(await _poll(running))
            leaf.append(1000 * await running.follow(commit, name) - await _poll(running))
            renders.append(count.total() - before)
            before = count.total()
            commit = await running.push({"README.md": f"change {number}\n"})
            git.append(await _poll(running))
            none.append(await _known(running, commit) - await _poll(running))
            none_renders.append(count.total() - before)
    assert set(renders) == {1}, renders
    assert set(none_renders) == {0}, none_renders
    git_ms = Figure(name="", samples=git, unit="").value
    return [
        Figure(
            name="P4 one leaf of 400 applications, after the fetch → applied",
            samples=leaf,
            unit="ms",
            goal="≤ 250 ms, 1 render",
            note=f"{renders[0]} render; question and fetch apart, {git_ms:.0f} ms",
        ),
        Figure(
            name="P4 a commit that changes none, after the fetch → known",
            samples=none,
            unit="ms",
            goal="≤ 30 ms, 0 renders",
            note=f"{none_renders[0]} renders",
        ),
    ]


@asynccontextmanager
async def _rig() -> AsyncIterator[Rig]:
    files = dict(fleet.BASE)
    for number in range(APPLICATIONS):
        name = _name(number)
        files[f"fleet/{name}.yaml"] = fleet.application(name, namespace="default")
        files |= fleet.overlay(f"apps/{name}")
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="trueline-benchmark-")))
        git = await opened.enter_async_context(GitServer(folder / "served"))
        yield await opened.enter_async_context(engine_of(folder, git, files))


def _name(number: int) -> str:
    return f"a{number:03}"


async def _poll(running: Rig) -> float:
    """Our question of the remote, and the fetch where there is something new: what the engine does first."""
    clock = SystemClock()
    began_s = clock.monotonic_s()
    await running.assembly.fleet.poll()
    return 1000 * (clock.monotonic_s() - began_s)


async def _known(running: Rig, commit: str) -> float:
    clock, kept = SystemClock(), running.assembly.engine.kept
    began_s = clock.monotonic_s()
    running.assembly.engine.poke()
    await wait(lambda: all(each.desired is not None and each.desired.commit == commit for each in kept.values()))
    return 1000 * (clock.monotonic_s() - began_s)

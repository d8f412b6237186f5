"""A running engine in this process, between a real control plane and a Git server over HTTP; all ends with the block.

Repositories and data directories lie under the machine's temporary folder, so the journal's writes reach its disk.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import on_one_line
from testbed.control_plane import ControlPlane
from testbed.git_server import GitServer
from testbed.repository import Repository
from trueline.loop.desired import Desired
from trueline.loop.parts import Parts
from trueline.runtime.clock import SystemClock
from trueline.wiring.assembly import Assembly, assemble
from trueline.wiring.settings import Settings

LIMIT_S = 600.0
_PAUSE_S = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """What a benchmark works with."""

    cluster: ControlPlane | None
    git: GitServer
    repository: Repository
    assembly: Assembly

    @property
    def control_plane(self) -> ControlPlane:
        """The real cluster; only where the rig has one."""
        assert self.cluster is not None
        return self.cluster

    async def push(self, files: Mapping[str, str | bytes | None]) -> str:
        """Commit and push; the engine is not told. Returns the commit."""
        commit = await self.repository.commit("change", files)
        await self.repository.push("main")
        return commit

    async def follow(self, commit: str, *applications: str) -> float:
        """Tell the engine, as a hook does, and wait until the commit is applied; returns the seconds."""
        clock = SystemClock()
        began_s = clock.monotonic_s()
        self.assembly.engine.poke()
        await wait(lambda: all(self.is_applied(name, commit) for name in applications))
        return clock.monotonic_s() - began_s

    def is_applied(self, application: str, commit: str) -> bool:
        """Whether the application's last pass ended with everything of this commit applied."""
        kept = self.assembly.engine.kept.get(application)
        if kept is None or kept.desired is None or kept.desired.commit != commit or kept.last is None:
            return False
        assert not kept.failure, kept.failure
        return kept.last.is_complete and kept.last.review.plan.revision == kept.desired.revision

    def desired(self, application: str) -> Desired:
        """What the engine wants of an application now."""
        desired = self.assembly.engine.kept[application].desired
        assert desired is not None
        return desired

    async def parts(self, application: str) -> Parts:
        """What its passes work with."""
        return await self.assembly.targets.parts(self.desired(application).application.target)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Of all sites so far: pages read, pages made, images encoded."""
        sites = self.assembly.sites
        assert sites is not None, "the extra `site` is not installed"
        return sites.pages_parsed, sites.pages_assembled, sites.images_encoded

    def requests(self) -> int:
        """How many requests the engine has sent, of any kind."""
        return sum(sum(client.requests.values()) for client in self.assembly.targets.clients.values())

    def bodies(self, application: str) -> list[tuple[str, str, bytes]]:
        """The exact bodies that are applied: kind, name, canonical JSON."""
        kept = ((r.ref, self.assembly.bodies.get(r.digest)) for r in self.desired(application).resources)
        return [(ref.kind, ref.name, body) for ref, body in kept if body is not None]


@asynccontextmanager
async def control_plane() -> AsyncIterator[ControlPlane]:
    """A control plane of its own."""
    with on_one_line("starting a control plane"):
        async with ControlPlane() as started:
            yield started


@asynccontextmanager
async def rig(cluster: ControlPlane, files: Mapping[str, str]) -> AsyncIterator[Rig]:
    """An engine that follows a new repository with these files, until what they declare is applied."""
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="trueline-benchmark-")))
        git = await opened.enter_async_context(GitServer(folder / "served"))
        yield await opened.enter_async_context(engine_of(folder, git, files, cluster))


@asynccontextmanager
async def engine_of(
    folder: Path, git: GitServer, files: Mapping[str, str], cluster: ControlPlane | None = None
) -> AsyncIterator[Rig]:
    """The engine alone, between what is given; without a cluster it has the embedded one."""
    repository = await Repository.create(folder / "work", remote=await git.create("fleet"))
    await repository.commit("begin", files)
    await repository.push("main")
    settings = Settings(
        repository=git.url("fleet"),
        path="fleet",
        kubeconfig=cluster.kubeconfig if cluster else None,
        data_directory=folder / "data",
        is_live=True,
        interval_s=3600.0,
        environment={"PATH": os.environ.get("PATH", os.defpath)},
    )
    async with assemble(settings) as assembly, assembly.engine.running():
        async with asyncio.timeout(LIMIT_S):
            await assembly.engine.wait_settled()
        assert not assembly.engine.problems, assembly.engine.problems
        yield Rig(cluster=cluster, git=git, repository=repository, assembly=assembly)


async def wait(condition: Callable[[], bool], *, pause_s: float = _PAUSE_S) -> None:
    """Wait for a condition, looked at every 2 ms."""
    clock = SystemClock()
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await clock.sleep(pause_s)

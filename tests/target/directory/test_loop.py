"""The engine itself over a directory: a push publishes, what the kernel notices is healed, a removal removes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.target.directory.site_bench import ORIGIN, Bench, file_ref
from trueline.declare.application import Application, DirectoryTarget, SourceSpec, TargetSpec
from trueline.declare.protocol import Declared
from trueline.loop.chronicle import Chronicle
from trueline.loop.desire import Desirer
from trueline.loop.engine import Engine
from trueline.loop.engine_parts import EngineParts
from trueline.loop.fleet import Fleet
from trueline.loop.parts import Parts
from trueline.loop.register import Register
from trueline.loop.status import Sync
from trueline.loop.verifier import Verifier
from trueline.model.digest import Digest
from trueline.model.origin import Origin
from trueline.record.history import History
from trueline.record.hold import Holds
from trueline.record.journal import Kind
from trueline.record.keep import RenderStore
from trueline.record.status import Statuses
from trueline.record.trust import TrustBook
from trueline.render.cache import CachedRenderer
from trueline.render.misfit import Locate
from trueline.render.options import Site
from trueline.render.protocol import RenderRequest
from trueline.render.resource import Rendered
from trueline.runtime.clock import SystemClock
from trueline.runtime.files import FileTree
from trueline.testing.conformance.engine.repository import MemoryRepository
from trueline.wiring.kept import KeptApprovals, KeptRenders

PATIENCE_S = 60.0
PAGES = {"index.html": "<p>home", "a.html": "<p>a"}


@dataclass(slots=True)
class OneTarget:
    """The targets of a fleet that has one."""

    given: Parts

    def declare(self, connections: object) -> None:
        """None is needed."""

    async def parts(self, target: TargetSpec) -> Parts:
        """It."""
        return self.given


@dataclass(slots=True)
class PageRenderer:
    """Publishes files as they are."""

    bench: Bench

    async def render(self, request: RenderRequest, files: FileTree) -> Rendered:
        """Every file of the folder."""
        names = files.names(request.path)
        return self.bench.render({name: (await files.read(f"{request.path}/{name}")).decode() for name in names})

    def locator(self, files: FileTree) -> Locate:
        """Every field is where its resource is."""

        async def located(origin: Origin, body: object, path: object) -> Origin:
            return origin

        return located


@dataclass(slots=True)
class OneDialect:
    """Declares one application for each folder that is there."""

    path: str

    async def read(self, files: FileTree, path: str, commit: str) -> Declared:
        """One site."""
        found = [
            Application(
                name=name,
                sources=(SourceSpec(path=name),),
                target=DirectoryTarget(path=self.path),
                origin=ORIGIN,
                render=Site(),
            )
            for name in files.names("")
            if name != "fleet"
        ]
        return Declared(applications=tuple(found))


@dataclass(slots=True)
class World:
    """An engine over one directory."""

    bench: Bench
    repository: MemoryRepository = field(default_factory=MemoryRepository)

    def engine(self) -> Engine:
        """A new one on the same store and disk."""
        bench = self.bench
        bench.restart()
        targets = OneTarget(bench.parts)
        renders = KeptRenders(RenderStore(bench.store), bench.bodies)
        renderer = CachedRenderer(PageRenderer(bench), renders, "test")
        verifier = Verifier(book=TrustBook(bench.store, bench.journal), clock=bench.clock)
        return Engine(
            EngineParts(
                fleet=Fleet(source=self.repository, dialect=OneDialect(str(bench.path)), path="", folder=None),
                desirer=Desirer(sources=self.repository, targets=targets, renderer=renderer, verifier=verifier),
                targets=targets,
                register=Register(Statuses(bench.store, bench.clock)),
                chronicle=Chronicle(bench.journal, History(bench.store, bench.journal, bench.clock)),
                claims=bench.claims,
                verifier=verifier,
                approvals=KeptApprovals(bench.approvals),
                holds=Holds(bench.store, bench.journal, bench.clock),
                clock=bench.clock,
                interval_s=3600.0,
            )
        )

    def commit(self, pages: dict[str, str]) -> None:
        """What the site shall be."""
        files = {f"site/{path}": text.encode() for path, text in pages.items()}
        self.repository.commit({"fleet/.keep": b"", **files})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Engine]:
        """The engine goes on inside the block."""
        engine = self.engine()
        async with engine.running():
            await engine.wait_settled()
            yield engine

    def drifts(self) -> list[tuple[str, str]]:
        """What was written down."""
        found = [record for record in self.bench.journal.after() if record.kind == Kind.DRIFT_FOUND.value]
        return [(record.body["ref"], record.body["drift"]) for record in found]


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.005)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Bench(folder=tmp_path, clock=SystemClock()))


async def test_a_push_publishes_and_what_is_tampered_with_comes_back_at_once(world: World) -> None:
    world.commit(PAGES)
    bench = world.bench
    async with world.running() as engine:
        status = engine.kept["site"].status
        assert (status.sync, status.is_true, bench.served()) == (Sync.SYNCED, True, PAGES)
        bench.live("a.html").write_text("tampered")
        await until(lambda: bench.served() == PAGES)
        bench.live("a.html").unlink()
        await until(lambda: bench.served() == PAGES)
        await engine.wait_settled()
        assert world.drifts() == [("File/a.html", "changed"), ("File/a.html", "deleted")]
        world.commit({**PAGES, "a.html": "second"})
        await engine.follow_once()
        await engine.wait_settled()
        assert bench.served() == {**PAGES, "a.html": "second"}
        bench.live("a.html").write_text("tampered in the second")
        await until(lambda: bench.served()["a.html"] == "second")
        await engine.wait_settled()
        assert engine.kept["site"].status.is_true


async def test_what_happened_while_nobody_looked_is_healed_at_the_start(world: World) -> None:
    world.commit(PAGES)
    bench = world.bench
    async with world.running():
        pass
    bench.live("index.html").write_text("tampered")
    async with world.running() as engine:
        assert (bench.served(), engine.kept["site"].status.is_true) == (PAGES, True)
    assert world.drifts() == [(str(file_ref("index.html")), "changed")]
    async with world.running():
        assert bench.disk is not None
        assert bench.disk.count == 0


async def test_an_application_that_leaves_git_takes_its_site_with_it(world: World) -> None:
    world.commit(PAGES)
    async with world.running() as engine:
        world.commit({})
        await engine.follow_once()
        assert world.bench.served() == PAGES  # a fleet that is empty all at once is no wish to delete it
        world.bench.approvals.approve("site", Digest(world.repository.head), who="ada")
        await engine.follow_once()
        await until(lambda: not world.bench.path.is_symlink())
        await until(lambda: "site" not in engine.kept)
    assert [path.name for path in world.bench.folder.iterdir()] == ["data"]

"""Everything, put together: settings in, an engine with all its parts out."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from trueline.declare.application import Application
from trueline.declare.folder import folder_application
from trueline.declare.native import NativeDialect
from trueline.loop.chronicle import Chronicle
from trueline.loop.claim import ClaimBook
from trueline.loop.desire import Desirer
from trueline.loop.engine import Engine
from trueline.loop.engine_parts import EngineParts
from trueline.loop.fleet import Fleet
from trueline.loop.register import Register
from trueline.record.approval import Approvals
from trueline.record.history import History
from trueline.record.hold import Holds
from trueline.record.journal import Journal
from trueline.record.keep import Bodies, RenderStore
from trueline.record.ledger import StoreLedger
from trueline.record.schema import SCHEMA
from trueline.record.status import Statuses
from trueline.render.cache import CachedRenderer
from trueline.render.dispatch import DispatchingRenderer
from trueline.runtime.clock import Clock, SystemClock
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.process import SystemProcesses
from trueline.runtime.secret import SystemSecrets
from trueline.runtime.store import Store
from trueline.runtime.toolbox import Toolbox
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.wiring.cluster import ClusterTargets, Shared
from trueline.wiring.git import GitSources, fleet_source
from trueline.wiring.kept import KeptApprovals, KeptRenders
from trueline.wiring.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """Everything, put together."""

    settings: Settings
    engine: Engine
    fleet: Fleet
    desirer: Desirer
    targets: ClusterTargets
    sources: GitSources
    renderer: CachedRenderer
    toolbox: Toolbox
    ledger: StoreLedger
    journal: Journal
    history: History
    holds: Holds
    approvals: Approvals
    bodies: Bodies
    register: Register
    clock: Clock
    data_directory: DataDirectory


@dataclass(frozen=True, slots=True, kw_only=True)
class _Books:
    """What is kept in the store."""

    journal: Journal
    ledger: StoreLedger
    bodies: Bodies
    renders: RenderStore
    approvals: Approvals
    history: History
    holds: Holds
    register: Register


def _books(store: Store, clock: Clock, anchors: Path) -> _Books:
    journal = Journal(store, clock, anchors)
    return _Books(
        journal=journal,
        ledger=StoreLedger(store, journal),
        bodies=Bodies(store),
        renders=RenderStore(store),
        approvals=Approvals(store, journal, clock),
        history=History(store, journal, clock),
        holds=Holds(store, journal, clock),
        register=Register(Statuses(store, clock)),
    )


@asynccontextmanager
async def assemble(settings: Settings) -> AsyncIterator[Assembly]:
    """Take hold of the data directory and put the engine together; leaving the block closes everything.

    Raises:
        UserError: TL0801, another process owns the directory; or something that is configured does not hold.
    """
    clock, processes = SystemClock(), SystemProcesses()
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(DataDirectory.claim(settings.data_path, clock))
        store = Store.open(directory.store, SCHEMA)
        stack.callback(store.close)
        books = _books(store, clock, directory.anchors)
        stack.callback(books.journal.anchor)
        binary = find_toolbox()
        toolbox = await stack.enter_async_context(ProcessToolbox(path=binary.path, clock=clock))
        renders = KeptRenders(books.renders, books.bodies)
        renderer = CachedRenderer(DispatchingRenderer(toolbox), renders, binary.digest)
        approvals, claims = KeptApprovals(books.approvals), ClaimBook(books.ledger)
        targets = ClusterTargets(
            settings=settings,
            toolbox=toolbox,
            clock=clock,
            processes=processes,
            directory=directory,
            shared=Shared(ledger=books.ledger, bodies=books.bodies, approvals=approvals, claims=claims),
        )
        await stack.enter_async_context(targets)
        secrets = SystemSecrets(settings.environment, kubernetes=targets.secret)
        sources = GitSources(
            settings=settings, processes=processes, toolbox=toolbox, directory=directory, secrets=secrets
        )
        stack.push_async_callback(sources.close)
        fleet = Fleet(
            source=fleet_source(settings, sources, processes, clock),
            dialect=NativeDialect(toolbox),
            path=settings.path,
            folder=_folder(settings),
        )
        parts = EngineParts(
            fleet=fleet,
            desirer=Desirer(sources=sources, targets=targets, renderer=renderer),
            targets=targets,
            register=books.register,
            chronicle=Chronicle(books.journal, books.history),
            claims=claims,
            holds=books.holds,
            approvals=approvals,
            clock=clock,
            interval_s=settings.interval_s,
        )
        yield _assembly(settings, parts, books, targets, sources, renderer, toolbox, directory)


def _assembly(  # noqa: PLR0913, PLR0917 - everything
    settings: Settings,
    parts: EngineParts,
    books: _Books,
    targets: ClusterTargets,
    sources: GitSources,
    renderer: CachedRenderer,
    toolbox: Toolbox,
    directory: DataDirectory,
) -> Assembly:
    return Assembly(
        settings=settings,
        engine=Engine(parts),
        fleet=parts.fleet,
        desirer=parts.desirer,
        targets=targets,
        sources=sources,
        renderer=renderer,
        toolbox=toolbox,
        ledger=books.ledger,
        journal=books.journal,
        history=books.history,
        holds=books.holds,
        approvals=books.approvals,
        bodies=books.bodies,
        register=books.register,
        clock=parts.clock,
        data_directory=directory,
    )


def _folder(settings: Settings) -> Application:
    name = settings.path or settings.repository.removesuffix(".git")
    return folder_application(
        name, path=settings.path, cluster=settings.cluster, namespace=settings.namespace, create_namespace=True
    )

"""Everything, put together: settings in, an engine with all its parts out."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

from trueline.declare.application import Application
from trueline.declare.folder import folder_application
from trueline.declare.native import NativeDialect
from trueline.loop.chronicle import Chronicle
from trueline.loop.claim import ClaimBook
from trueline.loop.desire import Desirer
from trueline.loop.engine import Engine
from trueline.loop.engine_parts import EngineParts
from trueline.loop.fleet import Fleet
from trueline.loop.outside import OutsideLinks
from trueline.loop.register import Register
from trueline.loop.supply import OpenSource
from trueline.loop.verifier import Verifier
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault
from trueline.record.approval import Approvals
from trueline.record.history import History
from trueline.record.hold import Holds
from trueline.record.journal import Journal
from trueline.record.keep import Bodies, RenderStore
from trueline.record.ledger import StoreLedger
from trueline.record.outbox import Outbox
from trueline.record.schema import SCHEMA
from trueline.record.status import Statuses
from trueline.record.trust import TrustBook
from trueline.render.cache import CachedRenderer
from trueline.render.dispatch import DispatchingRenderer
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import Clock, SystemClock
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.process import SystemProcesses
from trueline.runtime.seal import SEAL, Seal
from trueline.runtime.secret import Secrets, SystemSecrets
from trueline.runtime.sops.decryption import Decryption
from trueline.runtime.store import Store
from trueline.runtime.toolbox import Toolbox
from trueline.runtime.toolbox_process import ProcessToolbox, ToolboxBinary, find_toolbox
from trueline.wiring.blob import has_blobs, needed_blobs
from trueline.wiring.builder import Builders, Making
from trueline.wiring.cluster import ClusterTargets
from trueline.wiring.git import GitSources, fleet_source
from trueline.wiring.kept import KeptApprovals, KeptRenders
from trueline.wiring.place import Opening, SitePlaces
from trueline.wiring.recovery import recover
from trueline.wiring.served import ServedTargets
from trueline.wiring.settings import Settings
from trueline.wiring.shared import Shared
from trueline.wiring.sops import FleetSecrets, decryption, sops_toolbox
from trueline.wiring.target import AllTargets
from trueline.wiring.visit import LateVisits

if TYPE_CHECKING:
    from trueline.render.site.renderer import SiteRenderer

BLOBS: Final = "blobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """Everything, put together."""

    settings: Settings
    engine: Engine
    fleet: Fleet
    desirer: Desirer
    verifier: Verifier
    targets: AllTargets
    sources: GitSources
    renderer: CachedRenderer
    builders: Builders
    toolbox: Toolbox
    decryption: Decryption
    store: Store
    ledger: StoreLedger
    journal: Journal
    history: History
    holds: Holds
    approvals: Approvals
    bodies: Bodies
    register: Register
    outbox: Outbox
    secrets: Secrets
    clock: Clock
    data_directory: DataDirectory
    notes: tuple[Diagnostic, ...] = ()
    """What is to be told of the beginning, and stops nothing."""

    @property
    def sites(self) -> "SiteRenderer | None":
        """The builder of single sites, which counts pages; `None` where the extra is not installed."""
        return self.builders.pages.pages if self.builders.site is not None else None

    @property
    def blobs(self) -> BlobDirectory:
        """The bytes that renders name."""
        return BlobDirectory(self.data_directory.path / BLOBS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Books:
    """What is kept in the store."""

    store: Store
    journal: Journal
    ledger: StoreLedger
    bodies: Bodies
    renders: RenderStore
    approvals: Approvals
    history: History
    holds: Holds
    register: Register
    trust: TrustBook
    outbox: Outbox


def _books(store: Store, clock: Clock, anchors: Path, seal: Seal) -> _Books:
    journal = Journal(store, clock, anchors)
    return _Books(
        store=store,
        journal=journal,
        ledger=StoreLedger(store, journal),
        bodies=Bodies(store, seal=seal),
        renders=RenderStore(store, seal=seal),
        approvals=Approvals(store, journal, clock),
        history=History(store, journal, clock),
        holds=Holds(store, journal, clock),
        register=Register(Statuses(store, clock)),
        trust=TrustBook(store, journal),
        outbox=Outbox(store, clock),
    )


@asynccontextmanager
async def assemble(settings: Settings) -> AsyncIterator[Assembly]:
    """Take hold of the data directory and put the engine together; leaving the block closes everything.

    Raises:
        UserError: TL0801, another process owns the directory; or something that is configured does not hold.
    """
    clock, processes = SystemClock(), SystemProcesses()
    async with AsyncExitStack() as closing:
        directory = closing.enter_context(DataDirectory.claim(settings.data_path, clock))
        store = Store.open(directory.store, SCHEMA)
        closing.callback(store.close)
        books = _books(store, clock, directory.anchors, Seal(directory.path / SEAL))
        closing.push(_Anchoring(books.journal))
        binary = find_toolbox()
        toolbox = await closing.enter_async_context(ProcessToolbox(path=binary.path, clock=clock))
        blobs = BlobDirectory(directory.path / BLOBS)
        blobs.tidy(needed_blobs(books.ledger, books.bodies))
        shared = _shared(books)
        clusters = ClusterTargets(
            settings=settings, toolbox=toolbox, clock=clock, processes=processes, directory=directory, shared=shared
        )
        await closing.enter_async_context(clusters)
        clusters.expect(books.register.applications() if settings.is_live else ())
        notes = await recover(
            directory,
            clusters,
            wanted=settings.adopted_installation,
            is_empty=books.ledger.is_empty,
            is_live=settings.is_live,
        )
        opening = await _decryption(closing, settings, binary, clusters)
        encrypted = FleetSecrets(opening)
        clusters.encrypted = encrypted.value
        secrets = SystemSecrets(settings.environment, kubernetes=clusters.secret, sops=encrypted.value)
        builders = _builders(settings, directory, books, toolbox, blobs, processes)
        await builders.begin(closing)
        renderer = _renderer(builders, books, binary, toolbox, blobs, opening)
        opened = Opening(
            closing=closing,
            settings=settings,
            processes=processes,
            directory=directory,
            secrets=secrets,
            blobs=blobs,
            clock=clock,
            shared=shared,
        )
        targets = await _all_targets(opened, clusters, books.register.applications())
        sources = GitSources(
            settings=settings, processes=processes, toolbox=toolbox, directory=directory, secrets=secrets
        )
        closing.push_async_callback(sources.close)
        visits = LateVisits()
        closing.push_async_callback(visits.close)
        outside = OutsideLinks(visits=visits, answers=books.renders, clock=clock)
        fleet = _fleet(settings, fleet_source(settings, sources, processes, clock), toolbox)
        verifier = Verifier(
            book=books.trust, clock=clock, given=settings.given_keys, is_in_hand=settings.is_working_tree
        )
        encrypted.follow(fleet)
        desirer = Desirer(sources=sources, targets=targets, renderer=renderer, verifier=verifier, outside=outside)
        parts = _engine_parts(settings, books, shared, fleet, targets, desirer, verifier, clock)
        made = _assembly(
            settings, parts, books, targets, sources, renderer, builders, toolbox, directory, opening, secrets
        )
        yield replace(made, notes=notes)


def _engine_parts(  # noqa: PLR0913, PLR0917 - what an engine is made of
    settings: Settings,
    books: _Books,
    shared: Shared,
    fleet: Fleet,
    targets: AllTargets,
    desirer: Desirer,
    verifier: Verifier,
    clock: Clock,
) -> EngineParts:
    return EngineParts(
        fleet=fleet,
        desirer=desirer,
        targets=targets,
        register=books.register,
        chronicle=Chronicle(books.journal, books.history),
        claims=shared.claims,
        verifier=verifier,
        holds=books.holds,
        approvals=shared.approvals,
        clock=clock,
        interval_s=settings.interval_s,
    )


async def _decryption(
    closing: AsyncExitStack, settings: Settings, binary: ToolboxBinary, clusters: ClusterTargets
) -> Decryption:
    """What opens encrypted files; the private keys stand in none of them."""
    toolbox = await closing.enter_async_context(sops_toolbox(binary, SystemClock()))
    return decryption(toolbox, SystemSecrets(settings.environment, kubernetes=clusters.secret))


def _builders(  # noqa: PLR0913, PLR0917 - what builds is made with all of it
    settings: Settings,
    directory: DataDirectory,
    books: _Books,
    toolbox: Toolbox,
    blobs: BlobDirectory,
    processes: SystemProcesses,
) -> Builders:
    making = Making(
        clock=SystemClock(),
        toolbox=toolbox,
        blobs=blobs,
        cache=books.renders,
        processes=processes,
        place=directory.path / "cells",
        readable=settings.generator_paths,
        progress=settings.progress,
    )
    return Builders(making)


def _renderer(  # noqa: PLR0913, PLR0917 - as above
    builders: Builders,
    books: _Books,
    binary: ToolboxBinary,
    toolbox: Toolbox,
    blobs: BlobDirectory,
    opening: Decryption,
) -> CachedRenderer:
    """The renderer of everything."""
    every = DispatchingRenderer(toolbox, builders.site, builders.generated, opening)
    renders = KeptRenders(books.renders, books.bodies)
    return CachedRenderer(every, renders, binary.digest, is_whole=has_blobs(blobs), installed=builders.identity)


def _shared(books: _Books) -> Shared:
    approvals, claims = KeptApprovals(books.approvals), ClaimBook(books.ledger)
    return Shared(ledger=books.ledger, bodies=books.bodies, approvals=approvals, claims=claims, placings=books.renders)


async def _all_targets(opening: Opening, clusters: ClusterTargets, applications: Iterator[Application]) -> AllTargets:
    """Every kind of target; sites that were served before are served again at once."""
    served = ServedTargets(opening.settings, **opening.given)
    await served.begin(opening.closing, applications)
    return AllTargets(clusters, SitePlaces(opening), served)


def _assembly(  # noqa: PLR0913, PLR0917 - everything
    settings: Settings,
    parts: EngineParts,
    books: _Books,
    targets: AllTargets,
    sources: GitSources,
    renderer: CachedRenderer,
    builders: Builders,
    toolbox: Toolbox,
    directory: DataDirectory,
    opening: Decryption,
    secrets: Secrets,
) -> Assembly:
    return Assembly(
        settings=settings,
        engine=Engine(parts),
        fleet=parts.fleet,
        desirer=parts.desirer,
        verifier=parts.verifier,
        targets=targets,
        sources=sources,
        renderer=renderer,
        builders=builders,
        toolbox=toolbox,
        decryption=opening,
        ledger=books.ledger,
        store=books.store,
        journal=books.journal,
        history=books.history,
        holds=books.holds,
        approvals=books.approvals,
        bodies=books.bodies,
        register=books.register,
        outbox=books.outbox,
        secrets=secrets,
        clock=parts.clock,
        data_directory=directory,
    )


class _Anchoring(AbstractContextManager[None]):
    """The journal's end is kept beside it when all is over; that it cannot be hides no other fault."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._journal.anchor()
        except Fault:
            if error is None or isinstance(error, asyncio.CancelledError):
                raise


def _fleet(settings: Settings, source: OpenSource, toolbox: Toolbox) -> Fleet:
    return Fleet(
        source=source,
        dialect=NativeDialect(toolbox),
        path=settings.path,
        folder=_folder(settings),
        follows_default=not (settings.revision or settings.is_working_tree),
    )


def _folder(settings: Settings) -> Application:
    name = settings.path or settings.repository.removesuffix(".git")
    return folder_application(
        name, path=settings.path, cluster=settings.cluster, namespace=settings.namespace, create_namespace=True
    )

"""Everything, put together: settings in, an engine with all its parts out."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Final

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
from trueline.model.digest import digest_value
from trueline.model.fault import Fault
from trueline.record.approval import Approvals
from trueline.record.history import History
from trueline.record.hold import Holds
from trueline.record.journal import Journal
from trueline.record.keep import Bodies, RenderStore
from trueline.record.ledger import StoreLedger
from trueline.record.schema import SCHEMA
from trueline.record.status import Statuses
from trueline.record.trust import TrustBook
from trueline.render.cache import CachedRenderer
from trueline.render.dispatch import DispatchingRenderer
from trueline.render.site.engine import engine_digest
from trueline.render.site.renderer import SiteRenderer
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.cell.process import ProcessCells
from trueline.runtime.clock import Clock, SystemClock
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.process import SystemProcesses
from trueline.runtime.seal import SEAL, Seal
from trueline.runtime.secret import SystemSecrets
from trueline.runtime.sops.decryption import Decryption
from trueline.runtime.store import Store
from trueline.runtime.toolbox import Toolbox
from trueline.runtime.toolbox_process import ProcessToolbox, ToolboxBinary, find_toolbox
from trueline.runtime.visit import AiohttpVisits
from trueline.target.kubernetes.mark import Installation
from trueline.wiring.branch import BranchTargets
from trueline.wiring.bucket import BucketTargets
from trueline.wiring.cluster import ClusterTargets
from trueline.wiring.git import GitSources, fleet_source
from trueline.wiring.kept import KeptApprovals, KeptRenders
from trueline.wiring.recovery import recover
from trueline.wiring.served import ServedTargets
from trueline.wiring.settings import Settings
from trueline.wiring.shared import Shared
from trueline.wiring.site import (
    DirectoryTargets,
    SiteBuilder,
    generated_renderer,
    has_blobs,
    needed_blobs,
    site_renderer,
)
from trueline.wiring.sops import FleetSecrets, decryption, sops_toolbox
from trueline.wiring.ssh import SshTargets
from trueline.wiring.target import AllTargets

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
    sites: SiteRenderer | None
    toolbox: Toolbox
    decryption: Decryption
    ledger: StoreLedger
    journal: Journal
    history: History
    holds: Holds
    approvals: Approvals
    bodies: Bodies
    register: Register
    clock: Clock
    data_directory: DataDirectory
    notes: tuple[Diagnostic, ...] = ()
    """What is to be told of the beginning, and stops nothing."""

    @property
    def blobs(self) -> BlobDirectory:
        """The bytes that renders name."""
        return BlobDirectory(self.data_directory.path / BLOBS)


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
    trust: TrustBook


def _books(store: Store, clock: Clock, anchors: Path, seal: Seal) -> _Books:
    journal = Journal(store, clock, anchors)
    return _Books(
        journal=journal,
        ledger=StoreLedger(store, journal),
        bodies=Bodies(store, seal=seal),
        renders=RenderStore(store, seal=seal),
        approvals=Approvals(store, journal, clock),
        history=History(store, journal, clock),
        holds=Holds(store, journal, clock),
        register=Register(Statuses(store, clock)),
        trust=TrustBook(store, journal),
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
        site, renderer = await _renderers(
            closing, settings, directory, books, binary, toolbox, blobs, processes, opening
        )
        opened = _Opened(
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
        visits = AiohttpVisits()
        closing.push_async_callback(visits.close)
        outside = OutsideLinks(visits=visits, answers=books.renders, clock=clock)
        fleet = _fleet(settings, fleet_source(settings, sources, processes, clock), toolbox)
        verifier = Verifier(
            book=books.trust, clock=clock, given=settings.given_keys, is_in_hand=settings.is_working_tree
        )
        encrypted.follow(fleet)
        desirer = Desirer(sources=sources, targets=targets, renderer=renderer, verifier=verifier, outside=outside)
        parts = _engine_parts(settings, books, shared, fleet, targets, desirer, verifier, clock)
        made = _assembly(settings, parts, books, targets, sources, renderer, site, toolbox, directory, opening)
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


async def _renderers(  # noqa: PLR0913, PLR0917 - what builds is made with all of it
    closing: AsyncExitStack,
    settings: Settings,
    directory: DataDirectory,
    books: _Books,
    binary: ToolboxBinary,
    toolbox: Toolbox,
    blobs: BlobDirectory,
    processes: SystemProcesses,
    opening: Decryption,
) -> tuple[SiteBuilder | None, CachedRenderer]:
    """The builder of sites, where it is installed, and the renderer of everything."""
    clock = SystemClock()
    site = await site_renderer(
        closing, clock=clock, toolbox=toolbox, blobs=blobs, cache=books.renders, progress=settings.progress
    )
    cells = ProcessCells(processes, directory.path / "cells", readable=settings.generator_paths)
    await cells.tidy()
    generated, builder = await generated_renderer(closing, clock=clock, cells=cells, blobs=blobs, cache=books.renders)
    every = DispatchingRenderer(toolbox, site.renderer if site else None, generated, opening)
    renders = KeptRenders(books.renders, books.bodies)
    engines = digest_value([binary.digest, engine_digest()])
    return site, CachedRenderer(every, renders, engines, is_whole=has_blobs(blobs), installed=builder.identity)


def _shared(books: _Books) -> Shared:
    approvals, claims = KeptApprovals(books.approvals), ClaimBook(books.ledger)
    return Shared(ledger=books.ledger, bodies=books.bodies, approvals=approvals, claims=claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """What every place of a site is opened with."""

    closing: AsyncExitStack
    settings: Settings
    processes: SystemProcesses
    directory: DataDirectory
    secrets: SystemSecrets
    blobs: BlobDirectory
    clock: Clock
    shared: Shared


async def _all_targets(opened: _Opened, clusters: ClusterTargets, applications: Iterator[Application]) -> AllTargets:
    """Every kind of target; sites that were served before are served again at once."""
    settings, directory, secrets = opened.settings, opened.directory, opened.secrets
    installation = Installation(directory.installation)
    blobs, clock, shared = opened.blobs, opened.clock, opened.shared
    directories = DirectoryTargets(installation=installation, blobs=blobs, clock=clock, shared=shared)
    served = ServedTargets(settings, installation=installation, blobs=blobs, clock=clock, shared=shared)
    await served.begin(opened.closing, applications)
    branches = BranchTargets(
        settings,
        opened.processes,
        directory,
        secrets,
        installation=installation,
        blobs=blobs,
        clock=clock,
        shared=shared,
    )
    buckets = BucketTargets(
        settings, directory, secrets, installation=installation, blobs=blobs, clock=clock, shared=shared
    )
    hosts = SshTargets(
        opened.closing, settings, directory, secrets, installation=installation, blobs=blobs, clock=clock, shared=shared
    )
    return AllTargets(clusters, directories, served, branches=branches, buckets=buckets, hosts=hosts)


def _assembly(  # noqa: PLR0913, PLR0917 - everything
    settings: Settings,
    parts: EngineParts,
    books: _Books,
    targets: AllTargets,
    sources: GitSources,
    renderer: CachedRenderer,
    site: SiteBuilder | None,
    toolbox: Toolbox,
    directory: DataDirectory,
    opening: Decryption,
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
        sites=site.pages if site else None,
        toolbox=toolbox,
        decryption=opening,
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

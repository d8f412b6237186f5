"""An engine put together from the same parts as `wiring` does, over a given repository, store and transport.

The world of a conformance case and the simulation run this one. It ends with its block, as a process does; what is to
survive it is in the store.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, Self

from trueline.declare.application import ClusterConnection, TargetSpec
from trueline.declare.native import NativeDialect
from trueline.health.status import Health
from trueline.health.table import judge, needs_status
from trueline.loop.chronicle import Chronicle
from trueline.loop.claim import ClaimBook
from trueline.loop.control import Control, ControlParts
from trueline.loop.desire import Desirer
from trueline.loop.engine import Engine
from trueline.loop.engine_parts import EngineParts
from trueline.loop.fleet import Fleet
from trueline.loop.health import TargetHealth
from trueline.loop.parts import Parts
from trueline.loop.register import Register
from trueline.loop.supply import OpenSource, Sources
from trueline.loop.verifier import Verifier
from trueline.record.approval import Approvals
from trueline.record.history import History
from trueline.record.hold import Holds
from trueline.record.journal import Journal
from trueline.record.keep import Bodies, RenderStore
from trueline.record.ledger import StoreLedger
from trueline.record.status import Statuses
from trueline.record.trust import TrustBook
from trueline.render.cache import CachedRenderer
from trueline.render.dispatch import DispatchingRenderer
from trueline.runtime.clock import Clock
from trueline.runtime.http import Transport
from trueline.runtime.store import Store
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.toolbox import Toolbox
from trueline.source.signature.key import TrustedKey
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.fence import LeaseFence, Writer
from trueline.target.kubernetes.limit import Limiter
from trueline.target.kubernetes.mark import Installation
from trueline.target.kubernetes.target import KubernetesTarget
from trueline.wiring.kept import KeptApprovals, KeptRenders

TARGET = "cluster"


class Repository(OpenSource, Sources, Protocol):
    """The fleet repository, which also opens the other ones that a declaration names."""


@dataclass(slots=True, kw_only=True)
class OneTarget:
    """The targets of a fleet that has one."""

    given: Parts

    def declare(self, connections: Sequence[ClusterConnection]) -> None:
        """None is needed."""

    async def parts(self, target: TargetSpec) -> Parts:  # noqa: ARG002 - there is one
        """It."""
        return self.given


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a process finds where it starts. `holder` is its own name among the writers; `jitter` gives numbers from 0
    to below 1.
    """  # noqa: D205 - one sentence needs two lines

    repository: Repository
    transport: Transport
    store: Store
    clock: Clock
    toolbox: Toolbox
    installation: str
    holder: str
    jitter: Callable[[], float]
    interval_s: float = 3600.0
    given: Sequence[TrustedKey] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineProcess:
    """One engine with its books."""

    engine: Engine
    control: Control
    target: KubernetesTarget[Health]
    fence: LeaseFence
    client: KubernetesClient
    ledger: StoreLedger
    journal: Journal
    history: History
    approvals: Approvals

    @classmethod
    def of(cls, around: Surroundings) -> Self:
        """Put one together; nothing runs yet."""
        clock, store, toolbox = around.clock, around.store, around.toolbox
        journal = Journal(store, clock)
        ledger, bodies = StoreLedger(store, journal), Bodies(store)
        client, target, fence = _cluster(around)
        claims, approvals = ClaimBook(ledger), Approvals(store, journal, clock)
        parts = Parts(
            target=target,
            watcher=target,
            owners=ledger,
            health=TargetHealth(target, needs_status),
            ledger=ledger,
            bodies=bodies,
            approvals=KeptApprovals(approvals),
            claims=claims,
            fence=fence,
            finder=target,
            insight=target.insight,
            restarter=target.restarter,
        )
        targets = OneTarget(given=parts)
        renderer = CachedRenderer(DispatchingRenderer(toolbox), KeptRenders(RenderStore(store), bodies), "test")
        fleet = Fleet(source=around.repository, dialect=NativeDialect(toolbox), path="", folder=None)
        history, holds = History(store, journal, clock), Holds(store, journal, clock)
        verifier = Verifier(book=TrustBook(store, journal), clock=clock, given=around.given)
        desirer = Desirer(sources=around.repository, targets=targets, renderer=renderer, verifier=verifier)
        engine = Engine(
            EngineParts(
                fleet=fleet,
                desirer=desirer,
                targets=targets,
                register=Register(Statuses(store, clock)),
                chronicle=Chronicle(journal, history),
                claims=claims,
                verifier=verifier,
                approvals=KeptApprovals(approvals),
                holds=holds,
                clock=clock,
                interval_s=around.interval_s,
            )
        )
        control = Control(
            ControlParts(
                engine=engine,
                fleet=fleet,
                desirer=desirer,
                targets=targets,
                history=history,
                holds=holds,
                approvals=approvals,
                journal=journal,
            )
        )
        return cls(
            engine=engine,
            control=control,
            target=target,
            fence=fence,
            client=client,
            ledger=ledger,
            journal=journal,
            history=history,
            approvals=approvals,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Engine]:
        """The engine follows Git and the target inside the block."""
        async with TaskGroup() as group:
            watching = [
                group.create_task(self.target.run(self.ledger.kinds(TARGET))),
                group.create_task(self.fence.run()),
            ]
            try:
                async with self.engine.running():
                    yield self.engine
            finally:
                for each in watching:
                    each.cancel()


def _cluster(around: Surroundings) -> tuple[KubernetesClient, KubernetesTarget[Health], LeaseFence]:
    """The one cluster, as this process reaches it."""
    clock, installation = around.clock, Installation(around.installation)
    client = KubernetesClient(around.transport, Limiter(clock), clock, user_agent="trueline/test", jitter=around.jitter)
    target = KubernetesTarget[Health](
        TARGET,
        client,
        around.toolbox,
        installation,
        clock=clock,
        needs_status=needs_status,
        judge=judge,
    )
    writer = Writer(installation=installation.name, manager=installation.manager, holder=around.holder)
    return client, target, LeaseFence(client, clock, writer)

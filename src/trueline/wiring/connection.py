"""What a pass on a cluster works with, over a network or embedded.

Only `cluster` imports this, with the first cluster: who publishes sites alone does not pay for it.
"""

import os
import platform
import random
import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from trueline.declare.application import ClusterConnection
from trueline.health.status import Health
from trueline.health.table import judge, needs_status
from trueline.loop.health import TargetHealth
from trueline.loop.parts import Parts
from trueline.model.fault import Fault
from trueline.model.known import Known, Unknown
from trueline.runtime.clock import Clock
from trueline.runtime.data_directory import DataDirectory, write_atomic
from trueline.runtime.http import Transport
from trueline.runtime.process import SystemProcesses
from trueline.runtime.seal import SEAL, Seal
from trueline.runtime.secret import SopsSecret
from trueline.runtime.store import translated
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.toolbox import Toolbox
from trueline.runtime.toolbox_process import find_toolbox
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.fence import LeaseFence, Writer
from trueline.target.kubernetes.installed import installations
from trueline.target.kubernetes.lease import repository_digest
from trueline.target.kubernetes.likeness import Likeness
from trueline.target.kubernetes.limit import Limiter
from trueline.target.kubernetes.mark import Installation
from trueline.target.kubernetes.placing import Placings
from trueline.target.kubernetes.secret_key import read_secret_key
from trueline.target.kubernetes.target import KubernetesTarget
from trueline.version import __version__
from trueline.wiring.settings import EMBEDDED, Settings
from trueline.wiring.shared import Shared

if TYPE_CHECKING:
    from trueline.embedded.cluster import EmbeddedCluster
    from trueline.wiring.remote import Remote

USER_AGENT = f"trueline/{__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connecting:
    """What every cluster is reached with; `closing` closes it and `group` has its tasks."""

    settings: Settings
    toolbox: Toolbox
    clock: Clock
    processes: SystemProcesses
    directory: DataDirectory
    shared: Shared
    closing: AsyncExitStack
    group: TaskGroup | None


class Connections:
    """Connects, each cluster once; who asks keeps it."""

    def __init__(self, connecting: Connecting) -> None:
        self._settings = connecting.settings
        self._toolbox = connecting.toolbox
        self._clock = connecting.clock
        self._processes = connecting.processes
        self._directory = directory = connecting.directory
        self._shared = shared = connecting.shared
        self._stack = connecting.closing
        self._group = connecting.group
        self._likeness = Likeness(
            digest=Seal(directory.path / SEAL).fingerprint,
            held=lambda: shared.ledger.holders("Secret"),
            bodies=shared.bodies.get_many,
            mark=lambda application: Installation(directory.installation).mark(application),
        )
        self._holder = f"{platform.node() or 'host'}/{os.getpid()}/{secrets.token_hex(4)}"
        self.embedded: EmbeddedCluster | None = None
        self.clients: dict[str, KubernetesClient] = {}
        self.encrypted: SopsSecret | None = None

    async def installations(
        self, name: str, declared: ClusterConnection | None
    ) -> Known[Mapping[str, tuple[str, ...]]] | Unknown:
        """The installations that follow this fleet there, with the processes that write."""
        try:
            transport = await self._remote.reach(name, declared)
        except Fault as fault:
            return Unknown(fault.diagnostics[0].line)
        try:
            return await installations(self._client(transport), self._fleet)
        finally:
            await transport.close()

    async def secret(self, cluster: str, namespace: str, name: str, key: str) -> str:
        """One key of a Secret of a cluster that was opened."""
        return await read_secret_key(self.clients[cluster], namespace, name, key)

    @cached_property
    def _remote(self) -> "Remote":
        from trueline.wiring.remote import Remote  # noqa: PLC0415 - it loads HTTP and TLS, which an embedded one has not

        return Remote(
            settings=self._settings,
            toolbox=self._toolbox,
            clock=self._clock,
            processes=self._processes,
            encrypted=lambda: self.encrypted,
        )

    @property
    def _fleet(self) -> str:
        return repository_digest(self._settings.repository, self._settings.path)

    def _client(self, transport: Transport) -> KubernetesClient:
        limiter = Limiter(self._clock)
        return KubernetesClient(transport, limiter, self._clock, user_agent=USER_AGENT, jitter=random.random)

    async def open(self, name: str, declared: ClusterConnection | None) -> Parts:
        """What a pass on a cluster works with; see `Targets.parts`."""
        transport = await (self._embed() if name == EMBEDDED else self._remote.reach(name, declared))
        self._stack.push_async_callback(transport.close)
        client = self._client(transport)
        self.clients[name] = client
        target = KubernetesTarget[Health](
            name or "default",
            client,
            self._toolbox,
            Installation(self._directory.installation),
            clock=self._clock,
            needs_status=needs_status,
            judge=judge,
            fingerprint=self._likeness.fingerprint,
            placings=Placings(store=self._shared.placings, engine=f"{__version__} {find_toolbox().digest} {name}"),
        )
        writer = Writer(
            installation=self._directory.installation,
            manager=Installation(self._directory.installation).manager,
            holder=self._holder,
            repository=self._fleet,
        )
        fence = LeaseFence(client, self._clock, writer)
        if self._settings.is_live and self._group is not None:
            owned = self._shared.ledger.kinds(target.name)
            for running in (self._group.create_task(target.run(owned)), self._group.create_task(fence.run())):
                self._stack.callback(running.cancel)
        shared = self._shared
        return Parts(
            target=target,
            watcher=target,
            owners=shared.ledger,
            health=TargetHealth(target, needs_status),
            ledger=shared.ledger,
            bodies=shared.bodies,
            approvals=shared.approvals,
            claims=shared.claims,
            fence=fence,
            finder=target,
            insight=target.insight,
            restarter=target.restarter,
        )

    async def _embed(self) -> Transport:
        from trueline.embedded.cluster import EmbeddedCluster  # noqa: PLC0415 - only who has one pays for it

        cluster = EmbeddedCluster(self._toolbox, self._clock, self._directory.path)
        self.embedded = await self._stack.enter_async_context(cluster)
        if self._settings.is_live:
            url = await self.embedded.serve()
            file = self._directory.embedded_kubeconfig
            with translated(str(file)):
                write_atomic(file, self.embedded.kubeconfig(url).encode())
        return self.embedded.transport()

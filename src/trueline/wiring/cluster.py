"""Clusters by the names that declarations use; how one is reached is `connection`'s matter."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from importlib import import_module
from typing import TYPE_CHECKING, Final, Self

from trueline.declare.application import Application, ClusterConnection, ClusterTarget
from trueline.loop.parts import Parts
from trueline.model.known import Known, Unknown
from trueline.runtime.clock import Clock
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.process import SystemProcesses
from trueline.runtime.secret import SopsSecret
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.toolbox import Toolbox
from trueline.wiring.settings import EMBEDDED, Settings
from trueline.wiring.shared import Shared

if TYPE_CHECKING:
    from trueline.embedded.cluster import EmbeddedCluster
    from trueline.target.kubernetes.client import KubernetesClient
    from trueline.wiring.connection import Connections

_REMOTE: Final = ("trueline.wiring.connection", "trueline.wiring.remote")


class ClusterTargets:
    """The clusters of a kubeconfig, those that are declared, and the embedded one; each connected at its first use."""

    def __init__(  # noqa: PLR0913 - what every cluster is made with
        self,
        *,
        settings: Settings,
        toolbox: Toolbox,
        clock: Clock,
        processes: SystemProcesses,
        directory: DataDirectory,
        shared: Shared,
    ) -> None:
        self._settings = settings
        self._toolbox = toolbox
        self._clock = clock
        self._processes = processes
        self._directory = directory
        self._shared = shared
        self._declared: dict[str, ClusterConnection] = {}
        self._clusters: dict[str, Parts] = {}
        self._lock = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._group: TaskGroup | None = None
        self._made: Connections | None = None
        self.encrypted: SopsSecret | None = None
        """What opens encrypted files of the fleet repository, as soon as there is something that does."""

    async def __aenter__(self) -> Self:
        self._group = await self._stack.enter_async_context(TaskGroup())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def embedded(self) -> "EmbeddedCluster | None":
        """The embedded cluster, where something asked for it."""
        return self._made.embedded if self._made is not None else None

    @property
    def clients(self) -> Mapping[str, "KubernetesClient"]:
        """The clusters that were reached, by name."""
        return self._made.clients if self._made is not None else {}

    def declare(self, connections: Sequence[ClusterConnection]) -> None:
        """Take the targets that the fleet declares."""
        self._declared = {connection.name: connection for connection in connections}

    def expect(self, known: Iterable[Application]) -> None:
        """Load what a cluster of a known application will need, while Git is asked; nothing is connected yet."""
        names = {one.target.cluster or self._default() for one in known if isinstance(one.target, ClusterTarget)}
        if names - {EMBEDDED} and self._group is not None:
            self._group.create_task(asyncio.to_thread(_load))

    async def parts(self, target: ClusterTarget) -> Parts:
        """What a pass on a cluster works with; see `Targets.parts`."""
        async with self._lock:
            name = target.cluster or self._default()
            if name not in self._clusters:
                self._clusters[name] = await self._connections().open(name, self._declared.get(name))
            return self._clusters[name]

    async def installations(self) -> Known[Mapping[str, tuple[str, ...]]] | Unknown:
        """Those that follow this fleet in the default cluster; an embedded one is as new as its data directory."""
        if (name := self._default()) == EMBEDDED:
            return Known({})
        return await self._connections().installations(name, self._declared.get(name))

    async def secret(self, namespace: str, name: str, key: str) -> str:
        """One key of a Secret of the default cluster; see `KubernetesSecret`."""
        await self.parts(ClusterTarget())
        return await self._connections().secret(self._default(), namespace, name, key)

    def _default(self) -> str:
        if self._settings.cluster:
            return self._settings.cluster
        has_kubeconfig = self._settings.kubeconfig is not None or "KUBECONFIG" in self._settings.environment
        return "" if has_kubeconfig or "KUBERNETES_SERVICE_HOST" in self._settings.environment else EMBEDDED

    def _connections(self) -> "Connections":
        """What connects, with what opens encrypted files as of now."""
        if self._made is None:
            from trueline.wiring.connection import Connecting, Connections  # noqa: PLC0415 - with the first cluster

            connecting = Connecting(
                settings=self._settings,
                toolbox=self._toolbox,
                clock=self._clock,
                processes=self._processes,
                directory=self._directory,
                shared=self._shared,
                closing=self._stack,
                group=self._group,
            )
            self._made = Connections(connecting)
        self._made.encrypted = self.encrypted
        return self._made


def _load() -> None:
    for name in _REMOTE:
        import_module(name)

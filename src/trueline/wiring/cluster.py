"""Clusters by the names that declarations use: reached through a kubeconfig, from inside, or embedded."""

import asyncio
import os
import platform
import random
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from trueline.declare.application import ClusterConnection, ClusterTarget
from trueline.embedded.cluster import EmbeddedCluster
from trueline.health.status import Health
from trueline.health.table import judge, needs_status
from trueline.loop.health import TargetHealth
from trueline.loop.parts import Parts
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault, UserError
from trueline.model.known import Known, Unknown
from trueline.runtime.clock import Clock
from trueline.runtime.data_directory import DataDirectory, write_atomic
from trueline.runtime.http import Transport
from trueline.runtime.process import Command, NotStarted, SystemProcesses
from trueline.runtime.seal import SEAL, Seal
from trueline.runtime.secret import SecretReference, SopsSecret, SystemSecrets
from trueline.runtime.store import translated
from trueline.runtime.toolbox import Toolbox
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.credential import connect
from trueline.target.kubernetes.fence import LeaseFence, Writer
from trueline.target.kubernetes.installed import installations
from trueline.target.kubernetes.kubeconfig import Kubeconfig, in_cluster, kubeconfig_paths, read_kubeconfig
from trueline.target.kubernetes.lease import repository_digest
from trueline.target.kubernetes.likeness import Likeness
from trueline.target.kubernetes.limit import Limiter
from trueline.target.kubernetes.mark import Installation
from trueline.target.kubernetes.secret_key import read_secret_key
from trueline.target.kubernetes.target import KubernetesTarget
from trueline.version import __version__
from trueline.wiring.settings import Settings
from trueline.wiring.shared import Shared

EMBEDDED = "embedded"
USER_AGENT = f"trueline/{__version__}"
PLUGIN_TIMEOUT_S = 30.0


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
        self._likeness = Likeness(
            digest=Seal(directory.path / SEAL).fingerprint,
            held=lambda: shared.ledger.holders("Secret"),
            bodies=shared.bodies.get_many,
            mark=lambda application: Installation(directory.installation).mark(application),
        )
        self._lock = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._group: asyncio.TaskGroup | None = None
        self._holder = f"{platform.node() or 'host'}/{os.getpid()}/{secrets.token_hex(4)}"
        self.embedded: EmbeddedCluster | None = None
        self.clients: dict[str, KubernetesClient] = {}
        self.encrypted: SopsSecret | None = None
        """What opens encrypted files of the fleet repository, as soon as there is something that does."""

    async def __aenter__(self) -> Self:
        self._group = await self._stack.enter_async_context(asyncio.TaskGroup())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def declare(self, connections: Sequence[ClusterConnection]) -> None:
        """Take the targets that the fleet declares."""
        self._declared = {connection.name: connection for connection in connections}

    async def parts(self, target: ClusterTarget) -> Parts:
        """What a pass on a cluster works with; see `Targets.parts`."""
        async with self._lock:
            name = target.cluster or self._default()
            if name not in self._clusters:
                self._clusters[name] = await self._connect(name)
            return self._clusters[name]

    async def installations(self) -> Known[Mapping[str, tuple[str, ...]]] | Unknown:
        """Those that follow this fleet in the default cluster; an embedded one is as new as its data directory."""
        if self._default() == EMBEDDED:
            return Known({})
        try:
            transport = await self._reach(self._default())
        except Fault as fault:
            return Unknown(fault.diagnostics[0].line)
        try:
            return await installations(self._client(transport), self._fleet)
        finally:
            await transport.close()

    @property
    def _fleet(self) -> str:
        return repository_digest(self._settings.repository, self._settings.path)

    def _client(self, transport: Transport) -> KubernetesClient:
        limiter = Limiter(self._clock)
        return KubernetesClient(transport, limiter, self._clock, user_agent=USER_AGENT, jitter=random.random)

    def _default(self) -> str:
        if self._settings.cluster:
            return self._settings.cluster
        has_kubeconfig = self._settings.kubeconfig is not None or "KUBECONFIG" in self._settings.environment
        return "" if has_kubeconfig or "KUBERNETES_SERVICE_HOST" in self._settings.environment else EMBEDDED

    async def _connect(self, name: str) -> Parts:
        transport = await (self._embed() if name == EMBEDDED else self._reach(name))
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
        )
        writer = Writer(
            installation=self._directory.installation,
            manager=Installation(self._directory.installation).manager,
            holder=self._holder,
            repository=self._fleet,
        )
        fence = LeaseFence(client, self._clock, writer)
        if self._settings.is_live and self._group is not None:
            for running in (self._group.create_task(target.run()), self._group.create_task(fence.run())):
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
        )

    async def _embed(self) -> Transport:
        cluster = EmbeddedCluster(self._toolbox, self._clock, self._directory.path)
        self.embedded = await self._stack.enter_async_context(cluster)
        if self._settings.is_live:
            url = await self.embedded.serve()
            file = self._directory.embedded_kubeconfig
            with translated(str(file)):
                write_atomic(file, self.embedded.kubeconfig(url).encode())
        return self.embedded.transport()

    async def _reach(self, name: str) -> Transport:
        if declared := self._declared.get(name):
            trusted, context = False, declared.context
            config: Kubeconfig | None = await self._declared_config(declared)
        else:
            trusted, context, config = True, name, await self._config()
        if config is None:
            connection = in_cluster(self._settings.environment, _read_file)
        else:
            connection = config.connection(context, trusted=trusted, read_file=_read_file)
        return await connect(
            connection.endpoint, connection.credential, clock=self._clock, run=self._run_plugin, read_file=_read_file
        )

    async def _declared_config(self, declared: ClusterConnection) -> Kubeconfig:
        text = await self._secret(declared.kubeconfig)
        return await read_kubeconfig(self._toolbox, [(str(declared.origin), text)])

    async def _secret(self, reference: SecretReference) -> str:
        """A cluster's own kubeconfig cannot stand in a cluster."""
        return (await SystemSecrets(self._settings.environment, sops=self.encrypted).resolve(reference)).reveal()

    async def secret(self, namespace: str, name: str, key: str) -> str:
        """One key of a Secret of the default cluster; see `KubernetesSecret`."""
        await self.parts(ClusterTarget())
        return await read_secret_key(self.clients[self._default()], namespace, name, key)

    async def _config(self) -> Kubeconfig | None:
        given = self._settings.kubeconfig
        if given is None and "KUBERNETES_SERVICE_HOST" in self._settings.environment:
            return None
        paths = (str(given),) if given is not None else kubeconfig_paths(self._settings.environment)
        texts = [(path, _read_text(path)) for path in paths if given is not None or Path(path).exists()]  # noqa: ASYNC240 - a few small files, once
        return await read_kubeconfig(self._toolbox, texts)

    async def _run_plugin(self, arguments: Sequence[str], environment: Mapping[str, str]) -> bytes:
        command = Command(
            argv=tuple(arguments),
            environment={**self._settings.environment, **environment},
            timeout_s=PLUGIN_TIMEOUT_S,
            stdout_bytes_max=1 << 20,
        )
        try:
            completed = await self._processes.run(command)
        except NotStarted as failure:
            raise OSError(failure.reason) from None
        if not completed.is_success:
            raise OSError(f"{arguments[0]} ended with {completed.exit_code}")
        return completed.stdout


def _read_file(path: str) -> bytes:
    return Path(path).read_bytes()


def _read_text(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            [
                Diagnostic(
                    code="TL0600",
                    summary="a kubeconfig cannot be read",
                    detail=f"{path}: {error}",
                    remedy="name a readable file with --kubeconfig",
                )
            ]
        ) from None

"""Configuration → objects. The only file that names a plug-in; it decides nothing and does nothing by itself."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import msgspec

from trueline.declare.application import Application, Auth, ClusterConnection, ClusterTarget, SourceSpec, TargetSpec
from trueline.declare.folder import folder_application
from trueline.declare.native import NativeDialect
from trueline.embedded.cluster import EmbeddedCluster
from trueline.health.status import Health
from trueline.health.table import judge, needs_status
from trueline.loop.chronicle import Chronicle
from trueline.loop.claim import ClaimBook
from trueline.loop.desire import Desirer
from trueline.loop.engine import Engine
from trueline.loop.engine_parts import EngineParts
from trueline.loop.fleet import Fleet
from trueline.loop.health import TargetHealth
from trueline.loop.parts import Parts
from trueline.loop.register import Register
from trueline.loop.supply import OpenSource
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.fault import UserError
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
from trueline.runtime.data_directory import DataDirectory, default_path, write_atomic
from trueline.runtime.http import Transport
from trueline.runtime.process import Command, SystemProcesses
from trueline.runtime.secret import SecretPlace, SecretReference, Secrets, SystemSecrets
from trueline.runtime.store import Store
from trueline.runtime.toolbox import Toolbox, ToolboxRefused
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.source.address import Address
from trueline.source.directory import DirectorySource
from trueline.source.git import GitRepository, GitSource, repository_path
from trueline.source.git_command import Credentials, GitCommand
from trueline.source.selector import Selector
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.credential import connect
from trueline.target.kubernetes.kubeconfig import Kubeconfig, in_cluster, kubeconfig_paths, read_kubeconfig
from trueline.target.kubernetes.limit import Limiter
from trueline.target.kubernetes.mark import Installation
from trueline.target.kubernetes.secret_key import read_secret_key
from trueline.target.kubernetes.target import KubernetesTarget
from trueline.version import __version__

EMBEDDED = "embedded"
USER_AGENT = f"trueline/{__version__}"
PLUGIN_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a command line says. `is_live`: targets are watched and Git is followed; otherwise each is asked once.

    `is_working_tree`: `repository` is a folder to take as it stands. `namespace` and `cluster` are for a folder without
    declarations.
    """

    repository: str
    path: str = ""
    revision: str = ""
    kubeconfig: Path | None = None
    data_directory: Path | None = None
    interval_s: float = 30.0
    is_live: bool = False
    is_working_tree: bool = False
    namespace: str = ""
    cluster: str = ""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def data_path(self) -> Path:
        """Where this repository's data directory is."""
        return self.data_directory or default_path(self.repository, self.environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """Everything, put together."""

    settings: Settings
    engine: Engine
    fleet: Fleet
    desirer: Desirer
    targets: "ClusterTargets"
    sources: "GitSources"
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
        journal = Journal(store, clock, directory.anchors)
        stack.callback(journal.anchor)
        ledger = StoreLedger(store, journal)
        binary = find_toolbox()
        toolbox = await stack.enter_async_context(ProcessToolbox(path=binary.path, clock=clock))
        bodies = Bodies(store)
        renderer = CachedRenderer(DispatchingRenderer(toolbox), KeptRenders(RenderStore(store), bodies), binary.digest)
        approvals = Approvals(store, journal, clock)
        claims = ClaimBook(ledger)
        targets = ClusterTargets(
            settings=settings,
            toolbox=toolbox,
            clock=clock,
            processes=processes,
            directory=directory,
            shared=Shared(ledger=ledger, bodies=bodies, approvals=KeptApprovals(approvals), claims=claims),
        )
        await stack.enter_async_context(targets)
        secrets = SystemSecrets(settings.environment, kubernetes=targets.secret)
        sources = GitSources(
            settings=settings, processes=processes, toolbox=toolbox, directory=directory, secrets=secrets
        )
        stack.push_async_callback(sources.close)
        fleet = Fleet(
            source=_fleet_source(settings, sources, processes, clock),
            dialect=NativeDialect(toolbox),
            path=settings.path,
            folder=_folder(settings),
        )
        desirer = Desirer(sources=sources, targets=targets, renderer=renderer)
        history, holds = History(store, journal, clock), Holds(store, journal, clock)
        register = Register(Statuses(store, clock))
        parts = EngineParts(
            fleet=fleet,
            desirer=desirer,
            targets=targets,
            register=register,
            chronicle=Chronicle(journal, history),
            claims=claims,
            holds=holds,
            approvals=KeptApprovals(approvals),
            clock=clock,
            interval_s=settings.interval_s,
        )
        yield Assembly(
            settings=settings,
            engine=Engine(parts),
            fleet=fleet,
            desirer=desirer,
            targets=targets,
            sources=sources,
            renderer=renderer,
            toolbox=toolbox,
            ledger=ledger,
            journal=journal,
            history=history,
            holds=holds,
            approvals=approvals,
            bodies=bodies,
            register=register,
            clock=clock,
            data_directory=directory,
        )


@dataclass(frozen=True, slots=True)
class KeptRenders:
    """The render cache's store: renders by key, bodies by digest."""

    renders: RenderStore
    bodies: Bodies

    def get(self, key: str) -> bytes | None:
        """A kept render."""
        return self.renders.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Keep a render."""
        self.renders.put(key, value)

    def put_many(self, bodies: Mapping[Digest, bytes]) -> None:
        """Keep its bodies."""
        self.bodies.put_many(bodies)

    def get_many(self, digests: Collection[Digest]) -> Mapping[Digest, bytes]:
        """The bodies that are kept."""
        return self.bodies.get_many(digests)


@dataclass(frozen=True, slots=True)
class KeptApprovals:
    """Who agreed to a plan, as the loop asks it."""

    approvals: Approvals

    def is_approved(self, plan: Digest) -> bool:
        """Whether anybody did."""
        return bool(self.approvals.of(plan))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What every target's passes share."""

    ledger: StoreLedger
    bodies: Bodies
    approvals: KeptApprovals
    claims: ClaimBook


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
        self._group: asyncio.TaskGroup | None = None
        self.embedded: EmbeddedCluster | None = None
        self.clients: dict[str, KubernetesClient] = {}

    async def __aenter__(self) -> Self:
        self._group = await self._stack.enter_async_context(asyncio.TaskGroup())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def declare(self, connections: Sequence[ClusterConnection]) -> None:
        """Take the targets that the fleet declares."""
        self._declared = {connection.name: connection for connection in connections}

    async def parts(self, target: TargetSpec) -> Parts:
        """What a pass on a target works with; see `Targets.parts`."""
        match target:
            case ClusterTarget(cluster=name):
                async with self._lock:
                    name = name or self._default()
                    if name not in self._clusters:
                        self._clusters[name] = await self._connect(name)
                    return self._clusters[name]
            case _:
                raise _unsupported(target)

    def _default(self) -> str:
        if self._settings.cluster:
            return self._settings.cluster
        has_kubeconfig = self._settings.kubeconfig is not None or "KUBECONFIG" in self._settings.environment
        return "" if has_kubeconfig or "KUBERNETES_SERVICE_HOST" in self._settings.environment else EMBEDDED

    async def _connect(self, name: str) -> Parts:
        transport = await (self._embed() if name == EMBEDDED else self._reach(name))
        self._stack.push_async_callback(transport.close)
        client = KubernetesClient(
            transport, Limiter(self._clock), self._clock, user_agent=USER_AGENT, jitter=random.random
        )
        self.clients[name] = client
        target = KubernetesTarget[Health](
            name or "default",
            client,
            self._toolbox,
            Installation(self._directory.installation),
            clock=self._clock,
            needs_status=needs_status,
            judge=judge,
        )
        if self._settings.is_live and self._group is not None:
            running = self._group.create_task(target.run())
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
        )

    async def _embed(self) -> Transport:
        cluster = EmbeddedCluster(self._toolbox, self._clock, self._directory.path)
        self.embedded = await self._stack.enter_async_context(cluster)
        if self._settings.is_live:
            url = await self.embedded.serve()
            write_atomic(self._directory.embedded_kubeconfig, self.embedded.kubeconfig(url).encode())
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
        return (await SystemSecrets(self._settings.environment).resolve(reference)).reveal()

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
        completed = await self._processes.run(command)
        if not completed.is_success:
            raise OSError(f"{arguments[0]} ended with {completed.exit_code}")
        return completed.stdout


class GitSources:
    """The Git repositories that declarations name; one bare copy for each address and what opens it.

    Who has no right to an address is not served from what another one's right has fetched.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        processes: SystemProcesses,
        toolbox: Toolbox,
        directory: DataDirectory,
        secrets: Secrets,
    ) -> None:
        self._settings = settings
        self._processes = processes
        self._toolbox = toolbox
        self._directory = directory
        self._secrets = secrets
        self._repositories: dict[str, GitRepository] = {}

    def open(self, spec: SourceSpec) -> OpenSource:
        """The source of a specification; see `Sources.open`."""
        url = spec.url or self._settings.repository
        address = Address.parse(url)
        key = " ".join((str(address), *_opened_by(spec.auth)))
        if key not in self._repositories:
            git = GitCommand(
                processes=self._processes,
                address=address,
                repository=repository_path(self._directory.path, key),
                environment=self._settings.environment,
                credentials=lambda: self._credentials(spec),
            )
            self._repositories[key] = GitRepository(git, match_versions=self._match_versions)
        return GitSource(self._repositories[key], Selector.parse(spec.revision))

    async def close(self) -> None:
        """End the readers."""
        for repository in self._repositories.values():
            await repository.close()

    async def _credentials(self, spec: SourceSpec) -> Credentials:
        secrets, auth = self._secrets, spec.auth
        return Credentials(
            username=auth.username,
            password=await secrets.resolve(auth.password) if auth.password else None,
            bearer=await secrets.resolve(auth.bearer) if auth.bearer else None,
            ssh_key=await secrets.resolve(auth.ssh_key) if auth.ssh_key else None,
            known_hosts=spec.known_hosts,
        )

    async def _match_versions(self, versions: str, tags: Sequence[str]) -> tuple[str, ...]:
        try:
            answer = await self._toolbox.ask("semver", {"range": versions, "versions": list(tags)})
        except ToolboxRefused as refused:
            raise UserError([_bad_range(versions, str(refused))]) from None
        return msgspec.json.decode(answer, type=_Versions).versions


class _Versions(msgspec.Struct, frozen=True):
    versions: tuple[str, ...] = ()


def _opened_by(auth: Auth) -> tuple[str, ...]:
    """The names of what opens a source; where they are written does not count."""
    references = (auth.password, auth.bearer, auth.ssh_key)
    return tuple(filter(None, (auth.username, *(str(one) for one in references if one is not None))))


def _fleet_source(settings: Settings, sources: GitSources, processes: SystemProcesses, clock: Clock) -> OpenSource:
    if settings.is_working_tree:
        return DirectorySource(
            Path(settings.repository), processes=processes, clock=clock, environment=settings.environment
        )
    auth, known_hosts = _fleet_auth(settings.environment)
    return sources.open(
        SourceSpec(url=settings.repository, revision=settings.revision, auth=auth, known_hosts=known_hosts)
    )


def _fleet_auth(environment: Mapping[str, str]) -> tuple[Auth, str]:
    """What opens the fleet repository itself, which no declaration can say: variables of the environment."""

    def named(variable: str) -> SecretReference | None:
        return SecretReference(place=SecretPlace.ENV, name=variable) if environment.get(variable) else None

    key = environment.get("TRUELINE_GIT_SSH_KEY_FILE", "")
    hosts = environment.get("TRUELINE_GIT_KNOWN_HOSTS_FILE", "")
    auth = Auth(
        username=environment.get("TRUELINE_GIT_USERNAME", ""),
        password=named("TRUELINE_GIT_PASSWORD"),
        bearer=named("TRUELINE_GIT_TOKEN"),
        ssh_key=SecretReference(place=SecretPlace.FILE, name=key) if key else None,
    )
    return auth, Path(hosts).read_text() if hosts else ""


def _folder(settings: Settings) -> Application:
    name = settings.path or settings.repository.removesuffix(".git")
    return folder_application(
        name, path=settings.path, cluster=settings.cluster, namespace=settings.namespace, create_namespace=True
    )


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


def _unsupported(target: TargetSpec) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL0213",
                summary="this is not supported by this version",
                detail="target: " + type(target).__name__.removesuffix("Target").lower(),
                remedy="use target: {cluster: NAME}",
            )
        ]
    )


def _bad_range(versions: str, reason: str) -> Diagnostic:
    return Diagnostic(
        code="TL0135",
        summary="a range of versions cannot be read",
        detail=f"{versions!r}: {reason}",
        remedy='write a range such as ">=1.2 <2" or "~1.4"',
    )

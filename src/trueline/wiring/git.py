"""Git repositories by the addresses that declarations use, and the fleet repository itself."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from trueline.declare.application import Auth, SourceSpec
from trueline.loop.supply import OpenSource
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import digest_value
from trueline.model.fault import UserError
from trueline.runtime.clock import Clock
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.process import SystemProcesses
from trueline.runtime.secret import SecretPlace, SecretReference, Secrets
from trueline.runtime.toolbox import Toolbox, ToolboxRefused
from trueline.source.address import Address
from trueline.source.directory import DirectorySource
from trueline.source.git import GitRepository, GitSource, repository_path
from trueline.source.git_command import Credentials, GitCommand
from trueline.source.object_reader import Readers
from trueline.source.selector import Selector
from trueline.wiring.settings import Settings


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
        self._readers = Readers()
        self._repositories: dict[str, GitRepository] = {}

    @property
    def repositories(self) -> tuple[GitRepository, ...]:
        """Those that were asked for in this life of the process."""
        return tuple(self._repositories.values())

    def open(self, spec: SourceSpec) -> OpenSource:
        """The source of a specification; see `Sources.open`."""
        url = spec.url or self._settings.repository
        address = Address.parse(url)
        key = " ".join((str(address), *opened_by(spec.auth, spec.known_hosts)))
        if key not in self._repositories:
            git = GitCommand(
                processes=self._processes,
                address=address,
                repository=repository_path(self._directory.path, key),
                environment=self._settings.environment,
                credentials=lambda: credentials_of(self._secrets, spec.auth, spec.known_hosts),
            )
            self._repositories[key] = GitRepository(git, match_versions=self._match_versions, readers=self._readers)
        return GitSource(self._repositories[key], Selector.parse(spec.revision))

    async def close(self) -> None:
        """End the readers."""
        for repository in self._repositories.values():
            await repository.close()

    async def _match_versions(self, versions: str, tags: Sequence[str]) -> tuple[str, ...]:
        try:
            answer = await self._toolbox.ask("semver", {"range": versions, "versions": list(tags)})
        except ToolboxRefused as refused:
            raise UserError([_bad_range(versions, str(refused))]) from None
        return msgspec.json.decode(answer, type=_Versions).versions


class _Versions(msgspec.Struct, frozen=True):
    versions: tuple[str, ...] = ()


async def credentials_of(secrets: Secrets, auth: Auth, known_hosts: str) -> Credentials:
    """What opens a repository, read now.

    Raises:
        UserError: TL0152, a secret is not there.
    """
    return Credentials(
        username=auth.username,
        password=await secrets.resolve(auth.password) if auth.password else None,
        bearer=await secrets.resolve(auth.bearer) if auth.bearer else None,
        ssh_key=await secrets.resolve(auth.ssh_key) if auth.ssh_key else None,
        known_hosts=known_hosts,
    )


def opened_by(auth: Auth, known_hosts: str) -> tuple[str, ...]:
    """The names of what opens a repository, and the hosts that it trusts; where they are written does not count."""
    references = (str(one) for one in (auth.password, auth.bearer, auth.ssh_key) if one is not None)
    hosts = digest_value(known_hosts) if known_hosts else ""
    return tuple(filter(None, (auth.username, *references, hosts)))


def fleet_source(settings: Settings, sources: GitSources, processes: SystemProcesses, clock: Clock) -> OpenSource:
    """The fleet repository: an address, or a folder as it stands."""
    if settings.is_working_tree:
        return DirectorySource(
            Path(settings.repository),
            processes=processes,
            clock=clock,
            environment=settings.environment,
            repository=lambda top: sources.open(SourceSpec(url=str(top))),
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


def _bad_range(versions: str, reason: str) -> Diagnostic:
    return Diagnostic(
        code="TL0135",
        summary="a range of versions cannot be read",
        detail=f"{versions!r}: {reason}",
        remedy='write a range such as ">=1.2 <2" or "~1.4"',
    )

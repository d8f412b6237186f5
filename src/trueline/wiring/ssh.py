"""The directories of hosts that sites are published to over SSH, each opened once, over one connection each."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib.util import find_spec
from pathlib import Path

from trueline.declare.application import SshTarget
from trueline.loop.parts import Parts
from trueline.model.digest import digest_value
from trueline.model.fault import UserError
from trueline.model.masked import Masked
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import Clock
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.secret import SecretReference, Secrets
from trueline.target.kubernetes.mark import Installation
from trueline.target.site.ssh import problem
from trueline.target.site.ssh.host import Cause, Host, HostRefused
from trueline.target.site.ssh.place import Place
from trueline.target.site.ssh.platform import SshPlatform
from trueline.target.site.target import SiteTarget
from trueline.wiring.settings import Settings
from trueline.wiring.shared import Shared, site_parts

FOLDER = "hosts"
_KEY_LENGTH = 16
_PROBLEMS = {Cause.UNTRUSTED: problem.not_trusted, Cause.CLOSED: problem.not_let_in}
"""What no waiting mends; a host that is away now is asked again by whoever looks at it."""


class SshTargets:
    """The hosts' directories that declarations name. What is in them is opened by the key that is declared, alone."""

    def __init__(  # noqa: PLR0913 - what a host is published to with
        self,
        stack: AsyncExitStack,
        settings: Settings,
        directory: DataDirectory,
        secrets: Secrets,
        *,
        installation: Installation,
        blobs: BlobDirectory,
        clock: Clock,
        shared: Shared,
    ) -> None:
        self._stack = stack
        self._settings = settings
        self._path = directory.path / FOLDER
        self._secrets = secrets
        self._installation = installation
        self._blobs = blobs
        self._clock = clock
        self._shared = shared
        self._parts: dict[str, Parts] = {}
        self._hosts: dict[str, Host] = {}
        self._locks: Mapping[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def parts(self, target: SshTarget) -> Parts:
        """What a pass on a directory of a host works with; the host is greeted once.

        Raises:
            UserError: TL1590 to TL1593, nothing can be published there as it is declared.
        """
        name = name_of(target)
        place, reference = _checked(target, name)
        key = digest_value([name, str(reference), target.known_hosts])[:_KEY_LENGTH]
        async with self._locks[key]:
            if key not in self._parts:
                host = self._hosts.get(key) or self._connect(target, reference)
                self._hosts[key] = host
                await _greet(host, name, reference)
                self._parts[key] = self._open(name, SshPlatform(place, host, self._blobs))
            return self._parts[key]

    def _connect(self, target: SshTarget, reference: SecretReference) -> Host:
        from trueline.target.site.ssh.connection import Connection, Login  # noqa: PLC0415 - it loads asyncssh
        from trueline.target.site.ssh.session import SshHost  # noqa: PLC0415 - the same

        async def key() -> Masked:
            return await self._secrets.resolve(reference)

        connection = Connection(
            Login(host=target.host, port=target.port, user=target.user, known_hosts=target.known_hosts, key=key)
        )
        self._stack.push_async_callback(connection.close)
        return SshHost(connection)

    def _open(self, name: str, platform: SshPlatform) -> Parts:
        site = SiteTarget(
            name,
            platform,
            self._blobs,
            folder=self._folder(name),
            family=f"{self._installation.name}.",
            mark=self._installation.mark,
            clock=self._clock,
            interval_s=self._settings.interval_s,
        )
        return site_parts(self._shared, site)

    def _folder(self, name: str) -> Path:
        return self._path / digest_value(name)[:_KEY_LENGTH]


def name_of(target: SshTarget) -> str:
    """The name under which the journal and the page know it."""
    user = f"{target.user}@" if target.user else ""
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"ssh://{user}{host}:{target.port}/{target.path.strip('/')}"


def _checked(target: SshTarget, name: str) -> tuple[Place, SecretReference]:
    """What can be known without the host.

    Raises:
        UserError: TL1590 to TL1593.
    """
    origin = target.key.origin if target.key else None
    problems = []
    if find_spec("asyncssh") is None:
        problems.append(problem.not_installed(name, origin))
    if not target.known_hosts.strip():
        problems.append(problem.not_trusted(name, "`knownHosts` is not declared", origin))
    if target.key is None:
        problems.append(problem.not_let_in(name, "`key` is not declared", origin))
    try:
        place = Place.of(target.path)
    except ValueError as error:
        raise UserError([*problems, problem.no_place(name, str(error), origin)]) from None
    if problems or target.key is None:
        raise UserError(problems)
    return place, target.key


async def _greet(host: Host, name: str, reference: SecretReference) -> None:
    """See that the host is who it shall be, and lets us in.

    Raises:
        UserError: TL1590 or TL1591; or the key cannot be read.
    """
    try:
        await host.entry("/")
    except HostRefused as refused:
        if (told := _PROBLEMS.get(refused.cause)) is not None:
            raise UserError([told(name, refused.message, reference.origin)]) from refused

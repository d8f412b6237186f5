"""Runs the system's `git`, hardened: no configuration but ours, no hook, no prompt, no transport but the one asked for.

A credential is given by environment or by a file of mode 0600 that lives as long as the call; it is never in the
arguments, never sent on a redirect, and is taken out of what Git says.
"""

import base64
import shlex
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from trueline.model.masked import Masked
from trueline.runtime.process import Command, Completed, Ending, Limits, NotStarted, Processes
from trueline.runtime.secret import scrub
from trueline.runtime.store import translated
from trueline.source.address import Address, Transfer
from trueline.source.bare_copy import is_made
from trueline.source.refusal import NO_GIT, NO_PROCESS, SLOW, TOO_LARGE, explain

ENVIRONMENT_PASSED = frozenset(
    [
        "PATH",
        "HOME",
        "TMPDIR",
        "SSH_AUTH_SOCK",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "all_proxy",
    ]
)
_ROOM_BYTES = 64 << 10  # with less of it left, Git fails in many words
_ALONE = {
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ADVICE": "0",
}
_NO_TRANSFER: Mapping[str, str] = {"GIT_NO_LAZY_FETCH": "1"}
_CONFIG = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.askPass": "",
    "credential.helper": "",
    "credential.interactive": "false",
    "protocol.allow": "never",
    "transfer.fsckObjects": "true",
    "fetch.fsckObjects": "true",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "advice.detachedHead": "false",
    "submodule.recurse": "false",
    "http.lowSpeedLimit": "1000",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What opens a repository: user and password or a bearer token over HTTP, a key over SSH. `known_hosts` is text."""

    username: str = ""
    password: Masked | None = None
    bearer: Masked | None = None
    ssh_key: Masked | None = None
    known_hosts: str = ""

    def header(self) -> Masked | None:
        """The HTTP header that carries them."""
        if self.bearer is not None:
            return Masked(f"Authorization: Bearer {self.bearer.reveal()}")
        if self.password is not None:
            pair = base64.b64encode(
                f"{self.username or 'git'}:{self.password.reveal()}".encode(errors="surrogateescape")
            ).decode()
            return Masked(f"Authorization: Basic {pair}")
        return None

    def secrets(self) -> tuple[Masked, ...]:
        """Everything that no message may show."""
        header = self.header()
        encoded = Masked(header.reveal().split()[-1]) if header is not None else None
        return tuple(secret for secret in (self.password, self.bearer, self.ssh_key, encoded) if secret is not None)


NO_CREDENTIALS = Credentials()
GiveCredentials = Callable[[], Awaitable[Credentials]]


async def no_credentials() -> Credentials:
    """For a repository that anyone may read."""
    return NO_CREDENTIALS


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much of a repository we take, and how long that, or to give it something, may last."""

    poll_timeout_s: float = 30.0
    fetch_timeout_s: float = 300.0
    push_timeout_s: float = 1800.0
    stall_timeout_s: int = 30
    repository_file_bytes_max: int = 2 * 1024**3
    refs_bytes_max: int = 32 * 1024**2
    paths_max: int = 200_000
    path_bytes_max: int = 1024
    file_bytes_max: int = 32 * 1024**2
    tree_bytes_max: int = 32 * 1024**2
    walk_commits_max: int = 20_000
    authorship_timeout_s: float = 2.0
    authorship_files_max: int = 64
    kept_max: int = 50
    packs_max: int = 20
    loose_objects_max: int = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GitCommand:
    """`git` for one bare repository and one address. `environment` is filtered, so the process's own may be given."""

    processes: Processes
    address: Address
    repository: Path
    environment: Mapping[str, str] = field(repr=False)
    credentials: GiveCredentials = no_credentials
    bounds: Bounds = field(default_factory=Bounds)

    async def local(
        self, *arguments: str, stdin: bytes | Iterable[bytes] = b"", timeout_s: float | None = None
    ) -> Completed:
        """Run something that only touches the bare repository; it can ask no other side, not even for a lost object."""
        argv, timeout_s = ("git", f"--git-dir={self.repository}", *arguments), timeout_s or self.bounds.fetch_timeout_s
        return await self._run(self._command(argv, _NO_TRANSFER, timeout_s, stdin=stdin), ())

    async def remote(
        self,
        *arguments: str,
        timeout_s: float,
        is_traced: bool = False,
        stdin: bytes = b"",
        exits: Collection[int] = (0,),
    ) -> Completed:
        """Run something that asks the other side; a trace puts each packet of Git's own protocol into `stderr`.

        `exits` are the exit codes that are an answer. What comes with another than 0 has no secret in it.

        Raises:
            Fault: it failed; the diagnostic says how.
        """
        credentials = await self.credentials()
        is_there = is_made(self.repository)  # before it is, a remote can already be asked
        async with self._transfer_settings(credentials) as extra:
            argv = ("git", *([f"--git-dir={self.repository}"] if is_there else []), *arguments)
            settings = {f"protocol.{self.address.transfer.value}.allow": "always", **extra}
            settings |= {"GIT_TRACE_PACKET": "1"} if is_traced else {}
            command = self._command(argv, settings, timeout_s, stdin=stdin)
            return await self._run(command, credentials.secrets(), exits)

    def reader(self) -> Command:
        """The long-lived reader of objects."""
        return self._command(("git", f"--git-dir={self.repository}", "cat-file", "--batch"), _NO_TRANSFER, 0)

    async def _run(self, command: Command, secrets: tuple[Masked, ...], exits: Collection[int] = (0,)) -> Completed:
        try:
            completed = await self.processes.run(command)
        except NotStarted as failure:
            raise (NO_PROCESS if failure.is_passing else NO_GIT).about(failure.reason) from None
        match completed.ending:
            case Ending.EXITED if completed.is_success:
                return completed
            case Ending.EXITED:
                said = completed.stderr.decode(errors="replace")
                if completed.exit_code in exits:
                    answer = scrub(completed.stdout.decode(errors="replace"), secrets)
                    return replace(completed, stdout=answer.encode(), stderr=scrub(said, secrets).encode())
                if completed.exit_code == -signal.SIGXFSZ:  # the kernel stops a file at its bound, without a word
                    raise TOO_LARGE.about(f"{self.address}: a file of more than {command.limits.file_bytes} bytes")
                raise explain(str(self.address), said, scrub(said, secrets), is_full=self._is_full)
            case Ending.TIMED_OUT:
                raise SLOW.about(f"{self.address}: no end after {command.timeout_s:g} s")
            case Ending.TOO_MUCH_OUTPUT:
                raise TOO_LARGE.about(f"{self.address}: more than {command.stdout_bytes_max} bytes of refs")
            case _:
                assert_never(completed.ending)

    def _is_full(self) -> bool:
        place = self.repository if self.repository.exists() else self.repository.parent
        with suppress(OSError):
            return shutil.disk_usage(place).free < _ROOM_BYTES
        return False

    def _command(
        self,
        argv: tuple[str, ...],
        extra: Mapping[str, str],
        timeout_s: float,
        *,
        stdin: bytes | Iterable[bytes] = b"",
    ) -> Command:
        config = {"http.lowSpeedTime": str(self.bounds.stall_timeout_s), "http.followRedirects": "initial"}
        config |= {name: value for name, value in extra.items() if not name.startswith("GIT_")}
        environment = isolated(self.environment, config)
        environment["GIT_CEILING_DIRECTORIES"] = str(self.repository.parent.parent)
        environment |= {name: value for name, value in extra.items() if name.startswith("GIT_")}
        return Command(
            argv=argv,
            cwd=str(self.repository.parent),
            environment=environment,
            stdin=stdin,
            timeout_s=timeout_s,
            stdout_bytes_max=self.bounds.refs_bytes_max,
            limits=Limits(file_bytes=self.bounds.repository_file_bytes_max),
        )

    @asynccontextmanager
    async def _transfer_settings(self, credentials: Credentials) -> AsyncIterator[Mapping[str, str]]:
        header = credentials.header()
        if self.address.transfer.is_http and header is not None:
            yield {f"http.{self.address.scope}.extraHeader": header.reveal(), "http.followRedirects": "false"}
        elif self.address.transfer is Transfer.SSH:
            with ExitStack() as stack:
                with translated(str(self.repository.parent)):
                    folder = tempfile.TemporaryDirectory(dir=self.repository.parent, prefix="ssh-")
                    ssh = _ssh(credentials, Path(stack.enter_context(folder)))
                yield {"GIT_SSH_COMMAND": ssh, "GIT_SSH_VARIANT": "ssh"}
        else:
            yield {}


def isolated(environment: Mapping[str, str], config: Mapping[str, str]) -> dict[str, str]:
    """An environment in which Git reads no configuration but ours and the repository's, and asks nobody anything."""
    alone = {name: value for name, value in environment.items() if name in ENVIRONMENT_PASSED} | _ALONE
    settings = {**_CONFIG, **config}
    alone["GIT_CONFIG_COUNT"] = str(len(settings))
    for index, (key, value) in enumerate(settings.items()):
        alone[f"GIT_CONFIG_KEY_{index}"] = key
        alone[f"GIT_CONFIG_VALUE_{index}"] = value
    return alone


def _ssh(credentials: Credentials, directory: Path) -> str:
    words = ["ssh", "-F", "/dev/null", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
    words += ["-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=3"]
    words += ["-o", "ClearAllForwardings=yes", "-o", "ForwardAgent=no", "-o", "PermitLocalCommand=no"]
    if credentials.known_hosts:
        known_hosts = _private_file(directory / "known_hosts", credentials.known_hosts)
        words += ["-o", f"UserKnownHostsFile={known_hosts}", "-o", "GlobalKnownHostsFile=/dev/null"]
    if credentials.ssh_key is not None:
        key = _private_file(directory / "key", credentials.ssh_key.reveal())
        words += ["-o", "IdentitiesOnly=yes", "-i", str(key)]
    return shlex.join(words)


def _private_file(path: Path, text: str) -> Path:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text if text.endswith("\n") else f"{text}\n")
    return path

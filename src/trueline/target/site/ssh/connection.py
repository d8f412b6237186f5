"""One connection to a host, kept open, made again when it is needed. It knows nothing of sites.

Nothing of this machine's user is read: no configuration, no agent, no key, no known hosts but those that are declared.
A host that shows another key than those is never logged in to. Every question has a time-out; a host that does not
answer loses its connection, so that the next question begins anew.
"""

import asyncio
import re
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

import asyncssh

from trueline.model.masked import Masked
from trueline.runtime.task_group import fault_group
from trueline.target.site.ssh.host import Cause, HostRefused

STDERR_BYTES_KEPT = 4096
STDOUT_BYTES_MAX = 256 << 20
_CHUNK_BYTES = 64 << 10
_PORT = 22
_OFFERED = "+ssh-ed25519,ecdsa-sha2-nistp*,rsa-sha2-*"
"""Kinds of keys after those that are declared: so that a host with another kind shows it, and can be named."""
_GRACE_S = 3.0
_SAYS_NUMBER = 'echo "trueline $$" >&2; exec '
_NUMBER = re.compile(rb"^trueline (\d+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited for a host, in seconds. `hash_bytes` is what it reads of its own disk in one, at the least."""

    connect_s: float = 15.0
    request_s: float = 60.0
    command_s: float = 60.0
    keepalive_s: float = 15.0
    keepalive_count: int = 3
    hash_bytes: int = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where, as whom, and whom to trust. `key` is read each time that it is needed, and kept nowhere."""

    host: str
    port: int
    user: str
    known_hosts: str
    key: Callable[[], Awaitable[Masked]]

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}" if self.user else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a command said, and its exit status; `None` where a signal ended it."""

    status: int | None
    stdout: bytes
    stderr: bytes


@dataclass(slots=True)
class _Line:
    """A connection that was made, with its SFTP session."""

    connection: asyncssh.SSHClientConnection
    sftp: asyncssh.SFTPClient


@dataclass(slots=True)
class _Guard(asyncssh.SSHClient):
    """Called with a key that is not among the declared ones: it is noted, and refused."""

    offered: list[str] = field(default_factory=list)

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002 - as it is called
        """Never."""
        self.offered.append(f"{key.get_algorithm()} {key.get_fingerprint()}")
        return False

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002 - as it is called
        """Never."""
        self.offered.append(f"a certificate signed by {key.get_algorithm()} {key.get_fingerprint()}")
        return False


class Connection:
    """A connection; `close` it in the end."""

    def __init__(self, login: Login, patience: Patience | None = None) -> None:
        self.login = login
        self.patience = patience or Patience()
        self.made = 0
        self._line: _Line | None = None
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        """End it; the next question would make it again."""
        if (line := self._line) is not None:
            self._line = None
            line.connection.close()
            try:
                async with asyncio.timeout(self.patience.connect_s):
                    await line.connection.wait_closed()
            except TimeoutError:
                line.connection.abort()

    def drop(self) -> None:
        """Nothing more is expected of it."""
        if (line := self._line) is not None:
            self._line = None
            line.connection.abort()

    @asynccontextmanager
    async def session(self, what: str) -> AsyncIterator[asyncssh.SFTPClient]:
        """The SFTP session, for one question about `what`.

        Raises:
            HostRefused: the host cannot be reached, does not let us in, or refuses what is asked inside the block.
        """
        line = await self._open()
        try:
            with refused_as(what):
                async with asyncio.timeout(self.patience.request_s):
                    yield line.sftp
        except HostRefused as refused:
            if refused.cause is Cause.AWAY and self._line is line:
                self.drop()
            raise

    async def run(self, command: str, stdin: bytes, *, timeout_s: float, bytes_max: int = STDOUT_BYTES_MAX) -> Answered:
        """Run a command; where it is not waited for any more, whatever the reason, it is ended.

        Raises:
            HostRefused: it could not be run to its end.
        """
        line = await self._open()
        program = command.split(maxsplit=1)[0]
        try:
            with refused_as(program):
                async with asyncio.timeout(timeout_s), _running(line.connection, command, bytes_max) as running:
                    return await running.answer(stdin)
        except HostRefused as refused:
            is_cut = line.connection.is_closed()
            if (is_cut or refused.cause is Cause.AWAY) and self._line is line:
                self.drop()
            if is_cut and refused.cause is not Cause.AWAY:
                raise HostRefused(Cause.AWAY, f"{program}: the connection was cut") from refused
            raise

    async def _open(self) -> _Line:
        async with self._lock:
            if self._line is not None and self._line.connection.is_closed():
                self._line = None
            if self._line is None:
                self._line = await self._connect()
                self.made += 1
            return self._line

    async def _connect(self) -> _Line:
        guard = _Guard()
        known, key = self._trusted(), await self._key()
        with _connecting(self.login, guard):
            connection = await self._greet(known, key, guard)
        try:
            with refused_as("SFTP"):
                async with asyncio.timeout(self.patience.connect_s):
                    sftp = await connection.start_sftp_client(path_encoding=None)
        except BaseException as error:
            connection.abort()
            if isinstance(error, HostRefused) and error.cause is not Cause.AWAY:
                raise HostRefused(Cause.UNABLE, f"it offers no SFTP to {self.login.user}") from error
            raise
        return _Line(connection, sftp)

    async def _greet(
        self, known: asyncssh.SSHKnownHosts, key: asyncssh.SSHKey, guard: _Guard
    ) -> asyncssh.SSHClientConnection:
        patience = self.patience
        return await asyncssh.connect(
            self.login.host,
            self.login.port,
            **({"username": self.login.user} if self.login.user else {}),
            config=None,
            known_hosts=known,
            server_host_key_algs=_OFFERED,
            x509_trusted_certs=None,
            x509_trusted_cert_paths=[],
            client_keys=[key],
            agent_path=None,
            password=None,
            preferred_auth=("publickey",),
            gss_auth=False,
            gss_kex=False,
            disable_trivial_auth=True,
            client_factory=lambda: guard,
            connect_timeout=patience.connect_s,
            login_timeout=patience.connect_s,
            keepalive_interval=patience.keepalive_s,
            keepalive_count_max=patience.keepalive_count,
        )

    def _trusted(self) -> asyncssh.SSHKnownHosts:
        try:
            return asyncssh.import_known_hosts(self.login.known_hosts)
        except ValueError as error:
            raise HostRefused(Cause.UNTRUSTED, f"`knownHosts` cannot be read: {error}") from None

    async def _key(self) -> asyncssh.SSHKey:
        secret = await self.login.key()
        try:
            text = secret.reveal()
            return asyncssh.import_private_key(text if text.endswith("\n") else f"{text}\n")
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
            message = "the declared key is no private key, or has a passphrase"
            raise HostRefused(Cause.CLOSED, message) from None  # what it says may hold a part of the key


class _Running:
    """A command on the host, from its start until it has ended or was ended."""

    def __init__(self, process: asyncssh.SSHClientProcess[bytes], bytes_max: int) -> None:
        self._process = process
        self._bytes_max = bytes_max
        self._stdout = bytearray()
        self._stderr = bytearray()

    @property
    def has_ended(self) -> bool:
        """Whether the host said how it ended."""
        return self._process.exit_status is not None or self._process.exit_signal is not None

    async def number(self) -> str:
        """Its number there, which it says first; empty where it says none. Nobody else may read it meanwhile."""
        while (found := _NUMBER.search(self._stderr)) is None:
            chunk = await self._process.stderr.read(_CHUNK_BYTES)
            if not chunk or len(self._stderr) > STDERR_BYTES_KEPT:
                return ""
            self._stderr.extend(chunk)
        return found[1].decode()

    async def answer(self, stdin: bytes) -> Answered:
        """Give it its input, and take all that it says.

        Raises:
            HostRefused: it said too much, or its end was not heard of.
        """
        async with fault_group() as group:
            for act in (self._feed(stdin), self._take(), self._complaints()):
                group.create_task(act)
        await self._process.wait_closed()
        if not self.has_ended:
            raise HostRefused(Cause.AWAY, "the connection was cut")
        said = _NUMBER.sub(b"", bytes(self._stderr))
        return Answered(status=self._process.exit_status, stdout=bytes(self._stdout), stderr=said)

    async def _feed(self, data: bytes) -> None:
        try:
            self._process.stdin.write(data)
            await self._process.stdin.drain()
            self._process.stdin.write_eof()
        except (BrokenPipeError, ConnectionResetError):
            return  # it may end unread

    async def _take(self) -> None:
        while chunk := await self._process.stdout.read(_CHUNK_BYTES):
            self._stdout.extend(chunk)
            if len(self._stdout) > self._bytes_max:
                raise HostRefused(Cause.FAILED, f"it said more than {self._bytes_max} bytes")

    async def _complaints(self) -> None:
        while chunk := await self._process.stderr.read(_CHUNK_BYTES):
            self._stderr.extend(chunk[: max(0, STDERR_BYTES_KEPT - len(self._stderr))])


@asynccontextmanager
async def _running(connection: asyncssh.SSHClientConnection, command: str, bytes_max: int) -> AsyncIterator[_Running]:
    """Start a command; who leaves the block before its end ends it.

    A hang-up alone would leave it running until it writes, and `sshd` takes no signals for the administrator's account.
    """
    text = f"sh -c {shlex.quote(_SAYS_NUMBER + command)}"
    process: asyncssh.SSHClientProcess[bytes] = await connection.create_process(text, encoding=None)
    running = _Running(process, bytes_max)
    try:
        yield running
    finally:
        if not running.has_ended and not connection.is_closed():
            process.kill()
            with suppress(asyncssh.Error, OSError, TimeoutError):
                async with asyncio.timeout(_GRACE_S):
                    await _kill(connection, running)
        process.close()


async def _kill(connection: asyncssh.SSHClientConnection, running: _Running) -> None:
    if number := await running.number():
        await connection.run(f"kill -9 -{number} || kill -9 {number}", check=False)


@contextmanager
def refused_as(what: str) -> Iterator[None]:
    """Faults of the wire and of the host's SFTP become one refusal with its cause.

    Raises:
        HostRefused: something was refused inside the block.
    """
    try:
        yield
    except TimeoutError as error:
        raise HostRefused(Cause.AWAY, f"{what}: the host does not answer in time") from error
    except asyncssh.SFTPError as error:
        raise HostRefused(_cause(error), f"{what}: {_sentence(error)}") from error
    except asyncssh.ChannelOpenError as error:
        raise HostRefused(Cause.UNABLE, f"{what}: {error.reason or 'it is refused'}") from error
    except (asyncssh.Error, OSError) as error:
        raise HostRefused(Cause.AWAY, f"{what}: the connection was cut ({_reason(error)})") from error


@contextmanager
def _connecting(login: Login, guard: _Guard) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise HostRefused(Cause.AWAY, "it does not answer in time") from error
    except asyncssh.HostKeyNotVerifiable as error:
        offered = ", ".join(guard.offered) or str(error.reason)
        raise HostRefused(Cause.UNTRUSTED, f"it shows {offered}; `knownHosts` has {_known(login)}") from error
    except asyncssh.KeyExchangeFailed as error:
        message = f"it has no key of a kind that `knownHosts` names, or no way to talk ({_reason(error)})"
        raise HostRefused(Cause.UNTRUSTED, message) from error
    except (asyncssh.PermissionDenied, asyncssh.IllegalUserName) as error:
        message = f"it does not take the declared key for the user {login.user or 'that this runs as'}"
        raise HostRefused(Cause.CLOSED, message) from error
    except (asyncssh.Error, OSError) as error:
        raise HostRefused(Cause.AWAY, f"it cannot be reached ({_reason(error)})") from error
    except ValueError as error:
        raise HostRefused(Cause.CLOSED, f"it cannot be asked: {error}") from error


def _known(login: Login) -> str:
    """The declared keys of this host, as people compare them."""
    port = login.port if login.port != _PORT else None
    keys, authorities, *_ = asyncssh.match_known_hosts(
        asyncssh.import_known_hosts(login.known_hosts), login.host, "", port
    )
    found = [f"{key.get_algorithm()} {key.get_fingerprint()}" for key in keys]
    found += [f"the authority {key.get_algorithm()} {key.get_fingerprint()}" for key in authorities]
    return ", ".join(found) or f"no key of {login.host}"


def _cause(error: asyncssh.SFTPError) -> Cause:
    match error:
        case asyncssh.SFTPNoSuchFile() | asyncssh.SFTPNoSuchPath():
            return Cause.GONE
        case asyncssh.SFTPPermissionDenied() | asyncssh.SFTPWriteProtect():
            return Cause.FORBIDDEN
        case asyncssh.SFTPNoSpaceOnFilesystem() | asyncssh.SFTPQuotaExceeded():
            return Cause.FULL
        case asyncssh.SFTPConnectionLost() | asyncssh.SFTPNoConnection():
            return Cause.AWAY
        case asyncssh.SFTPOpUnsupported():
            return Cause.UNABLE
        case _:
            return Cause.FAILED


def _sentence(error: asyncssh.SFTPError) -> str:
    match _cause(error):
        case Cause.GONE:
            return "no such file or directory"
        case Cause.FORBIDDEN:
            return "permission denied"
        case Cause.FULL:
            return "the disk is full"
        case Cause.AWAY:
            return "the connection was cut"
        case _:
            return f"the host says {_reason(error)!r}"


def _reason(error: BaseException) -> str:
    text = error.reason if isinstance(error, asyncssh.Error) else error.strerror if isinstance(error, OSError) else ""
    return (str(text or error) or type(error).__name__)[:300].lower()

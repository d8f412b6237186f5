"""Debian's `sshd` on loopback, with its own keys in a folder: a host that a site is published to.

It lets in the user that the tests run as, with one key, and nobody else. `only_files` is an account that may transfer
files and run nothing; `read_only` one that may not even write; `programs` is where commands are found instead of the
machine's places.
"""

import getpass
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncssh

from testbed.debian import program
from testbed.leash import Leash
from testbed.process import Process, free_ports
from trueline.runtime.clock import SystemClock

_PAUSE_S = 0.02
_LISTENS = "Server listening on 127.0.0.1 port"
_SEPARATION = Path("/run/sshd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the one account may do."""

    only_files: bool = False
    read_only: bool = False
    programs: Path | None = None
    mask: str = "022"

    @property
    def transfer(self) -> str:
        """The part of the server that transfers files."""
        return f"internal-sftp -u {self.mask}" + (" -R" if self.read_only else "")

    def lines(self, home: Path) -> list[str]:
        """For the server's configuration. What the user's own shell would read at each command is not read."""
        lines = [f"SetEnv HOME={home} PATH={self.programs or '/usr/bin:/bin'}"]
        if self.only_files:
            lines.append(f"ForceCommand {self.transfer}")
        return lines


class Sshd:
    """`async with Sshd(folder) as sshd:`; it can be stopped, and started again on the same port."""

    def __init__(self, folder: Path, account: Account | None = None) -> None:
        self.account = account or Account()
        self.user = getpass.getuser()
        self.port = 0
        self._folder = folder
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._leash = Leash()
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self.port,) = free_ports(1)
        self._leash.__enter__()
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        self._leash.__exit__(kind, error, trace)

    @property
    def key(self) -> str:
        """The private key that is let in."""
        return self._key.export_private_key().decode()

    @property
    def known_hosts(self) -> str:
        """The server's key as it is now, as `known_hosts` files have it."""
        return f"[127.0.0.1]:{self.port} {self._host_key.export_public_key().decode().strip()}\n"

    @property
    def fingerprint(self) -> str:
        """The server's key, as people compare it."""
        return str(self._host_key.get_fingerprint())

    @property
    def log(self) -> str:
        """What the server says."""
        return (self._folder / "sshd.log").read_text()

    def change_host_key(self) -> None:
        """As after an attack or a reinstallation, from the next start on."""
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")

    async def start(self) -> None:
        """Start it with the account as it is now."""
        self._configure()
        command = (str(program("sshd", "openssh-server")), "-D", "-e", "-f", str(self._folder / "sshd_config"))
        log = self._folder / "sshd.log"
        log.touch()
        before = self.log.count(_LISTENS)
        self._process = Process(command, log=log, leash=self._leash, clock=SystemClock())
        self._process.start()
        while self.log.count(_LISTENS) == before:  # whoever only looks whether the port is open may find another one's
            self._process.check()
            await SystemClock().sleep(_PAUSE_S)

    async def stop(self) -> None:
        """End it, and what it does for anybody."""
        if self._process is not None:
            self.cut()
            await self._process.stop(abrupt=True)
            self._process = None

    def cut(self) -> None:
        """End every connection, in the middle of whatever it does; new ones are taken."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        """Every connection stays, and nothing is answered any more."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """The end of a freeze."""
        self._signal(signal.SIGCONT)

    def children(self) -> list[str]:
        """What runs there for anybody, by its command line."""
        return [" ".join(_command_line(child)) for child in self._descendants()]

    def _signal(self, number: signal.Signals) -> None:
        for child in self._descendants():
            with suppress(ProcessLookupError):
                os.kill(child, number)

    def _descendants(self) -> list[int]:
        if self._process is None or self._process.id is None:
            return []
        found = [self._process.id]
        for parent in found:
            found.extend(_children(parent))
        return found[1:]

    def _configure(self) -> None:
        folder = self._folder
        _private(folder / "host_key", self._host_key.export_private_key())
        (folder / "authorized_keys").write_bytes(self._key.export_public_key())
        if os.geteuid() == 0:
            _SEPARATION.mkdir(mode=0o755, exist_ok=True)  # sshd starts without it only where it is nobody special
        lines = [
            f"ListenAddress 127.0.0.1:{self.port}",
            f"HostKey {folder / 'host_key'}",
            f"AuthorizedKeysFile {folder / 'authorized_keys'}",
            f"AllowUsers {self.user}",
            "AuthenticationMethods publickey",
            "PermitRootLogin prohibit-password",
            "PidFile none",
            "StrictModes no",
            "UsePAM no",
            "UseDNS no",
            "MaxStartups 100",
            "PrintMotd no",
            f"Subsystem sftp {self.account.transfer}",
            *self.account.lines(folder),
        ]
        (folder / "sshd_config").write_text("\n".join(lines) + "\n")


def _private(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(data)


def _children(parent: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):  # it may end while it is looked at
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, task.read_text().split())
    return found


def _command_line(process: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_text(errors="replace").strip("\0").split("\0")
    return []

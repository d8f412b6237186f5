"""Git over SSH on loopback, in-process: a fresh machine has no sshd, and this one needs no root.

It runs `git-upload-pack` and `git-receive-pack` on the bare repositories of one directory for one key, and no
other command.
"""

import asyncio
import shlex
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncssh

from testbed.git_server import create_bare, git_variables

_COMMANDS = ("git-upload-pack", "git-receive-pack")
_USER = "git"


class SshServer:
    """`async with SshServer(directory) as ssh:`; the client needs `client_key` and `known_hosts`."""

    def __init__(self, directory: Path) -> None:
        self.commands: list[str] = []
        self._directory = directory
        self._port = 0
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._client_key = asyncssh.generate_private_key("ssh-ed25519")
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def __aenter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        self.client_key.touch(mode=0o600)  # ssh refuses a key that others can read
        self.client_key.write_bytes(self._client_key.export_private_key())
        await self._listen()
        self.known_hosts.write_text(f"{self.known_hosts_line()}\n")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    @property
    def client_key(self) -> Path:
        """The private key that is let in."""
        return self._directory / "client_key"

    @property
    def known_hosts(self) -> Path:
        """The server's host key as ssh wants it."""
        return self._directory / "known_hosts"

    def known_hosts_line(self) -> str:
        """The line of the known hosts for the key that the server shows now."""
        return f"[127.0.0.1]:{self._port} {self._host_key.export_public_key().decode().strip()}"

    def url(self, name: str) -> str:
        """The address of a repository."""
        return f"ssh://{_USER}@127.0.0.1:{self._port}/{name}.git"

    def client_command(self) -> str:
        """What `GIT_SSH_COMMAND` has to be."""
        files = f"-i {shlex.quote(str(self.client_key))} -o UserKnownHostsFile={shlex.quote(str(self.known_hosts))}"
        return f"ssh -F /dev/null -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes {files}"

    async def create(self, name: str) -> str:
        """Makes an empty bare repository whose branch is `main`; returns its URL."""
        await asyncio.to_thread(create_bare, self._directory / f"{name}.git")
        return self.url(name)

    async def change_host_key(self) -> None:
        """From now on the server shows another key, as after an attack or a reinstallation; same port."""
        await self._close()
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        await self._listen()

    async def _listen(self) -> None:
        allowed = asyncssh.import_authorized_keys(self._client_key.export_public_key().decode())
        self._acceptor = await asyncssh.listen(
            "127.0.0.1",
            self._port,
            server_host_keys=[self._host_key],
            authorized_client_keys=allowed,
            process_factory=self._serve,
            encoding=None,
            reuse_address=True,
        )
        self._port = self._acceptor.get_port()

    async def _close(self) -> None:
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
            self._acceptor = None

    async def _serve(self, client: asyncssh.SSHServerProcess[bytes]) -> None:
        self.commands.append(client.command or "")
        command = self._allowed(client.command or "")
        if command is None:
            client.stderr.write(b"the testbed serves Git only\n")
            client.exit(1)
            return
        protocol = client.env.get("GIT_PROTOCOL", "")
        child = await asyncio.create_subprocess_exec(
            *command,
            env={**git_variables(), "GIT_PROTOCOL": protocol},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        await client.redirect(stdin=child.stdin, stdout=child.stdout, stderr=child.stderr)
        client.exit(await child.wait())
        await client.wait_closed()

    def _allowed(self, command: str) -> tuple[str, ...] | None:
        words = shlex.split(command)
        if len(words) != len(("command", "path")) or words[0] not in _COMMANDS:
            return None
        path = (self._directory / words[1].lstrip("/")).resolve()
        if path.parent != self._directory.resolve() or not path.is_dir():
            return None
        return words[0], str(path)

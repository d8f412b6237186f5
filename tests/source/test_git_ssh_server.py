"""A repository over the real ssh client, from a server on loopback: keys, host keys and what is said of wrong ones."""

from pathlib import Path

import asyncssh
import pytest

from testbed.ssh_server import SshServer
from tests.source.git_remote import Remote, reading
from trueline.model.fault import UserError
from trueline.model.masked import Masked
from trueline.source.git_command import Credentials


async def test_fetch_with_a_key(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    async with SshServer(tmp_path / "served") as server:
        url = await server.create("fleet")
        commit = remote.commit({"a": "1"})
        remote.git("push", "--quiet", str(tmp_path / "served/fleet.git"), "main")
        given = Credentials(ssh_key=Masked(server.client_key.read_text()), known_hosts=server.known_hosts_line())
        async with reading(url, tmp_path, credentials=given) as reader:
            source = reader.source("main")
            artifact = await source.artifact(await source.poll())
            assert artifact.revision.commit == commit
            second = remote.commit({"a": "2"})
            remote.git("push", "--quiet", str(tmp_path / "served/fleet.git"), "main")
            assert (await source.poll()).commit == second
        assert len(server.commands) == 4


@pytest.mark.parametrize(("wrong", "code"), [("host key", "TL0114"), ("key", "TL0113"), ("path", "TL01")])
async def test_what_is_wrong_is_said(tmp_path: Path, wrong: str, code: str) -> None:
    async with SshServer(tmp_path / "served") as server:
        url = await server.create("fleet")
        key, known_hosts = server.client_key.read_text(), server.known_hosts_line()
        match wrong:
            case "host key":
                await server.change_host_key()
            case "key":
                key = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
            case _:
                url = f"{url}-nothing"
        given = Credentials(ssh_key=Masked(key), known_hosts=known_hosts)
        async with reading(url, tmp_path, credentials=given) as reader:
            with pytest.raises(UserError if wrong != "path" else Exception, match=code):
                await reader.source("main").poll()

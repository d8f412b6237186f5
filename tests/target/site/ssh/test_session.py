"""Hosts that are not as one would wish: full, without an atomic rename, or with a login that prints something."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import asyncssh
import pytest

from testbed.sshd import Account, Sshd
from tests.target.site.ssh.ssh_bench import QUICK, Bench, benched
from trueline.model.masked import Masked
from trueline.target.answer import Refusal
from trueline.target.site.platform import PlatformRefused
from trueline.target.site.ssh.connection import Connection, Login
from trueline.target.site.ssh.host import HostRefused
from trueline.target.site.ssh.session import SshHost

PAGES: dict[str, str | bytes] = {"index.html": "home", "docs/a.html": "a"}


class Full(asyncssh.SFTPServer):
    """OpenSSH says no more than "Failure" where a disk is full."""

    is_full = True

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Only small files fit."""
        if len(data) > 1000 and self.is_full:
            raise asyncssh.SFTPFailure("Failure")
        return cast("int", super().write(file_obj, offset, data))

    def statvfs(self, path: bytes) -> asyncssh.SFTPVFSAttrs:
        """Almost nothing is left."""
        return asyncssh.SFTPVFSAttrs(bsize=1, frsize=1, blocks=1, bavail=700, bfree=700)


class WithoutRename(asyncssh.SFTPServer):
    """Only the rename of the first SFTP, which refuses where something stands."""

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Not known."""
        raise asyncssh.SFTPOpUnsupported("unknown request")


@asynccontextmanager
async def serving(folder: Path, factory: type[asyncssh.SFTPServer]) -> AsyncIterator[Bench]:
    """A host of this process, which runs no command."""
    host_key, key = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    acceptor = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        authorized_client_keys=asyncssh.import_authorized_keys(key.export_public_key().decode()),
        sftp_factory=factory,
    )

    async def give() -> Masked:
        return Masked(key.export_private_key().decode())

    known_hosts = f"[127.0.0.1]:{acceptor.get_port()} {host_key.export_public_key().decode()}"
    login = Login(host="127.0.0.1", port=acceptor.get_port(), user="u", known_hosts=known_hosts, key=give)
    bench = Bench(folder=folder / "host", sshd=Sshd(folder))
    bench.connection = Connection(login, QUICK)
    bench.restart()
    try:
        yield bench
    finally:
        await bench.connection.close()
        acceptor.close()
        await acceptor.wait_closed()


async def test_a_disk_that_has_no_room_is_told_before_anything_is_done(tmp_path: Path) -> None:
    async with serving(tmp_path, Full) as bench:
        with pytest.raises(PlatformRefused, match="the host's disk has 700 bytes left, not 5005") as refused:
            await bench.go({**PAGES, "index.html": "x" * 5000, "docs/b.html": "1234"})
        assert refused.value.refusal is Refusal.DENIED
        assert bench.everything() == {}


async def test_a_disk_that_is_full_in_the_middle_keeps_what_is_live(tmp_path: Path) -> None:
    async with serving(tmp_path, Full) as bench:
        Full.is_full = False
        await bench.go(PAGES)
        Full.is_full = True
        before, after = await bench.platform.look(), bench.release({"index.html": "x" * 5000})
        with pytest.raises(PlatformRefused, match="the host's disk has 700 bytes left") as refused:
            await bench.platform.publish(before, after)
        assert refused.value.refusal is Refusal.DENIED
        assert bench.served() == PAGES


async def test_a_host_that_cannot_switch_at_one_stroke_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path, WithoutRename) as bench:
        with pytest.raises(PlatformRefused, match="no rename over what stands there") as refused:
            await bench.go(PAGES)
        assert refused.value.refusal is Refusal.DENIED
        assert not bench.path.exists()


async def test_a_host_of_another_make_is_published_to(tmp_path: Path) -> None:
    async with serving(tmp_path, asyncssh.SFTPServer) as bench:
        await bench.go(PAGES)
        await bench.go({**PAGES, "index.html": "new"})
        assert bench.served() == {**PAGES, "index.html": "new"}


async def test_what_a_login_script_prints_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "sshd").mkdir()
    lines = [f"echo 'Welcome! {'0' * 64}  /etc/passwd'", "printf 'f 644 1 1.0 x\\0'", "echo trouble >&2"]
    (tmp_path / "sshd" / ".bashrc").write_text("\n".join(lines) + "\n")
    async with benched(tmp_path) as bench:
        after = await bench.go(PAGES)
        look = await bench.platform.look()
        assert (look.files, look.strangers, look.pointer) == (dict(after.holdings()), (), "")
        bench.live("index.html").unlink()
        assert "index.html" not in (await bench.platform.look()).files


async def test_what_a_host_can_do_is_found_out_once(tmp_path: Path) -> None:
    async with benched(tmp_path) as bench:
        assert await SshHost(bench.connection).hashes()
    async with benched(tmp_path / "files", Account(only_files=True)) as bench:
        assert not await SshHost(bench.connection).hashes()
        await bench.platform.look()
        assert bench.connection.made == 1


async def test_a_question_about_what_is_not_there(tmp_path: Path) -> None:
    async with benched(tmp_path) as bench:
        host = SshHost(bench.connection)
        assert await host.entry(str(tmp_path / "nothing")) is None
        assert await host.walk(str(tmp_path / "nothing"), []) is None
        assert await host.read(str(tmp_path / "nothing"), 10) is None
        assert await host.digests(str(tmp_path), {"nothing": 1}) == {}
        for act in (host.remove(str(tmp_path / "nothing")), host.leads_to(str(tmp_path / "nothing"))):
            with pytest.raises(HostRefused, match="no such file or directory"):
                await act
        (tmp_path / "large").write_text("x" * 11)
        with pytest.raises(HostRefused, match="larger than 10 bytes"):
            await host.read(str(tmp_path / "large"), 10)

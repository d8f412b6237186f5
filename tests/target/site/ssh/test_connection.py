"""One connection to a real host: whom it trusts, how it ends, what it says of what is wrong, and what it hides."""

import asyncio
import base64
import hmac
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import asyncssh
import pytest

from testbed.process import free_ports
from testbed.sshd import Account, Sshd
from tests.target.site.ssh.ssh_bench import QUICK, Bench
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.masked import Masked
from trueline.target.answer import Refusal
from trueline.target.site.platform import PlatformRefused
from trueline.target.site.ssh.connection import Connection, Login
from trueline.target.site.ssh.host import Cause, HostRefused
from trueline.target.site.ssh.session import SshHost

PAGES: dict[str, str | bytes] = {"index.html": "home", "docs/a.html": "a"}


@pytest.fixture
async def sshd(tmp_path: Path) -> AsyncIterator[Sshd]:
    async with Sshd(tmp_path / "sshd") as made:
        yield made


@pytest.fixture
async def bench(tmp_path: Path, sshd: Sshd) -> AsyncIterator[Bench]:
    made = Bench(folder=tmp_path / "host", sshd=sshd)
    yield made
    await made.connection.close()


async def ask(sshd: Sshd, *, known_hosts: str | None = None, key: str | None = None, port: int = 0) -> HostRefused:
    """What a first question is refused with."""

    async def give() -> Masked:
        return Masked(sshd.key if key is None else key)

    connection = Connection(
        Login(
            host="127.0.0.1",
            port=port or sshd.port,
            user=sshd.user,
            known_hosts=sshd.known_hosts if known_hosts is None else known_hosts,
            key=give,
        ),
        QUICK,
    )
    try:
        with pytest.raises(HostRefused) as refused:
            await SshHost(connection).entry("/")
    finally:
        await connection.close()
    return refused.value


# ---- whom it trusts ---------------------------------------------------------------------------------------------


async def test_a_changed_host_key_is_refused_with_both_fingerprints(bench: Bench) -> None:
    await bench.go(PAGES)
    before = bench.sshd.fingerprint
    await bench.sshd.stop()
    bench.sshd.change_host_key()
    await bench.sshd.start()
    with pytest.raises(PlatformRefused) as refused:
        await bench.platform.look()
    assert refused.value.refusal is Refusal.FORBIDDEN
    assert f"it shows ssh-ed25519 {bench.sshd.fingerprint}" in refused.value.message
    assert f"`knownHosts` has ssh-ed25519 {before}" in refused.value.message
    assert "Accepted" not in bench.sshd.log.rpartition("Server listening")[2], "it was never logged in to"


@pytest.mark.parametrize("known_hosts", ["", "\n# a comment\n", "other.example.com ssh-ed25519 AAAA\n"])
async def test_a_host_that_is_not_declared_is_refused(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known_hosts: str
) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_text(sshd.known_hosts)  # the user's own are not asked
    monkeypatch.setenv("HOME", str(tmp_path))
    refused = await ask(sshd, known_hosts=known_hosts)
    assert refused.cause is Cause.UNTRUSTED
    assert sshd.fingerprint in refused.message
    assert "no key of 127.0.0.1" in refused.message


async def test_a_revoked_key_is_refused(sshd: Sshd) -> None:
    refused = await ask(sshd, known_hosts=sshd.known_hosts + "@revoked " + sshd.known_hosts)
    assert refused.cause is Cause.UNTRUSTED


async def test_a_host_with_a_key_of_another_kind_is_refused(sshd: Sshd) -> None:
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode()
    refused = await ask(sshd, known_hosts=f"[127.0.0.1]:{sshd.port} {other}")
    assert refused.cause is Cause.UNTRUSTED
    assert f"it shows ssh-ed25519 {sshd.fingerprint}" in refused.message


async def test_lines_that_cannot_be_read_and_hashed_ones(bench: Bench) -> None:
    refused = await ask(bench.sshd, known_hosts="one-word")
    assert (refused.cause, "cannot be read" in refused.message) == (Cause.UNTRUSTED, True)
    name, key = bench.known_hosts.split(" ", 1)
    salt = b"salt" * 5
    hashed = base64.b64encode(hmac.digest(salt, name.encode(), "sha1")).decode()
    bench.known_hosts = f"|1|{base64.b64encode(salt).decode()}|{hashed} {key}"
    bench.connection = bench.connect()
    bench.restart()
    await bench.go(PAGES)


# ---- whom the host trusts ---------------------------------------------------------------------------------------


async def test_a_key_that_is_not_let_in(sshd: Sshd) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    refused = await ask(sshd, key=other)
    assert refused.cause is Cause.CLOSED
    assert f"does not take the declared key for the user {sshd.user}" in refused.message


async def test_neither_an_agent_nor_the_users_keys_are_asked(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".ssh").mkdir(mode=0o700)
    (tmp_path / ".ssh" / "id_ed25519").write_text(sshd.key)
    (tmp_path / ".ssh" / "config").write_text("Host *\n  User nobody\n  ProxyCommand touch /tmp/never\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    agent = await asyncio.start_unix_server(lambda _reader, _writer: pytest.fail("asked"), tmp_path / "agent")
    other = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    assert (await ask(sshd, key=other)).cause is Cause.CLOSED
    agent.close()


@pytest.mark.parametrize("passphrase", [None, "secret"])
async def test_a_key_that_cannot_be_used_shows_nothing_of_itself(sshd: Sshd, passphrase: str | None) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519").export_private_key("pkcs8-pem", passphrase=passphrase).decode()
    text = key if passphrase else key.replace("PRIVATE", "PUBLIC")
    refused = await ask(sshd, key=text)
    assert refused.cause is Cause.CLOSED
    assert "is no private key, or has a passphrase" in refused.message
    assert not any(line in str(refused) + repr(refused.__cause__) for line in text.splitlines() if len(line) > 8)


async def test_a_secret_that_is_gone_is_a_refusal(bench: Bench) -> None:
    def gone() -> UserError:
        return UserError([Diagnostic(code="TL0152", summary="a secret cannot be read", detail="env: KEY", remedy="")])

    async def key() -> Masked:
        raise gone()

    bench.connection = Connection(
        Login(host="127.0.0.1", port=bench.sshd.port, user="x", known_hosts=bench.sshd.known_hosts, key=key), QUICK
    )
    bench.restart()
    with pytest.raises(PlatformRefused, match="a secret cannot be read"):
        await bench.platform.look()


# ---- hosts that are away ----------------------------------------------------------------------------------------


async def test_a_closed_port_is_told(sshd: Sshd) -> None:
    refused = await ask(sshd, port=free_ports(1)[0])
    assert (refused.cause, "cannot be reached" in refused.message) == (Cause.AWAY, True)


async def test_a_host_that_takes_a_connection_and_says_nothing(sshd: Sshd) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        refused = await ask(sshd, port=silent.getsockname()[1])
    assert (refused.cause, "in time" in refused.message) == (Cause.AWAY, True)


async def test_something_else_that_answers(sshd: Sshd) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200)
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        refused = await ask(sshd, port=server.sockets[0].getsockname()[1])
    assert refused.cause is Cause.AWAY


async def test_a_name_that_does_not_resolve() -> None:
    async def key() -> Masked:
        return Masked(asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode())

    login = Login(host="no-such-host.invalid", port=22, user="x", known_hosts="x ssh-ed25519 AAAA", key=key)
    with pytest.raises(HostRefused, match="cannot be reached") as refused:
        await SshHost(Connection(login, QUICK)).entry("/")
    assert refused.value.cause is Cause.AWAY


async def test_one_connection_is_kept_and_made_again(bench: Bench) -> None:
    await bench.go(PAGES)
    await bench.platform.look()
    assert bench.connection.made == 1
    await bench.sshd.stop()
    with pytest.raises(PlatformRefused) as refused:
        await bench.platform.look()
    assert refused.value.refusal is Refusal.BUSY
    assert bench.served() == PAGES
    await bench.sshd.start()
    assert (await bench.platform.look()).pointer == ""
    assert bench.connection.made == 2


async def test_a_host_that_hangs_is_given_up_and_asked_anew(bench: Bench) -> None:
    await bench.go(PAGES)
    before = await bench.platform.look()
    bench.sshd.freeze()
    with pytest.raises(PlatformRefused, match="in time") as refused:
        await bench.platform.publish(before, bench.release({"index.html": "new"}))
    assert refused.value.refusal is Refusal.BUSY
    bench.sshd.thaw()
    assert bench.served() == PAGES
    await bench.go({"index.html": "new"})
    assert bench.served() == {"index.html": "new"}
    assert bench.connection.made == 2


@pytest.mark.parametrize("effect", ["write", "make_folders", "copy", "upload", "settle", "rename", "point"])
async def test_a_cut_at_any_step_leaves_what_was_live(bench: Bench, effect: str) -> None:
    await bench.go(PAGES)
    bench.restart()
    bench.host.before = lambda name, _: bench.sshd.cut() if name == effect else None
    with pytest.raises(PlatformRefused) as refused:
        await bench.go({**PAGES, "index.html": "new", "more/b.html": "b"})
    assert refused.value.refusal is Refusal.BUSY
    assert bench.served() == PAGES
    bench.restart()
    await bench.go({**PAGES, "index.html": "new", "more/b.html": "b"})
    assert bench.served() == {**PAGES, "index.html": "new", "more/b.html": "b"}


# ---- what is cancelled ------------------------------------------------------------------------------------------


async def test_a_cancelled_command_ends_there_too(bench: Bench) -> None:
    async def run() -> None:
        await bench.connection.run("sh -c 'sleep 4711; echo'", b"", timeout_s=60)

    async def until(is_there: bool) -> None:
        async with asyncio.timeout(60):
            while any("4711" in child for child in bench.sshd.children()) is not is_there:
                await asyncio.sleep(0.01)

    task = asyncio.ensure_future(run())
    await until(is_there=True)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(is_there=False)
    assert await SshHost(bench.connection).entry("/") is not None
    assert bench.connection.made == 1
    with pytest.raises(HostRefused, match="in time"):
        await bench.connection.run("sh -c 'sleep 4711; echo'", b"", timeout_s=0.5)
    await until(is_there=False)


async def test_a_cancelled_publication_can_be_done_again(bench: Bench) -> None:
    await bench.go(PAGES)
    bench.restart()
    started = asyncio.Event()
    bench.host.before = lambda name, _: started.set() if name == "upload" else None
    many: dict[str, str | bytes] = {f"p{number}.html": "x" * 100_000 + str(number) for number in range(40)}
    task = asyncio.ensure_future(bench.go(many))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.served() == PAGES
    bench.restart()
    await bench.go(many)
    assert bench.served() == many


async def test_a_command_that_says_too_much_is_ended(bench: Bench) -> None:
    with pytest.raises(HostRefused, match="more than 1000000 bytes"):
        await bench.connection.run("yes", b"", timeout_s=30, bytes_max=1_000_000)
    assert not any("yes" in child.split() for child in bench.sshd.children())


# ---- rights -----------------------------------------------------------------------------------------------------


async def test_an_account_that_may_not_write_is_forbidden(tmp_path: Path) -> None:
    async with Sshd(tmp_path / "sshd", Account(only_files=True, read_only=True)) as sshd:
        bench = Bench(folder=tmp_path / "host", sshd=sshd)
        with pytest.raises(PlatformRefused, match="permission denied") as refused:
            await bench.go(PAGES)
        assert refused.value.refusal is Refusal.FORBIDDEN
        assert bench.everything() == {}
        await bench.connection.close()

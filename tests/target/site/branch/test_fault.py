"""What a forge, a network or a disk does wrong: a clear sentence, no secret in it, and what was live stays live."""

import asyncio
import shutil
from pathlib import Path

import asyncssh
import pytest

from testbed.git_server import Fault
from testbed.repository import Repository
from testbed.ssh_server import SshServer
from tests.target.site.branch.branch_bench import CHANGED, PAGES, Bench, digests, on_disk, over_http
from trueline.model.masked import Masked
from trueline.runtime.task_group import TaskGroup
from trueline.source.git_command import Bounds, Credentials
from trueline.target.answer import Refusal
from trueline.target.site.platform import PlatformRefused

PASSWORD = "correct horse battery"
QUICK = Bounds(poll_timeout_s=4.0, fetch_timeout_s=10.0, push_timeout_s=4.0)
"""Long enough for what goes well on a machine that has much else to do: the same bounds hold for both."""


def hook(bench: Bench, script: str, name: str = "pre-receive") -> None:
    """The server's own hook."""
    path = bench.bare / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


async def refused(bench: Bench, pages: dict[str, bytes], *, is_tried: bool = False) -> PlatformRefused:
    """What a publish is answered, after a look that went well."""
    before, after = await bench.looked(), bench.release(pages)
    with pytest.raises(PlatformRefused) as caught:
        await (bench.platform.try_publish if is_tried else bench.platform.publish)(before, after)
    return caught.value


async def test_a_protected_branch_says_so_in_the_forges_own_words(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        await bench.publish(PAGES)
        tip = await bench.tip()
        hook(bench, f"echo 'You are not allowed to push to protected branches. {PASSWORD}' >&2; exit 1")
        bench.credentials = Credentials(password=Masked(PASSWORD))
        answer = await refused(bench, CHANGED)
        assert answer.refusal is Refusal.DENIED
        assert "the server refuses the push (pre-receive hook declined)" in answer.message
        assert "You are not allowed to push to protected branches. ***" in answer.message
        assert PASSWORD not in answer.message
        assert await bench.tip() == tip
        assert (await bench.looked()).files == digests(PAGES)
        (bench.bare / "hooks/pre-receive").unlink()
        await bench.publish(CHANGED)
        assert await bench.served() == CHANGED


@pytest.mark.parametrize("words", ["\\033[31mred\\007", "x" * 5000])
async def test_what_a_hook_writes_is_text_of_a_bounded_length(tmp_path: Path, words: str) -> None:
    bench = on_disk(tmp_path)
    hook(bench, f"printf '{words}\\n' >&2; exit 1")
    answer = await refused(bench, PAGES)
    assert len(answer.message) < 1000
    assert answer.message.isprintable()


async def test_a_wrong_credential_is_named_and_not_shown(tmp_path: Path) -> None:
    async with over_http(tmp_path, user="ci", password=PASSWORD) as (bench, _):
        bench.credentials = Credentials(username="ci", password=Masked(f"wrong-{PASSWORD}"))
        with pytest.raises(PlatformRefused, match="refuses the credential") as caught:
            await bench.looked()
        assert caught.value.refusal is Refusal.FORBIDDEN
        assert PASSWORD not in caught.value.message
        bench.credentials = Credentials(username="ci", password=Masked(PASSWORD))
        await bench.publish(PAGES)
        assert await bench.served() == PAGES
        assert all(PASSWORD not in " ".join(command.argv) for command in bench.processes.commands)
    kept = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if PASSWORD.encode() in path.read_bytes()]


async def test_a_credential_that_may_only_read_is_found_out_before_anything_is_written(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, server):
        await Repository(bench.bare).git("config", "http.receivepack", "false")
        answer = await refused(bench, PAGES, is_tried=True)
        assert answer.refusal is Refusal.FORBIDDEN
        assert "write to it" in answer.message
        await Repository(bench.bare).git("config", "http.receivepack", "true")
        await bench.publish(PAGES)
        asked = server.count(service="git-receive-pack")
        before = await bench.looked()
        await bench.platform.try_publish(before, bench.release(CHANGED))
        assert server.count(service="git-receive-pack") == asked  # who has pushed does not ask again


@pytest.mark.parametrize("fault", [Fault.GONE, Fault.HANG, Fault.ERROR, Fault.HTML, Fault.HTML_LINE, Fault.HALF])
async def test_a_server_that_cannot_be_asked_is_never_taken_for_one_without_the_branch(
    tmp_path: Path, fault: Fault
) -> None:
    async with over_http(tmp_path) as (bench, server):
        await bench.publish(PAGES)
        bench.bounds = QUICK
        for is_new in (False, True):
            if is_new:
                bench.lose_copy()
            bench.restart()
            await server.fail(fault)
            with pytest.raises(PlatformRefused, match=r"site\.git") as caught:
                await bench.looked()
            transient = fault not in {Fault.HTML, Fault.HTML_LINE}
            assert caught.value.refusal is (Refusal.BUSY if transient else Refusal.DENIED)
            await server.fail(Fault.NONE)
            assert (await bench.looked()).files == digests(PAGES)


@pytest.mark.parametrize("fault", [Fault.GONE, Fault.HANG, Fault.ERROR, Fault.HTML, Fault.HALF])
async def test_a_push_that_is_cut_is_told_and_the_next_look_knows_how_it_ended(tmp_path: Path, fault: Fault) -> None:
    async with over_http(tmp_path) as (bench, server):
        bench.bounds = QUICK
        bench.restart()
        first = await bench.publish(PAGES)
        before, after = await bench.looked(), bench.release(CHANGED)
        await server.fail(fault)
        with pytest.raises(PlatformRefused):
            await bench.platform.publish(before, after)
        await server.fail(Fault.NONE)
        look = await bench.looked()
        assert look.published in (first, after)
        assert look.files == digests(PAGES if look.published == first else CHANGED)
        assert (look.published == after) == (fault is Fault.HALF)
        await bench.platform.publish(look, after)
        assert await bench.served() == CHANGED


async def test_of_two_writers_at_once_one_is_told_that_it_is_stale(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        await bench.publish(PAGES)
        other = bench.a_platform("other")
        looks = [await bench.platform.look(), await other.look()]
        releases = [bench.release({**PAGES, "who.html": name}) for name in (b"one", b"other")]

        async def one_of(index: int) -> PlatformRefused | None:
            try:
                await (bench.platform, other)[index].publish(looks[index], releases[index])
            except PlatformRefused as refused:
                return refused
            return None

        async with TaskGroup() as group:
            tasks = [group.create_task(one_of(index)) for index in range(2)]
        lost = [refused for task in tasks if (refused := task.result()) is not None]
        assert [refused.refusal for refused in lost] == [Refusal.STALE]
        assert "somebody else pushed" in lost[0].message
        assert len(await bench.history()) == 2
        winner = next(index for index in range(2) if tasks[index].result() is None)
        assert (await bench.looked()).published == releases[winner]
        await bench.platform.publish(await bench.looked(), releases[1 - winner])
        assert len(await bench.history()) == 3


async def test_a_branch_that_somebody_made_meanwhile_is_not_taken(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    before = await bench.looked()
    theirs = await bench.push({"README.md": "by hand"})
    with pytest.raises(PlatformRefused) as caught:
        await bench.platform.publish(before, bench.release(PAGES))
    assert caught.value.refusal is Refusal.STALE
    assert await bench.tip() == theirs


async def test_a_branch_that_was_taken_back_meanwhile_is_not_pushed_over(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    await bench.publish(PAGES)
    old = await bench.tip()
    await bench.publish(CHANGED)
    before = await bench.looked()
    await Repository(bench.bare).git("update-ref", "refs/heads/pages", old)
    with pytest.raises(PlatformRefused) as caught:  # Git would take it for an ordinary push
        await bench.platform.publish(before, bench.release({**CHANGED, "new.html": b"new"}))
    assert caught.value.refusal is Refusal.STALE
    assert await bench.tip() == old


async def test_a_full_disk_here_and_there(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        await bench.publish(PAGES)
        noise = b"".join(f"{number * 7919:x}".encode() for number in range(200_000))
        bench.bounds = Bounds(repository_file_bytes_max=64 << 10)
        bench.restart()
        answer = await refused(bench, {**PAGES, "large.bin": noise})
        assert answer.refusal is Refusal.DENIED
        assert "larger than the bound" in answer.message
        bench.bounds = Bounds()
        bench.restart()
        await Repository(bench.bare).git("config", "receive.maxInputSize", "5000")
        answer = await refused(bench, {**PAGES, "large.bin": noise})
        assert answer.refusal is Refusal.DENIED
        assert "the server has no room for it" in answer.message
        assert await bench.served() == PAGES
        await Repository(bench.bare).git("config", "--unset", "receive.maxInputSize")
        await bench.publish(CHANGED)
        assert await bench.served() == CHANGED


async def test_a_data_directory_that_cannot_be_written_is_a_refusal(tmp_path: Path) -> None:
    bench = on_disk(tmp_path)
    (tmp_path / "data").write_text("a file stands in the place of the data directory")
    with pytest.raises(PlatformRefused):
        await bench.looked()


async def test_a_broken_copy_is_thrown_away(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, _):
        await bench.publish(PAGES)
        for pack in (bench.folder / "data/site.git/objects").rglob("*.pack"):
            pack.chmod(0o600)
            pack.write_bytes(b"rotten")
        (bench.folder / "data/site.json").write_text("rotten")
        (bench.folder / "data/site.git/shallow.lock").write_text("")
        bench.restart()
        assert (await bench.looked()).files == digests(PAGES)
        await bench.publish(CHANGED)
        assert await bench.served() == CHANGED


async def test_a_copy_that_was_half_made_is_made_anew(tmp_path: Path) -> None:
    """INV-24: the process was killed in the midst of `git init`."""
    async with over_http(tmp_path) as (bench, _):
        await bench.publish(PAGES)
        shutil.rmtree(bench.folder / "data/site.git/objects")
        bench.restart()
        await bench.publish(CHANGED)
        assert await bench.served() == CHANGED


async def test_a_call_that_is_cancelled_leaves_what_the_next_look_makes_sense_of(tmp_path: Path) -> None:
    async with over_http(tmp_path) as (bench, server):
        first = await bench.publish(PAGES)
        before, after = await bench.looked(), bench.release(CHANGED)
        await server.fail(Fault.HANG)
        asked = server.count()
        publishing = asyncio.ensure_future(bench.platform.publish(before, after))
        await server.wait_requests(asked + 1)
        publishing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await publishing
        await server.fail(Fault.NONE)
        assert (await bench.looked()).published == first
        await bench.platform.publish(await bench.looked(), after)
        assert await bench.served() == CHANGED


@pytest.mark.parametrize("wrong", ["", "host key", "key"])
async def test_over_ssh(tmp_path: Path, wrong: str) -> None:
    async with SshServer(tmp_path / "served") as server:
        url = await server.create("site")
        key, known_hosts = server.client_key.read_text(), server.known_hosts_line()
        if wrong == "host key":
            await server.change_host_key()
        elif wrong == "key":
            key = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
        bench = Bench(folder=tmp_path, url=url, bare=tmp_path / "served/site.git")
        bench.credentials = Credentials(ssh_key=Masked(key), known_hosts=known_hosts)
        if wrong:
            with pytest.raises(PlatformRefused) as caught:
                await bench.looked()
            assert caught.value.refusal is Refusal.FORBIDDEN
            assert key not in caught.value.message
            return
        live = await bench.publish(PAGES)
        await bench.push({"docs/a.html": "tampered", "theirs.bin": b"\0" * 1000})
        bench.lose_copy()
        bench.restart()
        assert (await bench.looked()).files != digests(PAGES)
        await bench.platform.put_back(live, ["docs/a.html"])
        assert (await bench.looked()).files == digests(PAGES)

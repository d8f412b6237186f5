"""The testbed's Git servers and repositories behave as real ones, and fail when told to."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from testbed.git_server import Fault, GitServer
from testbed.repository import GitFailedError, Repository
from testbed.ssh_server import SshServer
from trueline.runtime.task_group import TaskGroup


@pytest_asyncio.fixture
async def git_server(tmp_path: Path) -> AsyncIterator[GitServer]:
    async with GitServer(tmp_path / "git") as started:
        yield started


async def clone(url: str, path: Path, *options: str, command: str = "") -> Repository:
    outside = Repository(path.parent)
    variables = {"GIT_SSH_COMMAND": command} if command else {}
    await outside.git("clone", "--quiet", *options, url, str(path), variables=variables)
    return Repository(path)


async def pushed(url: str, path: Path, *, size_bytes: int = 10) -> Repository:
    repository = await Repository.create(path, remote=url)
    await repository.commit("first", {"a.txt": "x" * size_bytes, "folder/b.txt": b"b"})
    await repository.push()
    return repository


async def test_what_was_pushed_is_cloned(git_server: GitServer, tmp_path: Path) -> None:
    url = await git_server.create("app")
    work = await pushed(url, tmp_path / "work")
    await work.tag("v1", message="one")
    await work.push()
    copy = await clone(url, tmp_path / "copy")
    assert await copy.head() == await work.head("v1")
    assert (copy.path / "folder/b.txt").read_text() == "b"
    assert git_server.count(service="git-receive-pack") >= 2
    assert git_server.count(service="git-upload-pack") >= 2


async def test_a_large_push_and_a_lazy_clone(git_server: GitServer, tmp_path: Path) -> None:
    url = await git_server.create("large")
    work = await Repository.create(tmp_path / "work", remote=url)
    # Larger than http.postBuffer, so that it is sent in chunks.
    numbers = b"".join(str(number).encode() for number in range(2_000_000))
    await work.git("config", "core.compression", "0")
    await work.commit("large", {"large.bin": numbers, "small/a.txt": "a"})
    await work.push()
    copy = await clone(url, tmp_path / "copy", "--filter=blob:none", "--no-checkout", "--depth=1")
    before = git_server.count()
    assert await copy.git("cat-file", "-p", "HEAD:small/a.txt") == "a"
    assert git_server.count() > before


async def test_a_password_is_asked_for(tmp_path: Path) -> None:
    async with GitServer(tmp_path / "git", user="ada", password="p@ss word") as server:
        closed = await server.create("app")
        with pytest.raises(GitFailedError, match=r"Authentication failed|could not read Username"):
            await clone(closed, tmp_path / "refused")
        work = await pushed(server.url("app", with_credentials=True), tmp_path / "work")
        copy = await clone(server.url("app", with_credentials=True), tmp_path / "copy")
        assert await copy.head() == await work.head()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault.HTML, "not valid: is this a git repository"),
        (Fault.ERROR, "500"),
        (Fault.GONE, "Failed to connect|refused"),
    ],
)
async def test_faults_come_and_go(git_server: GitServer, tmp_path: Path, fault: Fault, said: str) -> None:
    url = await git_server.create("app")
    work = await pushed(url, tmp_path / "work")
    await git_server.fail(fault)
    with pytest.raises(GitFailedError, match=said):
        await work.git("ls-remote", "origin")
    await git_server.fail(Fault.NONE)
    assert await work.head() in await work.git("ls-remote", "origin")


async def test_a_page_of_one_line_looks_like_an_empty_repository(git_server: GitServer, tmp_path: Path) -> None:
    work = await pushed(await git_server.create("app"), tmp_path / "work")
    await git_server.fail(Fault.HTML_LINE)
    assert await work.git("ls-remote", "origin") == ""


async def test_a_hanging_server_lets_go_when_it_is_told_to(git_server: GitServer, tmp_path: Path) -> None:
    work = await pushed(await git_server.create("app"), tmp_path / "work")
    await git_server.fail(Fault.HANG)
    asked = git_server.count()
    async with TaskGroup() as group:
        hanging = group.create_task(_refused(work))
        await git_server.wait_requests(asked + 1)
        await asyncio.sleep(0.2)
        assert not hanging.done()
        await git_server.fail(Fault.NONE)
    assert "503" in hanging.result()


async def test_who_hangs_up_leaves_nothing_behind(git_server: GitServer, tmp_path: Path) -> None:
    url = await git_server.create("large")
    work = await Repository.create(tmp_path / "work", remote=url)
    head = await work.commit("large", {"large.bin": os.urandom(4 << 20)})
    await work.push()
    before = _children()
    asked = f"0032want {head}\n00000009done\n"
    head_of = {"Content-Type": "application/x-git-upload-pack-request"}
    async with aiohttp.ClientSession() as session:
        answer = await session.post(f"{url}/git-upload-pack", data=asked, headers=head_of)
        assert await answer.content.readany()
        answer.close()
    async with asyncio.timeout(60):
        while _children() - before:
            await asyncio.sleep(0.02)
    gc.collect()  # a pipe that is still open complains here, and pytest fails the test that it interrupts


def _children() -> set[str]:
    """The numbers of what this process started and has not waited for."""
    return set("".join(one.read_text() for one in Path("/proc/self/task").glob("*/children")).split())


async def _refused(work: Repository) -> str:
    with pytest.raises(GitFailedError) as failure:
        await work.git("ls-remote", "origin")
    return str(failure.value)


async def test_commits_are_the_same_everywhere(tmp_path: Path) -> None:
    one, repository = [await Repository.create(tmp_path / name) for name in ("one", "two")]
    first = await one.commit("first", {"a": "1"})
    assert await repository.commit("first", {"a": "1"}) == first
    other = await repository.commit("second", {"a": None}, date="2026-02-03T00:00:00+00:00", author="Grace")
    assert await repository.git("log", "-1", "--format=%an %ad", "--date=format:%Y-%m-%d") == "Grace 2026-02-03"
    assert not (repository.path / "a").exists()
    assert other != first


async def test_history_is_rewritten(git_server: GitServer, tmp_path: Path) -> None:
    url = await git_server.create("app")
    work = await pushed(url, tmp_path / "work")
    first = await work.head()
    await work.commit("second", {"a.txt": "2"})
    await work.push("main")
    rewritten = await work.amend({"a.txt": "3"})
    with pytest.raises(GitFailedError, match="rejected"):
        await work.push("main")
    await work.push("main", force=True)
    assert rewritten in await work.git("ls-remote", "origin", "refs/heads/main")
    await work.branch("other", at=first)
    await work.switch("main")
    assert await work.reset(first) == first


async def test_git_over_ssh(tmp_path: Path) -> None:
    async with SshServer(tmp_path / "ssh") as server:
        url = await server.create("app")
        work = await Repository.create(tmp_path / "work", remote=url)
        sha = await work.commit("first", {"a.txt": "a"})
        await work.git("config", "core.sshCommand", server.client_command())
        await work.push()
        copy = await clone(url, tmp_path / "copy", command=server.client_command())
        assert await copy.head() == sha
        assert any(each.startswith("git-upload-pack") for each in server.commands)


async def test_ssh_refuses_a_changed_host_key_and_other_paths(tmp_path: Path) -> None:
    async with SshServer(tmp_path / "ssh") as server:
        url = await server.create("app")
        work = await Repository.create(tmp_path / "work", remote=url)
        await work.git("config", "core.sshCommand", server.client_command())
        with pytest.raises(GitFailedError, match="serves Git only"):
            await work.git("ls-remote", url.replace("app.git", "../work"))
        await server.change_host_key()
        with pytest.raises(GitFailedError, match="Host key verification failed"):
            await work.git("ls-remote", "origin")

"""A repository on this machine: every way to choose a revision, what it costs, how history is told, what is kept."""

import asyncio
import errno
import os
import shutil
import subprocess
from collections.abc import Awaitable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from tests.source.git_remote import Reader, Remote, hosting, reading
from trueline.model.fault import Fault, Transient, UserError
from trueline.model.known import Known, Unknown
from trueline.runtime.task_group import TaskGroup
from trueline.source.bare_copy import Clutter, clutter_of
from trueline.source.git_command import Bounds
from trueline.source.lineage import Lineage, relate


async def refused(asked: Awaitable[object]) -> str:
    with pytest.raises(Fault) as caught:
        await asked
    assert caught.value.diagnostics[0].remedy
    return caught.value.diagnostics[0].code


async def commit_of(reader: Reader, revision: str) -> str:
    return (await reader.source(revision).poll()).commit


async def test_a_revision_says_who_when_and_what(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    first = remote.commit({"a.yaml": "a: 1\n"}, "first")
    second = remote.commit({"apps/b.yaml": "b: 1\n"}, "add b\nand wrap\n\nbody")
    async with reading(str(remote.path), tmp_path) as reader:
        revision = await reader.source("main").poll()
        assert (revision.commit, revision.parents, revision.ref) == (second, (first,), "refs/heads/main")
        assert (revision.author_name, revision.author_email) == ("Ada", "ada@example.com")
        assert (revision.subject, revision.tree) == ("add b and wrap", remote.git("rev-parse", "HEAD^{tree}"))
        assert revision.committed_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        assert str(revision) == f"main@{second[:10]}"
        artifact = await reader.source("main").artifact(revision)
        assert [path for path, _ in artifact.listing.leaves()] == ["a.yaml", "apps/b.yaml"]
        assert await reader.repository.files(artifact).read("apps/b.yaml") == b"b: 1\n"
        assert not list(reader.path.parent.rglob("*.yaml")), "there is no work tree"


async def test_each_way_to_choose_a_revision(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote", branch="trunk")
    first = remote.commit({"a": "1"})
    remote.git("tag", "v1.0.0")
    second = remote.commit({"a": "2"})
    remote.git("tag", "--annotate", "-m", "release", "v1.1.0")
    third = remote.commit({"a": "3"})
    remote.git("tag", "v2.0.0")
    remote.git("branch", "both")
    remote.git("tag", "both", first)
    remote.git("branch", "feature/one", first)
    remote.git("branch", "one/feature/one", third)
    cases = {
        "": third,
        "trunk": third,
        "refs/heads/trunk": third,
        "v1.0.0": first,
        "v1.1.0": second,
        "refs/tags/v1.1.0": second,
        ">=1.0 <2": second,
        first: first,
        "refs/heads/both": third,
        "refs/tags/both": first,
        "feature/one": first,
    }
    async with reading(str(remote.path), tmp_path) as reader:
        assert {asked: await commit_of(reader, asked) for asked in cases} == cases
        assert {asked: await commit_of(reader, asked) for asked in cases} == cases
        assert (await reader.source().poll()).ref == "refs/heads/trunk"
        assert await refused(reader.source("both").poll()) == "TL0107"


async def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    async with reading(str(remote.path), tmp_path) as reader:
        assert await refused(reader.source().poll()) == "TL0106"
        assert await refused(reader.source("main").poll()) == "TL0106"
        remote.commit({"a": "1"})
        with pytest.raises(UserError, match="there is main") as caught:
            await reader.source("mian").poll()
        assert caught.value.diagnostics[0].code == "TL0105"
        assert await refused(reader.source(">=1").poll()) == "TL0109"
        assert await refused(reader.source("1" * 40).poll()) == "TL0108"
    async with reading(str(tmp_path / "nothing"), tmp_path) as reader:
        assert await refused(reader.source().poll()) == "TL0115"
    async with reading(str(remote.path), tmp_path, environment={"PATH": "/nonexistent"}) as reader:
        assert await refused(reader.source().poll()) == "TL0127"


async def test_a_tag_on_a_file_is_no_revision(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    remote.commit({"a": "1"})
    remote.git("tag", "file", "HEAD:a")
    async with reading(str(remote.path), tmp_path) as reader:
        assert await refused(reader.source("file").poll()) == "TL0108"


async def test_processes_are_counted(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    remote.commit({"a": "1"})
    async with reading(str(remote.path), tmp_path) as reader:
        source = reader.source("main")

        async def count() -> int:
            before = reader.processes.started
            await source.artifact(await source.poll())
            return reader.processes.started - before

        assert await count() == 4, "ask, make the bare copy, fetch, start the reader"
        assert await count() == 1, "unchanged: ask"
        remote.commit({"a": "2"})
        assert await count() == 2, "a new commit: ask, fetch"
        remote.commit()
        assert await count() == 2, "a commit that changes no file costs no more"
    async with reading(str(remote.path), tmp_path) as reader:
        source = reader.source("main")
        assert await count() == 2, "after a restart: ask, start the reader"


async def test_the_first_fetch_is_shallow_and_later_ones_add(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    old = [remote.commit({"a": str(number)}) for number in range(5)]
    async with reading(str(remote.path), tmp_path) as reader:
        await reader.source("main").poll()
        assert (reader.path / "shallow").read_text().split() == [old[-1]]
        new = [remote.commit({"a": f"new {number}"}) for number in range(3)]
        await reader.source("main").poll()
        before = reader.processes.started
        assert await reader.repository.is_ancestor(old[-1], new[-1]) == Known(value=True)
        assert await reader.repository.is_ancestor(new[0], new[-1]) == Known(value=True)
        assert reader.processes.started == before, "what was fetched answers"
        assert await reader.repository.is_ancestor(old[0], new[-1]) == Known(value=True)
        assert reader.processes.started == before + 1, "one fetch deepens"
        assert await reader.repository.is_ancestor("2" * 40, new[-1]) == Known(value=False)


async def test_lineage(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    base = remote.commit({"a": "1"})
    applied = remote.commit({"a": "2"})
    async with reading(str(remote.path), tmp_path) as reader:
        assert await commit_of(reader, "main") == applied

        async def found() -> Known[Lineage] | Unknown:
            return await relate(reader.repository, applied, await commit_of(reader, "main"))

        assert await found() == Known(Lineage.SAME)
        remote.commit({"a": "3"})
        assert await found() == Known(Lineage.NEWER)
        remote.git("reset", "--quiet", "--hard", base)
        assert await found() == Known(Lineage.OLDER)
        remote.commit({"a": "other"})
        assert await found() == Known(Lineage.REWRITTEN)
        remote.git("merge", "--quiet", "-X", "ours", applied)
        assert await found() == Known(Lineage.NEWER)


async def test_lineage_is_unknown_while_the_source_is_away_and_beyond_the_bound(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    first = remote.commit({"a": "1"})
    for number in range(4):
        remote.commit({"a": f"more {number}"})
    async with reading(str(remote.path), tmp_path) as reader:
        last = await commit_of(reader, "main")
        remote.path.rename(tmp_path / "away")
        assert isinstance(await reader.repository.is_ancestor(first, last), Unknown)
        (tmp_path / "away").rename(remote.path)
        assert await reader.repository.is_ancestor(first, last) == Known(value=True)
    async with reading(str(remote.path), tmp_path / "other", bounds=Bounds(walk_commits_max=2)) as reader:
        await commit_of(reader, "main")
        assert isinstance(await reader.repository.is_ancestor(first, last), Unknown)


async def test_a_kept_artifact_is_read_while_the_source_is_away(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    async with reading(str(remote.path), tmp_path, bounds=Bounds(kept_max=2)) as reader:
        commits = []
        for number in range(4):
            commits.append(remote.commit({"a": str(number)}))
            assert await commit_of(reader, "main") == commits[-1]
            await reader.repository.keep(commits[-1], needed=commits[:1])
        assert await reader.repository.kept() == (commits[0], commits[3])
        remote.git("checkout", "--quiet", "--orphan", "fresh")
        remote.commit({"a": "fresh"})
        remote.git("branch", "--force", "main", "HEAD")
        assert await commit_of(reader, "main")
    remote.path.rename(tmp_path / "away")
    async with reading(str(remote.path), tmp_path) as reader:
        await reader.repository.tidy()
        revision = await reader.repository.revision(commits[0])
        artifact = await reader.repository.artifact(revision)
        assert await reader.repository.files(artifact).read("a") == b"0"
        assert reader.processes.started > 0
        assert await refused(reader.repository.revision("3" * 40)) == "TL0115"


async def test_what_cannot_be_kept_now_is_kept_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of what is kept finds no room: that is a full disk, and no fault of ours."""
    remote = Remote(tmp_path / "remote")
    commit = remote.commit({"a": "1"})
    async with reading(str(remote.path), tmp_path, bounds=Bounds(packs_max=-1)) as reader:
        assert await commit_of(reader, "main") == commit

        def refuse(path: Path, data: bytes) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

        with monkeypatch.context() as patched:
            patched.setattr("trueline.source.git.write_atomic", refuse)
            assert await refused(reader.repository.keep(commit)) == "TL0802"
        assert await reader.repository.kept() == ()
        newer = remote.commit({"a": "2"})
        await reader.repository.keep(await commit_of(reader, "main"))
        await reader.repository.tidy()
        assert await reader.repository.kept() == (commit, newer)
        await reader.repository.keep(commit)
        assert await reader.repository.kept() == (newer, commit)


async def test_packs_are_made_one_where_there_are_many_and_what_is_held_stays(tmp_path: Path) -> None:
    """A process that runs for months fetches thousands of commits, each of them a pack or some files."""
    remote = Remote(tmp_path / "remote")
    async with reading(str(remote.path), tmp_path, bounds=Bounds(packs_max=4)) as reader:
        commits = []
        for number in range(6):
            commits.append(remote.commit({f"d{number}/{name}": f"{number} {name}" for name in range(100)}))
            assert await commit_of(reader, "main") == commits[-1]
            await reader.repository.keep(commits[-1])
            if number == 3:
                before = reader.processes.started
                await reader.repository.tidy()
                assert reader.processes.started == before, "four packs are no clutter"
        assert clutter_of(reader.path).packs == 6
        await reader.repository.tidy()
        assert clutter_of(reader.path) == Clutter(packs=1, loose=0)
        for number, commit in enumerate(commits):
            revision = await reader.repository.revision(commit)
            files = reader.repository.files(await reader.repository.artifact(revision))
            assert await files.read(f"d{number}/7") == f"{number} 7".encode()


async def test_what_an_earlier_life_found_is_forgotten_once_the_remote_has_answered(tmp_path: Path) -> None:
    """Until then it may be all that a start without the remote goes on from."""
    remote = Remote(tmp_path / "remote")
    remote.commit({"a": "1"})
    remote.git("branch", "gone", "main")
    async with reading(str(remote.path), tmp_path) as reader:
        gone = await commit_of(reader, "gone")
        await commit_of(reader, "main")

    def found() -> int:
        refs = subprocess.run(
            ["git", f"--git-dir={reader.path}", "for-each-ref", "refs/trueline/found"], check=True, capture_output=True
        )
        return len(refs.stdout.splitlines())

    remote.path.rename(tmp_path / "away")
    async with reading(str(remote.path), tmp_path, bounds=Bounds(packs_max=0)) as reader:
        assert await refused(reader.source("main").poll()) == "TL0115"
        await reader.repository.tidy()
        assert (found(), (await reader.repository.revision(gone)).commit) == (2, gone)
        (tmp_path / "away").rename(remote.path)
    async with reading(str(remote.path), tmp_path, bounds=Bounds(packs_max=0)) as reader:
        await commit_of(reader, "main")
        await reader.repository.tidy()
        assert found() == 1


async def test_an_unchanged_remote_is_asked_and_no_child_is_started_to_read(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    commit = remote.commit({"a": "1"})
    async with reading(str(remote.path), tmp_path) as reader:
        first = await reader.source("main").poll()
        await reader.repository.close()
        before = reader.processes.started
        assert (await reader.source("main").poll(), first.commit) == (first, commit)
        assert reader.processes.started == before + 1


async def test_a_machine_that_has_no_room_for_a_process_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = Remote(tmp_path / "remote")
    commit = remote.commit({"a": "1"})

    async def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async with reading(str(remote.path), tmp_path) as reader:
        with monkeypatch.context() as patched:
            patched.setattr("trueline.runtime.process.spawn", refuse)
            with pytest.raises(Transient, match="Too many open files") as caught:
                await reader.source("main").poll()
            assert caught.value.diagnostics[0].code == "TL0104"
        assert await commit_of(reader, "main") == commit


async def test_what_was_fetched_last_is_here_while_the_source_is_away(tmp_path: Path) -> None:
    """A start without Git goes on from it, though nobody had kept it yet."""
    remote = Remote(tmp_path / "remote")
    before = remote.commit({"a": "1"})
    async with reading(str(remote.path), tmp_path) as reader:
        await reader.source().poll()
        newest = remote.commit({"a": "2"})
        assert await commit_of(reader, "main") == newest
    remote.path.rename(tmp_path / "away")
    async with reading(str(remote.path), tmp_path) as reader:
        revision = await reader.repository.revision(newest)
        artifact = await reader.repository.artifact(revision)
        assert await reader.repository.files(artifact).read("a") == b"2"
        assert await refused(reader.repository.revision(before)) == "TL0115"


async def test_bounds_are_refusals(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    remote.commit({"small": "1", "deep/er/large": "x" * 2000})
    await check_bound(remote, tmp_path, Bounds(paths_max=1), "TL0122")
    await check_bound(remote, tmp_path, Bounds(path_bytes_max=12), "TL0123")
    await check_bound(remote, tmp_path, Bounds(file_bytes_max=1999), "TL0124")
    await check_bound(remote, tmp_path, Bounds(tree_bytes_max=10), "TL0122")


async def check_bound(remote: Remote, data: Path, bounds: Bounds, code: str) -> None:
    async def all_of_it(reader: Reader) -> None:
        source = reader.source()
        artifact = await source.artifact(await source.poll())
        files = source.files(artifact)
        assert await files.read("small") == b"1"
        await files.read("deep/er/large")
        assert await files.read("small") == b"1"

    async with reading(str(remote.path), data, bounds=bounds) as reader:
        assert await refused(all_of_it(reader)) == code


@pytest.mark.parametrize("count", [1, 120])  # as loose objects and as a pack
async def test_a_repository_larger_than_the_bound(tmp_path: Path, count: int) -> None:
    remote = Remote(tmp_path / "remote")
    large = {f"f/{n}": Random(n).randbytes(100_000 // count).hex() for n in range(count)}
    remote.commit(large)
    async with reading(str(remote.path), tmp_path, bounds=Bounds(repository_file_bytes_max=64 * 1024)) as reader:
        assert await refused(reader.source().poll()) == "TL0119"
        assert not list(reader.path.glob("objects/*/tmp_*"))
    async with reading(str(remote.path), tmp_path) as reader:
        assert len((await reader.source().artifact(await reader.source().poll())).listing) == count


async def test_a_repository_of_sha256(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote", algorithm="sha256")
    commit = remote.commit({"a/b": "1"})
    async with reading(str(remote.path), tmp_path) as reader:
        source = reader.source()
        artifact = await source.artifact(await source.poll())
        assert (artifact.revision.commit, len(artifact.listing)) == (commit, 1)


async def test_what_cannot_be_read_is_noted(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    head = remote.commit({"a": "1", "lfs": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"})
    (remote.path / "out").symlink_to("/etc/passwd")
    (remote.path / "up").symlink_to("../../outside")
    (remote.path / "in").symlink_to("a")
    remote.git("update-index", "--add", "--cacheinfo", f"160000,{head},module")
    remote.git("add", "in", "out", "up")
    remote.git("commit", "--quiet", "-m", "special")
    async with reading(str(remote.path), tmp_path) as reader:
        source = reader.source()
        artifact = await source.artifact(await source.poll())
        files = source.files(artifact)
        assert [(note.code, note.detail.split(": ")[1]) for note in artifact.notes] == [
            ("TL0125", "module"),
            ("TL0126", "out → /etc/passwd"),
            ("TL0126", "up → ../../outside"),
        ]
        assert files.names("") == ("a", "in", "lfs", "module", "out", "up")
        assert [str(note.origin) for note in artifact.notes] == ["module", "out", "up"]
        assert await files.read("in") == b"1"
        assert (await files.read("lfs")).startswith(b"version https://git-lfs")
        for path in ("out", "up", "module", "module/x", "a/x", "nothing", "../a"):
            assert files.entry(path) is None
            with pytest.raises(FileNotFoundError):
                await files.read(path)


async def test_a_lock_of_a_killed_process_is_no_obstacle(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    remote.commit({"a": "1"})
    async with reading(str(remote.path), tmp_path) as reader:
        await reader.source().poll()
        found = next((reader.path / "refs/trueline/found").iterdir())
    (reader.path / "shallow.lock").touch()
    found.with_name(f"{found.name}.lock").touch()
    commit = remote.commit({"a": "2"})
    async with reading(str(remote.path), tmp_path) as reader:
        assert await commit_of(reader, "main") == commit


@pytest.mark.parametrize("made", [("HEAD",), ("HEAD", "config", "config.lock", "refs/"), ("refs/", "HEAD.lock")])
async def test_a_repository_that_was_half_made_is_made(tmp_path: Path, made: tuple[str, ...]) -> None:
    """INV-24: a process was killed in the midst of `git init`; no start after that could read what it had made."""
    remote = Remote(tmp_path / "remote")
    commit = remote.commit({"a": "1"})
    async with reading(str(remote.path), tmp_path) as reader:
        await reader.source().poll()
        whole = {"HEAD": (reader.path / "HEAD").read_text(), "config": (reader.path / "config").read_text()}
        shutil.rmtree(reader.path)
        reader.path.mkdir()
        for name in made:
            if name.endswith("/"):
                (reader.path / name).mkdir()
            else:
                (reader.path / name).write_text(whole.get(name, ""))
    async with reading(str(remote.path), tmp_path) as reader:
        await reader.repository.tidy()
        assert await commit_of(reader, "main") == commit
        artifact = await reader.source().artifact(await reader.source().poll())
        assert await reader.source().files(artifact).read("a") == b"1"


async def test_the_reader_is_started_again_when_it_was_killed(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    remote.commit({"a": "1"})
    async with reading(str(remote.path), tmp_path) as reader:
        source = reader.source()
        artifact = await source.artifact(await source.poll())
        await reader.repository.tidy()
        assert await source.files(artifact).read("a") == b"1"
        assert (await source.artifact(await source.poll())).listing == artifact.listing


async def test_a_cancelled_read_does_not_spoil_the_next(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    remote.commit({f"f{number}": f"{number} " * 100_000 for number in range(4)})
    async with reading(str(remote.path), tmp_path) as reader:
        source = reader.source()
        files = source.files(await source.artifact(await source.poll()))
        for turns in range(6):
            async with TaskGroup() as tasks:
                task = tasks.create_task(files.read("f0"))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
            assert await files.read("f1") == b"1 " * 100_000
        async with TaskGroup() as tasks:
            together = [tasks.create_task(files.read(f"f{number}")) for number in range(4)]
        assert [task.result() for task in together] == [f"{number} ".encode() * 100_000 for number in range(4)]


async def test_what_is_kept_is_read_while_the_remote_is_waited_for(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "root/fleet")
    commit = remote.commit({"a": "1"})
    async with hosting(tmp_path / "root") as host, reading(f"{host.url}/fleet/.git", tmp_path) as reader:
        await reader.source("main").poll()
        await reader.repository.keep(commit)
        host.fault = "hang"
        async with TaskGroup() as tasks:
            waiting = tasks.create_task(reader.source("main").poll())
            while reader.processes.started < 6:
                await asyncio.sleep(0.01)
            revision = await reader.repository.revision(commit)
            artifact = await reader.repository.artifact(revision)
            await reader.repository.keep(commit)
            assert await reader.repository.files(artifact).read("a") == b"1"
            assert not waiting.done()
            waiting.cancel()

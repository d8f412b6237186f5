"""The branches and tags of a source: asked by one request, and fetched no further than what is new."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.source.git_remote import ENVIRONMENT, Remote, hosting, reading
from trueline.model.fault import Fault
from trueline.runtime.clock import SystemClock
from trueline.runtime.files import FileTree
from trueline.runtime.process import SystemProcesses
from trueline.source.artifact import Revision
from trueline.source.directory import DirectorySource
from trueline.source.git import GitSource
from trueline.source.git_command import Bounds
from trueline.source.protocol import Catalogued

MAIN, OLD, V1, V2 = "refs/heads/main", "refs/heads/release-1", "refs/tags/v1", "refs/tags/v2"


def remote_at(path: Path) -> Remote:
    """Two branches, a light tag and one with a message."""
    remote = Remote(path)
    remote.commit({"a": "1"})
    remote.git("tag", "v1")
    remote.git("branch", "release-1")
    remote.commit({"a": "2"})
    remote.git("tag", "-a", "-m", "the second", "v2")
    return remote


async def text_of(source: Catalogued, revision: Revision, path: str = "a") -> str:
    files: FileTree = source.files(await source.artifact(revision))
    return (await files.read(path)).decode()


async def texts(source: GitSource, revisions: Mapping[str, Revision]) -> dict[str, str]:
    return {ref: await text_of(source, revision) for ref, revision in revisions.items()}


async def test_all_are_told_by_one_request_and_what_is_new_comes_by_one_fetch(tmp_path: Path) -> None:
    remote = remote_at(tmp_path / "root/docs")
    async with hosting(tmp_path / "root") as host, reading(f"{host.url}/docs/.git", tmp_path) as reader:
        source = reader.source()
        started = reader.processes.started
        found = await source.references()
        assert (found.commits[V2], reader.processes.started - started) == (remote.git("rev-parse", "main"), 1)
        assert sorted(found.commits) == [MAIN, OLD, V1, V2]
        revisions = await source.obtain(found.commits)
        assert await texts(source, revisions) == {MAIN: "2", OLD: "1", V1: "1", V2: "2"}
        assert str(revisions[V1]) == f"v1@{remote.git('rev-parse', 'v1')[:10]}"
        asked = len(host.requests)
        assert await source.obtain(found.commits) == revisions
        assert len(host.requests) == asked
        remote.commit({"a": "3"})
        remote.git("tag", "v3")
        found = await source.references()
        asked = len(host.requests)
        revisions = await source.obtain(found.commits)
        assert (await texts(source, revisions))[MAIN] == "3"
        packs = [path for path, _ in host.requests[asked:] if path.endswith("/git-upload-pack")]
        assert len(packs) <= 4  # two fetches: one of the new tag, one of the branch that moved


async def test_what_was_fetched_is_known_after_a_start(tmp_path: Path) -> None:
    remote_at(tmp_path / "docs")
    async with reading(str(tmp_path / "docs"), tmp_path) as reader:
        found = await reader.source().references()
        before = await reader.source().obtain(found.commits)
    (tmp_path / "docs").rename(tmp_path / "away")
    async with reading(str(tmp_path / "docs"), tmp_path) as reader:
        assert await reader.source().obtain(found.commits) == before


async def test_a_tag_of_no_commit_is_left_out_and_asked_once(tmp_path: Path) -> None:
    remote = remote_at(tmp_path / "root/docs")
    remote.git("tag", "blob", remote.git("rev-parse", "main:a"))
    remote.git("tag", "-a", "-m", "a tree", "tree", remote.git("rev-parse", "main^{tree}"))
    async with hosting(tmp_path / "root") as host, reading(f"{host.url}/docs/.git", tmp_path) as reader:
        source = reader.source()
        found = await source.references()
        assert {"refs/tags/blob", "refs/tags/tree"} < set(found.commits)
        assert sorted(await source.obtain(found.commits)) == [MAIN, OLD, V1, V2]
        asked = len(host.requests)
        assert sorted(await source.obtain(found.commits)) == [MAIN, OLD, V1, V2]
        assert len(host.requests) == asked


@pytest.mark.parametrize(("fault", "code"), [("html in lines", "TL0110"), ("503", "TL0112")])
async def test_an_answer_that_is_none_does_not_mean_that_all_are_gone(tmp_path: Path, fault: str, code: str) -> None:
    remote_at(tmp_path / "root/docs")
    async with hosting(tmp_path / "root") as host, reading(f"{host.url}/docs/.git", tmp_path) as reader:
        host.fault = fault
        with pytest.raises(Fault) as caught:
            await reader.source().references()
        assert [one.code for one in caught.value.diagnostics] == [code]


async def test_an_empty_repository_has_nothing_to_tell(tmp_path: Path) -> None:
    Remote(tmp_path / "docs")
    async with reading(str(tmp_path / "docs"), tmp_path) as reader:
        with pytest.raises(Fault) as caught:
            await reader.source().references()
        assert caught.value.diagnostics[0].summary


async def test_the_commits_of_one_release_are_kept_together(tmp_path: Path) -> None:
    remote = remote_at(tmp_path / "docs")
    first, last = remote.git("rev-parse", "v1"), remote.git("rev-parse", "v2")
    async with reading(str(tmp_path / "docs"), tmp_path, bounds=Bounds(kept_max=1)) as reader:
        source = reader.source()
        await source.obtain((await source.references()).commits)
        await source.keep(first, last)
        assert await source.kept() == (first, last)
        newest = remote.commit({"a": "3"})
        await source.obtain((await source.references()).commits)
        await source.keep(first, newest)
        assert await source.kept() == (first, newest)


async def test_a_working_tree_has_the_branches_and_tags_of_its_repository(tmp_path: Path) -> None:
    remote = remote_at(tmp_path / "docs")
    remote.commit({"site/a": "below"})
    remote.git("tag", "v3")
    (remote.path / "site" / "a").write_text("as it stands")
    async with reading(str(remote.path), tmp_path) as reader:
        asked: list[Path] = []

        def open_at(top: Path) -> GitSource:
            asked.append(top)
            return reader.source()

        tree = DirectorySource(
            remote.path / "site",
            processes=SystemProcesses(),
            clock=SystemClock(),
            environment=ENVIRONMENT,
            repository=open_at,
        )
        found = await tree.references()
        assert (found.head, asked) == (MAIN, [remote.path])
        revisions = await tree.obtain({"refs/tags/v3": found.commits["refs/tags/v3"]})
        assert await text_of(tree, revisions["refs/tags/v3"]) == "below"
        assert await text_of(tree, await tree.poll()) == "as it stands"
        remote.git("checkout", "--quiet", "--detach")
        assert (await tree.references()).head == ""


async def test_a_folder_without_git_has_neither(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    tree = DirectorySource(tmp_path, processes=SystemProcesses(), clock=SystemClock(), environment=ENVIRONMENT)
    assert not (await tree.references()).commits
    assert not await tree.obtain({V1: "0" * 40})

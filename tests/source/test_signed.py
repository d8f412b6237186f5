"""What of a source is signed, from real repositories: commits, tags, and what came between two commits."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.source.git_remote import Reader, Remote, hosting, reading
from trueline.model.known import Known, Unknown
from trueline.source.git_object import GitObject
from trueline.source.span import Span


async def kinds(reader: Reader, revision: str) -> list[str]:
    source = reader.source(revision)
    return [one.kind for one in await source.signed(await source.poll())]


async def between(reader: Reader, old: str, new: str) -> set[str]:
    found = await reader.source().since(old, new)
    assert isinstance(found, Known), found
    return {one.identity for one in found.value}


async def test_a_commit_is_given_as_git_has_it_and_a_tag_with_it(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    commit = remote.commit({"a": "1"})
    remote.git("tag", "light")
    remote.git("tag", "-a", "-m", "annotated", "v1.0")
    async with reading(str(remote.path), tmp_path / "data") as reader:
        assert await kinds(reader, "main") == ["commit"]
        assert await kinds(reader, commit) == ["commit"]
        assert await kinds(reader, "light") == ["commit", "commit"]
        assert await kinds(reader, "v1.0") == ["commit", "tag"]
        source = reader.source("v1.0")
        (made, tag) = await source.signed(await source.poll())
        assert (made.identity, tag.identity) == (commit, remote.git("rev-parse", "v1.0"))
        assert made.data.decode() == remote.git("cat-file", "commit", commit) + "\n"


async def test_a_tag_that_is_made_anew_for_the_same_commit_is_seen(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    remote.commit({"a": "1"})
    remote.git("tag", "-a", "-m", "unsigned", "v1.0")
    async with reading(str(remote.path), tmp_path / "data") as reader:
        source = reader.source("v1.0")
        before = await source.signed(await source.poll())
        remote.git("tag", "-f", "-a", "-m", "signed, say", "v1.0")
        after = await source.signed(await source.poll())
        assert [one.kind for one in after] == ["commit", "tag"]
        assert after[0] == before[0]
        assert b"signed, say" in after[1].data


async def test_every_commit_between_two_is_found_merged_branches_too(tmp_path: Path) -> None:
    """INV-11: what is not found is not judged. The copy is shallow: it was fetched at the old commit alone."""
    remote = Remote(tmp_path / "root/docs")
    base = remote.commit({"base": "1"})
    remote.git("switch", "--quiet", "--create", "side", base)
    side = [remote.commit({f"s{n}": "1"}) for n in range(3)]
    remote.git("switch", "--quiet", "main")
    for number in range(60):
        remote.commit({"main": str(number)})
    old = remote.git("rev-parse", "main")
    async with hosting(tmp_path / "root") as host, reading(f"{host.url}/docs/.git", tmp_path / "data") as reader:
        await reader.source().poll()
        first = remote.commit({"main": "next"})
        await reader.source().poll()
        assert await between(reader, old, first) == {first}
        remote.git("merge", "--quiet", "--no-ff", "-m", "merge", "side")
        new = remote.git("rev-parse", "HEAD")
        await reader.source().poll()
        assert await between(reader, old, new) == {new, first, *side}
        assert await between(reader, new, new) == set()
        remote.git("switch", "--quiet", "--orphan", "alone")
        alone = remote.commit({"alone": "1"})
        remote.git("switch", "--quiet", "main")
        remote.git("merge", "--quiet", "--no-ff", "--allow-unrelated-histories", "-m", "merge", "alone")
        newest = remote.git("rev-parse", "HEAD")
        await reader.source().poll()
        assert await between(reader, new, newest) == {alone, newest}


async def test_a_rewritten_branch_is_what_the_old_one_did_not_have(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "root/docs")
    base = remote.commit({"a": "1"})
    old = remote.commit({"a": "2"})
    async with hosting(tmp_path / "root") as host, reading(f"{host.url}/docs/.git", tmp_path / "data") as reader:
        await reader.source().poll()
        remote.git("reset", "--quiet", "--hard", base)
        new = remote.commit({"a": "3"})
        await reader.source().poll()
        assert await between(reader, old, new) == {new}


def commit(identity: str, *parents: str) -> GitObject:
    head = "".join(f"parent {one}\n" for one in parents)
    return GitObject(identity, "commit", 0, f"tree t\n{head}\nmessage\n\nparent none\n".encode())


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ({"new": ["old"], "old": ["base"]}, {"new"}),
        ({"new": ["old", "s"], "s": ["base"], "old": ["m"], "m": ["base"], "base": []}, {"new", "s"}),
        ({"new": ["old", "s"], "s": ["base"], "old": ["m"], "m": ["base"]}, None),
        ({"new": ["old", "s"], "s": ["root"], "root": [], "old": ["m"], "m": []}, {"new", "s", "root"}),
        ({"new": ["old", "s"], "s": ["root"], "root": [], "old": ["m"]}, None),
        ({"new": ["root"], "root": [], "old": ["root"]}, {"new"}),
        ({"new": ["root"], "root": []}, None),
        ({}, None),
    ],
    ids=[
        "straight", "a branch from before", "cut below it", "a second root", "a root and the old one is cut", "beside",
        "the old one is not here", "nothing is here",
    ],
)  # fmt: skip
async def test_history_that_is_cut_gives_no_answer(history: dict[str, list[str]], expected: set[str] | None) -> None:
    """INV-11: what cannot be told is never taken for nothing."""
    objects = {name: commit(name, *parents) for name, parents in history.items()}

    async def read(names: Sequence[str]) -> Sequence[GitObject | None]:
        return [objects.get(name) for name in names]

    found = await Span(read, "old", "new", count_max=100).walk()
    assert (found if found is None else {one.identity for one in getattr(found, "value", ())}) == expected


async def test_a_history_without_end_is_unknown() -> None:
    async def read(names: Sequence[str]) -> Sequence[GitObject | None]:
        return [commit(name, f"{name}x") for name in names]

    assert isinstance(await Span(read, "old", "new", count_max=50).walk(), Unknown)

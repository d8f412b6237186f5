"""A working tree as it stands: what is listed, what it is called, and what is out of reach."""

import os
from pathlib import Path

import pytest

from tests.source.git_remote import ENVIRONMENT, Remote
from trueline.model.fault import UserError
from trueline.runtime.clock import SystemClock
from trueline.runtime.process import SystemProcesses
from trueline.source.directory import DirectorySource, DirectoryTree
from trueline.source.git_command import Bounds


def source(path: Path) -> DirectorySource:
    return DirectorySource(path, processes=SystemProcesses(), clock=SystemClock(), environment=ENVIRONMENT)


async def test_a_working_tree_says_what_it_stands_on(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "fleet")
    commit = remote.commit({"apps/a.yaml": "a: 1\n"}, "first")
    revision = await source(remote.path).poll()
    assert (revision.commit, revision.subject, revision.author_name) == (commit, "first", "Ada")
    (remote.path / "apps/a.yaml").write_text("a: 2\n")
    below = source(remote.path / "apps")
    revision = await below.poll()
    assert (revision.commit, str(revision)) == (f"{commit}-dirty", f"working tree@{commit[:10]}-dirty")
    artifact = await below.artifact(revision)
    assert await below.files(artifact).read("a.yaml") == b"a: 2\n"
    assert below.files(artifact).names("") == ("a.yaml",)


async def test_a_plain_directory(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("1")
    below = source(tmp_path)
    revision = await below.poll()
    assert (revision.commit, str(revision)) == ("working tree", "working tree")
    (tmp_path / "x").write_text("2")
    assert (await below.poll()).tree != revision.tree


async def test_what_is_out_of_reach(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / ".git/config").write_text("secret")
    (root / "a/.git").write_text("gitdir: elsewhere")
    (root / "a/file").write_text("1")
    (root / "a/large").write_text("12345")
    (root / "empty").mkdir()
    (tmp_path / "outside").write_text("secret")
    (root / "out").symlink_to("../outside")
    (root / "in").symlink_to("a/file")
    os.mkfifo(root / "pipe")
    tree = DirectoryTree(root, Bounds(file_bytes_max=4))
    assert tree.names("") == ("a", "in", "out")
    assert tree.names("a") == ("file", "large")
    assert await tree.read("in") == b"1"
    for path in ("out", ".git/config", "a/.git", "../outside", "pipe"):
        assert tree.entry(path) is None
        with pytest.raises(FileNotFoundError):
            await tree.read(path)
    with pytest.raises(UserError, match="TL0124"):
        await tree.read("a/large")
    (root / "a/file").unlink()
    with pytest.raises(FileNotFoundError):
        await tree.read("a/file")
    (root / "a/file").symlink_to("../../outside")
    with pytest.raises(UserError, match="TL0133"):
        await tree.read("a/file")


def test_refusals(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/b/c/d").write_text("")
    for path, bounds, code in [
        (tmp_path / "nothing", Bounds(), "TL0133"),
        (tmp_path / "a/b/c/d", Bounds(), "TL0133"),
        (tmp_path, Bounds(paths_max=2), "TL0122"),
        (tmp_path, Bounds(path_bytes_max=3), "TL0123"),
    ]:
        with pytest.raises(UserError, match=code):
            DirectoryTree(path, bounds)

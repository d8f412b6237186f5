"""A plan's copy of a data directory: it reads what the original has, and leaves the original as it is."""

import shutil
import subprocess
from pathlib import Path

import pytest

from trueline.cli.scratch import scratch
from trueline.model.fault import UserError
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.store import StoreDamaged


def test_a_plan_finds_the_images_that_were_encoded_before(tmp_path: Path) -> None:
    (tmp_path / "installation").write_text("here")
    encoded = BlobDirectory(tmp_path / "blobs").put(b"encoded")
    with scratch(tmp_path) as copy:
        blobs = BlobDirectory(copy / "blobs")
        assert blobs.get(encoded) == b"encoded"
        made = blobs.put(b"made by the plan")
    assert not BlobDirectory(tmp_path / "blobs").has(made)


def test_refs_that_are_packed_while_they_are_copied_are_in_the_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`up` packs refs in a quiet hour: a plan beside it took a ref that was gone for a bug."""
    (tmp_path / "installation").write_text("here")
    repository = tmp_path / "git" / "fleet.git"
    _git("init", "-q", "--bare", str(repository))
    tree = _git("-C", str(repository), "mktree", given="")
    commit = _git("-C", str(repository), "-c", "user.name=A", "-c", "user.email=a@x", "commit-tree", tree, "-m", "x")
    _git("-C", str(repository), "update-ref", "refs/trueline/kept/one", commit)
    copied, kept = shutil.copy2, repository / "refs" / "trueline" / "kept" / "one"

    def packed_first(source: str, copy: str) -> str:
        if Path(source) == kept:
            _git("-C", str(repository), "pack-refs", "--all", "--prune")
        return str(copied(source, copy))

    monkeypatch.setattr(shutil.copytree, "__defaults__", (False, None, packed_first, False, False))
    with scratch(tmp_path) as copy:
        assert not kept.exists()
        held = _git("-C", str(copy / "git" / "fleet.git"), "for-each-ref", "--format=%(refname) %(objectname)")
    assert held == f"refs/trueline/kept/one {commit}"


def test_a_copy_for_which_there_is_no_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(UserError) as raised, scratch(None):
        raise AssertionError
    (told,) = raised.value.diagnostics
    assert (told.code, "nowhere" in told.detail, "No such file" in told.detail) == ("TL0903", True, True)


def test_an_original_that_is_damaged_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "installation").write_text("here")
    (tmp_path / "trueline.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreDamaged) as raised, scratch(tmp_path):
        raise AssertionError
    assert str(tmp_path / "trueline.sqlite") in raised.value.diagnostics[0].detail


def _git(*arguments: str, given: str | None = None) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True, input=given).stdout.strip()

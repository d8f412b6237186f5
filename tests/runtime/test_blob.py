"""Blobs: whole or not there, checked when they are read, let go of oldest first."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from trueline.model.digest import Digest, digest_bytes
from trueline.runtime.blob import BlobDirectory, borrow
from trueline.runtime.store import StoreFull


def test_what_is_put_is_got_and_what_was_changed_is_not(tmp_path: Path) -> None:
    blobs = BlobDirectory(tmp_path)
    digest = blobs.put(b"page")
    assert (blobs.get(digest), blobs.has(digest), blobs.put(b"page")) == (b"page", True, digest)
    blobs.place(digest).write_bytes(b"pago")
    assert blobs.get(digest) is None
    assert (blobs.has(digest), blobs.put(b"page"), blobs.get(digest)) == (False, digest, b"page")
    assert blobs.get(Digest("0" * 64)) is None


def test_the_longest_unused_go_first_and_what_is_needed_stays(tmp_path: Path) -> None:
    blobs = BlobDirectory(tmp_path, size_bytes_max=25)
    digests = [blobs.put(bytes([number]) * 10) for number in range(4)]
    for age, digest in enumerate(reversed(digests)):
        os.utime(blobs.place(digest), (1000 - age, 1000 - age))
    assert blobs.tidy([digests[0]]) <= 25
    assert [blobs.has(digest) for digest in digests] == [True, False, False, True]


def test_what_is_put_while_others_are_let_go_of_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = BlobDirectory(tmp_path, size_bytes_max=25)
    old = [blobs.put(bytes([number]) * 10) for number in range(4)]
    for age, digest in enumerate(reversed(old)):
        os.utime(blobs.place(digest), (1000 - age, 1000 - age))
    beside, unlink = tmp_path / "aa" / "half.new", Path.unlink
    beside.parent.mkdir(exist_ok=True)
    beside.write_bytes(b"half of a blob that somebody writes")
    is_first = True

    def unlinked(file: Path, *, missing_ok: bool = False) -> None:
        nonlocal is_first
        if is_first:
            is_first = False
            blobs.put(bytes([1]) * 10)
            beside.rename(tmp_path / "elsewhere")
        unlink(file, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlinked)
    blobs.tidy([])
    assert [blobs.has(digest) for digest in old] == [False, True, False, False]


def test_borrowed_blobs_are_read_and_never_written(tmp_path: Path) -> None:
    original = BlobDirectory(tmp_path / "original")
    page = original.put(b"page")
    before = original.place(page).stat().st_mtime_ns
    borrow(tmp_path / "original", tmp_path / "copy")
    blobs = BlobDirectory(tmp_path / "copy")
    own = blobs.put(b"own")
    assert (blobs.get(page), blobs.get(own), blobs.put(b"page")) == (b"page", b"own", page)
    assert blobs.known([page, own, Digest("0" * 64)]) == {page, own}
    assert original.place(page).stat().st_mtime_ns == before
    assert not original.has(own)
    blobs.tidy([])
    assert original.get(page) == b"page"


def test_many_are_asked_for_at_once(tmp_path: Path) -> None:
    own, lender = tmp_path / "own", tmp_path / "lender"
    lent = BlobDirectory(lender).put(b"lent")
    borrow(lender, own)
    blobs = BlobDirectory(own)
    kept, absent = blobs.put(b"kept"), digest_bytes(b"absent")
    assert blobs.known([lent, kept, absent, kept]) == {lent, kept}
    assert blobs.put(b"lent") == lent
    assert not (own / lent[:2] / lent[2:]).exists()


def test_what_finds_no_room_is_told_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = BlobDirectory(tmp_path)
    kept = blobs.put(b"kept")

    def refuse(source: str, target: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), source)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", refuse)
        with pytest.raises(StoreFull, match=str(tmp_path)):
            blobs.put(b"page")
        assert blobs.put(b"kept") == kept
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [blobs.place(kept)]
    assert blobs.get(blobs.put(b"page")) == b"page"


def test_the_same_bytes_may_be_given_by_several_threads_at_once(tmp_path: Path) -> None:
    """Two applications publish one folder: their pages are the same, and made at the same time."""
    blobs, together = BlobDirectory(tmp_path), Barrier(4)

    def put(number: int) -> Digest:
        together.wait()
        return blobs.put(number.to_bytes(2) * (64 << 10))

    with ThreadPoolExecutor(4) as threads:
        for number in range(100):
            (digest,) = set(threads.map(put, [number] * 4))
            assert blobs.get(digest)
    assert not list(tmp_path.rglob("*.new"))

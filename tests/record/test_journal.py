"""The journal's chain: what was appended reads back, and whatever is done to it is found and named."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.record.case import START, Books, StandingClock
from trueline.model.fault import Fault
from trueline.record.chain import Damage
from trueline.record.journal import BODY_BYTES_MAX, Journal, Kind, Note
from trueline.record.schema import SCHEMA
from trueline.runtime.store import Store, StoreFull


def _notes(count: int, application: str = "shop") -> list[Note]:
    return [
        Note(kind=Kind.DRIFT_FOUND, application=application, body={"ref": f"ConfigMap/shop/{n}"}) for n in range(count)
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of eight records, anchored at the sixth."""
    books = Books(tmp_path / "journal.sqlite")
    books.journal.append(_notes(6))
    books.journal.anchor()
    books.journal.append(_notes(2, "blog"))
    books.store.close()
    return tmp_path / "journal.sqlite"


@pytest.fixture
def books(path: Path) -> Iterator[Books]:
    opened = Books(path)
    yield opened
    opened.store.close()


def test_records_read_back(books: Books) -> None:
    first, *_, last = books.journal.after()
    assert (first.sequence, first.previous, first.at, first.kind) == (1, "", START, "drift found")
    assert (last.sequence, last.body) == (8, {"ref": "ConfigMap/shop/1"})
    assert [r.sequence for r in books.journal.after(3, limit=2)] == [4, 5]
    assert [r.sequence for r in books.journal.newest(limit=2)] == [8, 7]
    assert [r.sequence for r in books.journal.newest(application="shop", limit=1)] == [6]
    assert books.journal.verify() == ()


def test_all_or_nothing(books: Books) -> None:
    too_large = Note(kind=Kind.HEALED, body="x" * BODY_BYTES_MAX)
    with pytest.raises(ValueError, match="more than"):
        books.journal.append([*_notes(1), too_large])
    assert books.journal.head().sequence == 8
    books.journal.append([])
    assert books.journal.verify() == ()


_DOINGS = {
    "a body": ("UPDATE record SET body = CAST('{}' AS BLOB) WHERE sequence = 4", [(4, Damage.CHANGED)]),
    "a time": ("UPDATE record SET at = '2020-01-01' WHERE sequence = 4", [(4, Damage.CHANGED)]),
    "an application": ("UPDATE record SET application = 'x' WHERE sequence = 8", [(8, Damage.CHANGED)]),
    "a digest": ("UPDATE record SET digest = 'x' WHERE sequence = 8", [(8, Damage.CHANGED)]),
    "a link": ("UPDATE record SET previous = 'x' WHERE sequence = 1", [(1, Damage.CHANGED)]),
    "a type": ("UPDATE record SET body = CAST(body AS TEXT) WHERE sequence = 2", [(2, Damage.CHANGED)]),
    "one gone": ("DELETE FROM record WHERE sequence = 3", [(3, Damage.MISSING)]),
    "some gone": ("DELETE FROM record WHERE sequence BETWEEN 3 AND 5", [(3, Damage.MISSING)]),
    "the first gone": ("DELETE FROM record WHERE sequence = 1", [(1, Damage.MISSING)]),
    "the tail cut": ("DELETE FROM record WHERE sequence > 6", [(7, Damage.CUT)]),
    "all gone": ("DELETE FROM record", [(1, Damage.CUT)]),
    "two exchanged": (
        """UPDATE record SET sequence = -sequence WHERE sequence IN (3, 5);
        UPDATE record SET sequence = 8 + sequence WHERE sequence IN (-3, -5)""",
        [(3, Damage.MOVED), (5, Damage.MOVED)],
    ),
    "one moved to the end": (
        "UPDATE record SET sequence = 9 WHERE sequence = 2",
        [(2, Damage.MISSING), (9, Damage.MOVED), (9, Damage.REPLACED)],
    ),
    "the head": ("UPDATE head SET sequence = 7", [(7, Damage.REPLACED), (8, Damage.REPLACED)]),
}


@pytest.mark.parametrize("doing", _DOINGS)
def test_what_was_done_to_it_is_named(path: Path, doing: str) -> None:
    statements, expected = _DOINGS[doing]
    with closing(sqlite3.connect(path)) as database:
        database.executescript(statements)
    books = Books(path)
    found = sorted(((b.sequence, b.damage) for b in books.journal.verify()), key=str)
    books.store.close()
    assert found == expected


def test_a_cut_tail_is_found_by_the_anchor_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "DELETE FROM record WHERE sequence > 4;"
            "UPDATE head SET sequence = 4, digest = (SELECT digest FROM record WHERE sequence = 4)"
        )
    books = Books(path)
    assert [(b.sequence, b.damage) for b in books.journal.verify()] == [(5, Damage.CUT)]
    books.journal.append(_notes(4))
    books.journal.anchor()
    found = [(b.sequence, b.damage) for b in books.journal.verify()]
    books.store.close()
    assert found == [(6, Damage.REPLACED)]


def test_a_chain_computed_anew_is_found_by_the_anchor(path: Path) -> None:
    path.with_name("journal.sqlite").unlink()
    books = Books(path)
    books.journal.append(_notes(8, "forged"))
    found = [(b.sequence, b.damage) for b in books.journal.verify()]
    books.store.close()
    assert found == [(6, Damage.REPLACED)]


def test_one_record_forged_with_its_digest(path: Path, tmp_path: Path) -> None:
    forged = Books(tmp_path / "forged.sqlite")
    forged.journal.append([*_notes(6), *_notes(1, "forged")])
    record = forged.journal.newest(limit=1)[0]
    forged.store.close()
    with closing(sqlite3.connect(path)) as database, database:
        values = (record.application, b'{"ref":"ConfigMap/shop/0"}', record.digest)
        database.execute("UPDATE record SET application = ?, body = ?, digest = ? WHERE sequence = 7", values)
    books = Books(path)
    found = [(b.sequence, b.damage) for b in books.journal.verify()]
    books.store.close()
    assert found == [(7, Damage.REPLACED)]


def test_broken_anchors_are_said(books: Books, path: Path) -> None:
    Path(f"{path}.anchors").write_bytes(b"[{")
    assert [b.damage for b in books.journal.verify()] == [Damage.UNREADABLE]


def test_an_anchor_that_cannot_be_written_is_told_and_the_old_one_stands(path: Path) -> None:
    def full(_: Path, __: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    anchors = Path(f"{path}.anchors")
    before = anchors.read_bytes()
    with closing(Store.open(path, SCHEMA)) as store, pytest.raises(StoreFull) as raised:
        Journal(store, StandingClock(), anchors, full).anchor()
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == ["TL0802"]
    assert anchors.read_bytes() == before


def test_what_an_anchor_tells_is_in_the_database_itself(path: Path, tmp_path: Path) -> None:
    """INV-22: a log that is not on the disk yet is lost when the power fails; the anchor is on the disk."""
    with closing(Store.open(path, SCHEMA)) as store:
        journal = Journal(store, StandingClock(), Path(f"{path}.anchors"))
        journal.append(_notes(3))
        journal.anchor()
        shutil.copy(path, tmp_path / "left.sqlite")
        head = journal.head()
    with closing(sqlite3.connect(tmp_path / "left.sqlite")) as left:
        assert left.execute("SELECT sequence FROM head").fetchone() == (head.sequence,)


def test_a_journal_in_memory_has_no_anchor() -> None:
    books = Books()
    books.journal.append(_notes(1))
    books.journal.anchor()
    breach = books.journal.verify()
    assert breach == ()


def test_a_breach_as_it_is_told(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM record WHERE sequence BETWEEN 3 AND 5")
    books = Books(path)
    (breach,) = books.journal.verify()
    books.store.close()
    assert breach.diagnostic.code == "TL0811"
    assert breach.diagnostic.detail == "record 3 missing: the records 3 to 5 are gone"


def _cells(data: bytes, page_size: int) -> Iterator[int]:
    """The offsets of all bytes of records: on a leaf without free blocks, what follows the start of its contents."""
    for start in range(0, len(data), page_size):
        header = start + (100 if start == 0 else 0)
        is_index_leaf = data[header] == 10
        content = int.from_bytes(data[header + 5 : header + 7], "big")
        if is_index_leaf and b"ConfigMap/shop/" in data[start : start + page_size]:
            assert data[header + 1 : header + 3] == b"\0\0", "a free block"
            assert data[header + 7] == 0, "a fragment"
            yield from range(start + content, start + page_size)


def _notices(path: Path) -> bool:
    try:
        store = Store.open(path, SCHEMA)
    except Fault:
        return True
    try:
        return Journal(store, StandingClock()).verify() != ()
    finally:
        store.close()


def test_every_byte_of_every_record(path: Path, tmp_path: Path) -> None:
    """INV-22: no flip passes."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("VACUUM")
        page_size = database.execute("PRAGMA page_size").fetchone()[0]
    data = path.read_bytes()
    offsets = list(_cells(data, page_size))
    flipped = tmp_path / "flipped.sqlite"
    missed = []
    for offset in offsets:
        changed = bytearray(data)
        changed[offset] ^= 1 << offset % 8
        flipped.write_bytes(changed)
        if not _notices(flipped):
            missed.append(offset)
    assert len(offsets) > 8 * 200
    assert missed == []


def test_a_flip_anywhere_is_a_breach_or_a_fault_and_never_our_bug(path: Path, tmp_path: Path) -> None:
    """INV-22: the file around the records, too."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
    data = path.read_bytes()
    flipped = tmp_path / "flipped.sqlite"
    noticed = 0
    for offset in [*range(0, 4096, 5), *range(4096, len(data), 101)]:
        changed = bytearray(data)
        changed[offset] ^= 1 << offset % 8
        flipped.write_bytes(changed)
        noticed += _notices(flipped)
    assert noticed

"""The store: all or nothing, faults with a diagnostic, migrations in order."""

import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from trueline.model.fault import Transient, UserError
from trueline.runtime.store import MEMORY, Store, StoreDamaged, StoreFull, StoreUnwritable, check_version

SCHEMA = (("CREATE TABLE word (word TEXT PRIMARY KEY)",),)
NEXT = (*SCHEMA, ("ALTER TABLE word ADD COLUMN note TEXT", "INSERT INTO word (word, note) VALUES ('last', 'x')"))
INSERT = "INSERT INTO word (word) VALUES (?)"


def _words(store: Store) -> list[str]:
    return [row[0] for row in store.rows("SELECT word FROM word ORDER BY word")]


def _code(fault: Transient | UserError) -> str:
    return fault.diagnostics[0].code


_ELSEWHERE = """
import contextlib, sqlite3, sys
with contextlib.closing(sqlite3.connect(sys.argv[1])) as database:
    database.execute("SELECT count(*) FROM word").fetchone()
"""


def test_a_second_look_in_one_process_gives_no_lock_of_the_first_back(tmp_path: Path) -> None:
    """INV-24: another process took itself for the last one, and put the log away that is still written to."""
    path, log = tmp_path / "s", tmp_path / "s-wal"
    with closing(Store.open(path, SCHEMA)) as store:
        check_version(path, SCHEMA)
        Store.open(path).close()
        before = log.stat().st_ino
        subprocess.run([sys.executable, "-c", _ELSEWHERE, str(path)], check=True)
        store.execute(INSERT, ("a",))
        assert log.stat().st_ino == before
        killed = tmp_path / "killed"
        shutil.copy(path, killed)
        shutil.copy(log, tmp_path / "killed-wal")
        with closing(Store.open(killed, SCHEMA)) as left:
            assert _words(left) == ["a"]


@pytest.mark.parametrize("durable", [True, False])
def test_all_or_nothing(tmp_path: Path, *, durable: bool) -> None:
    with closing(Store.open(tmp_path / "s", SCHEMA)) as store:
        with store.transaction(durable=durable):
            store.execute(INSERT, ("a",))
        with pytest.raises(RuntimeError), store.transaction(durable=durable):  # noqa: PT012 - the block is the case
            store.execute(INSERT, ("b",))
            raise RuntimeError
        assert _words(store) == ["a"]
        assert store.rows("PRAGMA synchronous") == [(2 if durable else 1,)]
    with closing(Store.open(tmp_path / "s", SCHEMA)) as store:
        assert _words(store) == ["a"]
        assert store.row("PRAGMA journal_mode") == ("wal",)
        assert store.damage() == ()


def test_a_durable_transaction_is_synced() -> None:
    """INV-23: what is said to be on the disk is there; what need not be costs no wait."""
    store = Store.open(MEMORY, SCHEMA)
    modes = []
    for durable in (False, True, False):
        with store.transaction(durable=durable):
            modes += store.rows("PRAGMA synchronous")
    assert modes == [(1,), (2,), (1,)]


def test_its_file_is_private(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "s", SCHEMA)) as store, store.transaction():
        store.execute(INSERT, ("a",))
        modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {0o600}


def test_a_transaction_inside_another_is_part_of_it() -> None:
    store = Store.open(MEMORY, SCHEMA)
    with pytest.raises(RuntimeError), store.transaction(durable=True):  # noqa: PT012 - the block is the case
        with store.transaction():
            store.execute(INSERT, ("a",))
        raise RuntimeError
    assert _words(store) == []


def test_a_failed_part_fails_the_whole() -> None:
    store = Store.open(MEMORY, SCHEMA)
    with pytest.raises(AssertionError, match="a part of this failed"), store.transaction():  # noqa: PT012 - the block is the case
        store.execute(INSERT, ("a",))
        with pytest.raises(RuntimeError), store.transaction():
            raise RuntimeError
    assert _words(store) == []
    with store.transaction():
        store.execute(INSERT, ("b",))
    assert _words(store) == ["b"]


def test_a_durable_part_of_what_is_not_durable_is_our_fault() -> None:
    store = Store.open(MEMORY, SCHEMA)
    with pytest.raises(AssertionError, match="durable"), store.transaction(), store.transaction(durable=True):
        pass


def test_migrations_run_once_in_order(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "s", SCHEMA)) as store, store.transaction():
        store.execute(INSERT, ("a",))
    for _ in range(2):
        with closing(Store.open(tmp_path / "s", NEXT)) as store:
            assert (store.version, _words(store)) == (2, ["a", "last"])


def test_a_migration_that_fails_leaves_the_version_before(tmp_path: Path) -> None:
    """INV-27: the older program still opens it."""
    broken = (*SCHEMA, ("CREATE TABLE half (x)", "this is no statement"))
    with pytest.raises(sqlite3.OperationalError):
        Store.open(tmp_path / "s", broken)
    with closing(Store.open(tmp_path / "s", NEXT)) as store:
        assert store.version == 2
        assert store.rows("SELECT name FROM sqlite_master WHERE name = 'half'") == []


def test_a_newer_one_is_not_opened(tmp_path: Path) -> None:
    """INV-27: an older program does not write into it."""
    Store.open(tmp_path / "s", NEXT).close()
    with pytest.raises(UserError) as raised:
        Store.open(tmp_path / "s", SCHEMA)
    assert _code(raised.value) == "TL0805"


def test_a_newer_one_is_refused_while_only_its_log_says_so(tmp_path: Path) -> None:
    """INV-27: a newer program that was killed leaves its version in the log beside the file."""
    with closing(Store.open(tmp_path / "s", NEXT)):
        assert (tmp_path / "s-wal").stat().st_size > 0
        with pytest.raises(UserError) as raised:
            Store.open(tmp_path / "s", SCHEMA)
        assert _code(raised.value) == "TL0805"


def test_a_newer_one_is_refused_by_its_header_and_nothing_stands_beside_it(tmp_path: Path) -> None:
    """INV-27: what a newer program wrote is not touched, not even by a log."""
    with closing(sqlite3.connect(tmp_path / "s")) as newer:
        newer.executescript("CREATE TABLE word (word TEXT); PRAGMA user_version=7;")
    before = (tmp_path / "s").read_bytes()
    with pytest.raises(UserError) as raised:
        Store.open(tmp_path / "s", SCHEMA)
    assert _code(raised.value) == "TL0805"
    assert [file.name for file in tmp_path.iterdir()] == ["s"]
    assert (tmp_path / "s").read_bytes() == before


def test_one_of_an_older_version_is_copied_first_and_a_new_one_is_not(tmp_path: Path) -> None:
    """INV-27: the way back from an upgrade."""
    with closing(Store.open(tmp_path / "s", SCHEMA)) as store, store.transaction():
        store.execute(INSERT, ("a",))
    assert not list(tmp_path.glob("*.version-*"))
    Store.open(tmp_path / "s", NEXT).close()
    with closing(Store.open(tmp_path / "s.version-1", SCHEMA)) as copy:
        assert (copy.version, _words(copy)) == (1, ["a"])


def test_where_the_copy_cannot_be_made_nothing_is_migrated(tmp_path: Path) -> None:
    """INV-24, INV-27: a disk that is full keeps the old version, whole."""
    Store.open(tmp_path / "s", SCHEMA).close()
    (tmp_path / "s.version-1.new").mkdir()
    with pytest.raises(StoreUnwritable):
        Store.open(tmp_path / "s", NEXT)
    (tmp_path / "s.version-1.new").rmdir()
    with closing(Store.open(tmp_path / "s", SCHEMA)) as store:
        assert store.version == 1


def test_a_full_disk_writes_nothing(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "s", SCHEMA)) as store:
        store.execute("PRAGMA max_page_count=6")
        with pytest.raises(StoreFull) as raised, store.transaction(durable=True):
            store.execute_many(INSERT, [(f"{n:01000}",) for n in range(100)])
        assert _words(store) == []
        store.execute("PRAGMA max_page_count=1000")
        with store.transaction():
            store.execute(INSERT, ("a",))
        assert _words(store) == ["a"]
    assert _code(raised.value) == "TL0802"


def test_another_writer_makes_it_unwritable(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path / "s", SCHEMA)) as store, closing(Store.open(tmp_path / "s", SCHEMA)) as other:
        store.execute("PRAGMA busy_timeout=0")
        with other.transaction(), pytest.raises(StoreUnwritable) as raised, store.transaction():
            pass
        with store.transaction():
            store.execute(INSERT, ("a",))
    assert _code(raised.value) == "TL0803"


def test_no_directory_is_unwritable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnwritable) as raised:
        Store.open(tmp_path / "no" / "s", SCHEMA)
    assert _code(raised.value) == "TL0803"


def test_what_may_only_be_read_is_unwritable() -> None:
    store = Store.open(MEMORY, SCHEMA)
    store.execute("PRAGMA query_only=ON")
    with pytest.raises(StoreUnwritable), store.transaction():
        store.execute(INSERT, ("a",))


def test_what_is_no_database_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreDamaged) as raised:
        Store.open(tmp_path / "s", SCHEMA)
    assert _code(raised.value) == "TL0804"

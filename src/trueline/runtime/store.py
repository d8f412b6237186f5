"""The data directory's database: SQLite with write-ahead log. It knows transactions, never what rows mean."""

import errno
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault, Transient, UserError
from trueline.runtime.layout import newer

Schema: TypeAlias = Sequence[Sequence[str]]
"""Migrations in their order, each the statements that lead from one version to the next."""

MEMORY = ":memory:"
BUSY_MS_MAX = 2_000
LOG_BYTES_MAX = 64 << 20
_PRIMARY = 0xFF
_MAGIC = b"SQLite format 3\0"
_VERSION_AT, _HEADER_BYTES = 60, 64
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_FULL = frozenset({sqlite3.SQLITE_FULL})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_UNWRITABLE = frozenset(
    {
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    },
)


class StoreFull(Transient):
    """The disk is full: nothing was written, and nothing may be done until there is room."""


class StoreUnwritable(Transient):
    """The database cannot be written: read-only, no rights, locked, or the disk fails. Nothing was written."""


class StoreDamaged(UserError):
    """The file is no database, or its pages do not agree with each other."""


class Store:
    """One connection, used by one thread. Calls take up to 1 ms, so that they may be made inside the event loop."""

    def __init__(self, database: sqlite3.Connection, path: str) -> None:
        self.path = path
        self._database = database
        self._depth = 0
        self._durable = False
        self._is_doomed = False
        _open_files[self] = _identity(path)

    @classmethod
    def open(
        cls,
        path: Path | str,
        schema: Schema = (),
        *,
        factory: type[sqlite3.Connection] = sqlite3.Connection,
    ) -> "Store":
        """Open or make a database, readable by its owner alone, and bring it to the schema's last version.

        One that an older program wrote is copied first: `PATH.version-N` is what that program can go on with.

        Raises:
            StoreFull: TL0802.
            StoreUnwritable: TL0803.
            StoreDamaged: TL0804.
            UserError: TL0805, a newer Trueline wrote it.
        """
        with translated(str(path)):
            if str(path) != MEMORY:
                check_version(Path(path), schema)
                _make_private(Path(path))
            database = sqlite3.connect(path, isolation_level=None, factory=factory)
        store = cls(database, str(path))
        try:
            store._prepare()
            store._migrate(schema)
        except BaseException:
            store.close()
            raise
        return store

    def _prepare(self) -> None:
        for pragma in (
            f"busy_timeout={BUSY_MS_MAX}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            f"journal_size_limit={LOG_BYTES_MAX}",
            "cell_size_check=ON",
            "trusted_schema=OFF",
        ):
            self.execute(f"PRAGMA {pragma}")

    def _migrate(self, schema: Schema) -> None:
        version = self.version
        if schema and version > len(schema):
            raise _is_newer(self.path, version, len(schema))
        if version < len(schema) and self.path != MEMORY and self.rows("SELECT 1 FROM sqlite_master LIMIT 1"):
            self._back_up(Path(f"{self.path}.version-{version}"))
        for number, statements in enumerate(schema[version:], start=version + 1):
            with self.transaction(durable=True):
                for statement in statements:
                    self.execute(statement)
                self.execute(f"PRAGMA user_version={number}")

    def _back_up(self, copy: Path) -> None:
        """The whole database as it is, in a file beside it: all of it under its name, or nothing (INV-24)."""
        beside = Path(f"{copy}.new")
        with translated(str(copy)):
            try:
                _make_private(beside)
                with closing(sqlite3.connect(beside)) as target:
                    self._database.backup(target)
                _sync(beside)
                beside.replace(copy)
                _sync(copy.parent)
            finally:
                beside.unlink(missing_ok=True)

    @property
    def version(self) -> int:
        """How many migrations it went through."""
        return int(self.rows("PRAGMA user_version")[0][0])

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """All that is executed inside is written, or nothing.

        A durable one is on the disk when the block is left; another one survives the end of the process at once, and a
        power cut after the next durable one. A transaction inside another is part of it; if the inner one fails, the
        outer one does.

        Raises:
            StoreFull: and the like, as `open`; then nothing was written.
        """
        if self._depth:
            with self._joined(durable=durable):
                yield
            return
        self._begin(durable=durable)
        try:
            yield
            assert not self._is_doomed, "a part of this failed, and the rest was to be written"
            self.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._depth = 0

    def _begin(self, *, durable: bool) -> None:
        if durable is not self._durable:
            self.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._durable = durable
        self.execute("BEGIN IMMEDIATE")
        self._depth, self._is_doomed = 1, False

    @contextmanager
    def _joined(self, *, durable: bool) -> Iterator[None]:
        if durable and not self._durable:
            raise AssertionError("a durable transaction inside one that is not")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._is_doomed = True
            raise
        finally:
            self._depth -= 1

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            self._database.rollback()

    def execute(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run one statement and tell how many rows it changed."""
        with translated(self.path):
            return self._database.execute(statement, values).rowcount

    def execute_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row."""
        with translated(self.path):
            self._database.executemany(statement, rows)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows that a query finds; a query over what may grow has a limit."""
        with translated(self.path):
            return self._database.execute(query, values).fetchall()

    def row(self, query: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row that a query finds."""
        with translated(self.path):
            found: tuple[Any, ...] | None = self._database.execute(query, values).fetchone()
        return found

    def damage(self) -> tuple[str, ...]:
        """What SQLite itself finds wrong with its pages and indices; empty where nothing is."""
        try:
            found = tuple(str(row[0]) for row in self.rows("PRAGMA integrity_check(20)"))
        except StoreDamaged as damaged:
            return tuple(diagnostic.detail for diagnostic in damaged.diagnostics)
        return () if found == ("ok",) else found

    def put_away(self) -> None:
        """Have all that was committed on the disk, in the database itself: as far as no reader is in the way."""
        self.rows("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Give the file back."""
        self._database.close()
        _open_files.pop(self, None)


_open_files: WeakKeyDictionary[Store, tuple[int, int] | None] = WeakKeyDictionary()
"""The databases that this process has a connection to, by device and inode."""


def is_open_here(path: Path | str) -> bool:
    """Whether this process has a connection to a database: then nothing but SQLite may open the file.

    POSIX gives all locks of a process on a file back when it closes any descriptor of it. The next process would take
    itself for the only one, and at its end put the log away that this one goes on writing to: what is written then is
    gone when this one is killed (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    file = _identity(path)
    return file is not None and file in list(_open_files.values())


def _identity(path: Path | str) -> tuple[int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def check_version(path: Path, schema: Schema) -> None:
    """Whether a file is of a version that this program knows, read from its header alone: no log is made beside it.

    What a newer program changed last may still stand in its log only; then `Store.open` finds it.

    Raises:
        UserError: TL0805, a newer Trueline wrote it (INV-27).
    """
    if is_open_here(path):
        return  # it was looked at when it was opened
    with suppress(FileNotFoundError, NotADirectoryError), path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
        version = int.from_bytes(header[_VERSION_AT:], "big") if header.startswith(_MAGIC) else 0
        if schema and len(header) == _HEADER_BYTES and version > len(schema):
            raise _is_newer(str(path), version, len(schema))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_private(path: Path) -> None:
    if not is_open_here(path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


class translated:  # noqa: N801 - it is used as a function is
    """What a database or a file beside it fails with, as a fault; around each statement, so it is no generator.

    Raises:
        StoreFull: and the like, as `Store.open`.
    """

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Nothing is begun."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Say what it was; what is none of these stays as it is."""
        if error is not None and (fault := _fault_of(error, self._path)) is not None:
            raise fault from error


def full_disk(error: BaseException, path: str = "") -> StoreFull | None:
    """The fault of whatever failed for want of room, wherever it was; `None` of all that failed for another reason."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return _full(path or str(error.filename or "a file of this process"))
    return None


def _fault_of(error: BaseException, path: str) -> Fault | None:
    match error:
        case OSError():
            return full_disk(error, path) or _unwritable(path, error.strerror or str(error))
        case UnicodeDecodeError():
            return _damaged(path, "what SQLite says of it is no text")
        case sqlite3.Error():
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & _PRIMARY
            if code in _FULL:
                return _full(path)
            if code in _DAMAGED or "Could not decode" in str(error):
                return _damaged(path, str(error))
            return _unwritable(path, str(error)) if code in _UNWRITABLE else None
        case _:
            return None


def _full(path: str) -> StoreFull:
    return StoreFull(
        [
            Diagnostic(
                code="TL0802",
                summary="the disk is full",
                detail=f"{path} cannot grow; nothing is done that would have to be recorded or kept first",
                remedy="make room; it goes on by itself",
            ),
        ],
    )


def _unwritable(path: str, reason: str) -> StoreUnwritable:
    return StoreUnwritable(
        [
            Diagnostic(
                code="TL0803",
                summary="the data directory cannot be written",
                detail=f"{path}: {reason}",
                remedy="give this user the right to write there, or name another directory with --data-dir",
            ),
        ],
    )


def _damaged(path: str, reason: str) -> StoreDamaged:
    return StoreDamaged(
        [
            Diagnostic(
                code="TL0804",
                summary="the data directory's database is damaged",
                detail=f"{path}: {reason}",
                remedy="put a backup back, or move the file away: what is owned is found again by its marks",
            ),
        ],
    )


def _is_newer(path: str, found: int, known: int) -> UserError:
    return newer(f"{path} has version {found}", known)

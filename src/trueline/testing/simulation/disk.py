"""The disk of one simulated machine: a database in memory of which every commit is an effect, and that can be full.

What was committed when the machine died is what the next start finds.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from trueline.record.schema import SCHEMA
from trueline.runtime.store import MEMORY, Store
from trueline.testing.simulation.effect import Failure, Moment


class Died(BaseException):
    """The machine ends here; what comes after in its process does not happen."""


class Disk:
    """`effect` is called before and after each commit: it may raise `Died`, or tell that this one finds no room.

    `image` is what stands on it at first.
    """

    def __init__(self, effect: Callable[[Moment], Failure | None], image: bytes = b"") -> None:
        self.effect = effect
        self.is_full = False
        self._image = image
        self._connection: sqlite3.Connection | None = None

    def open(self) -> Store:
        """The store of a process that starts now, with what was committed before."""
        disk = self

        class Connection(_Committing):
            """Of this disk."""

            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options)
                self.disk = disk
                disk.take(self)

        return Store.open(MEMORY, SCHEMA, factory=Connection)

    def take(self, connection: sqlite3.Connection) -> None:
        """From now on this connection holds what stands on the disk."""
        if self._image:
            connection.deserialize(self._image)
        self._connection = connection

    def image(self) -> bytes:
        """What is committed now."""
        return self._image if self._connection is None else self._connection.serialize()

    def cut(self) -> None:
        """The process is gone: what it still does reaches this disk no more."""
        self._image, self._connection = self.image(), None


class _Committing(sqlite3.Connection):
    """A database whose commits are effects of its disk."""

    disk: Disk

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run it; a commit may be the last thing that happens, or just not happen."""
        if sql != "COMMIT":
            return super().execute(sql, parameters)
        if self.disk.is_full:
            raise _full()
        try:
            failure = self.disk.effect(Moment.COMMITTING)
        except Died:
            self.rollback()
            raise
        if failure is Failure.DISK_FULL:
            raise _full()
        found = super().execute(sql, parameters)
        self.disk.effect(Moment.COMMITTED)
        return found


def _full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error

"""The embedded cluster's objects on disk: one SQLite file in the data directory. It knows keys and bytes only."""

from collections.abc import Sequence
from pathlib import Path

from trueline.runtime.store import Store

_FIRST = (
    "CREATE TABLE IF NOT EXISTS object (key TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS revision (one INTEGER PRIMARY KEY CHECK (one = 1), value INTEGER NOT NULL)",
)


class SqliteDisk:
    """Objects survive a crash of the process; the last few may be lost with the machine's power.

    Everything raises the faults of `Store`: a disk that is full is told as one.
    """

    def __init__(self, path: Path) -> None:
        self.store = Store.open(path, (_FIRST,))

    def load(self) -> tuple[int, Sequence[tuple[str, bytes]]]:
        """The last revision, and every object."""
        row = self.store.row("SELECT value FROM revision")
        return (row[0] if row else 0), [(key, body) for key, body in self.store.rows(_OBJECTS)]

    def save(self, revision: int, writes: Sequence[tuple[str, bytes | None]]) -> None:
        """Keep what one request wrote, all or nothing."""
        execute = self.store.execute
        with self.store.transaction():
            for key, body in writes:
                if body is None:
                    execute("DELETE FROM object WHERE key = ?", (key,))
                else:
                    execute("INSERT OR REPLACE INTO object VALUES (?, ?)", (key, body))
            execute("INSERT OR REPLACE INTO revision VALUES (1, ?)", (revision,))

    def close(self) -> None:
        """Give the file back."""
        self.store.close()


_OBJECTS = "SELECT key, body FROM object ORDER BY key"

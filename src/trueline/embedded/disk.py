"""The embedded cluster's objects on disk: one SQLite file in the data directory. It knows keys and bytes only."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (key TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revision (one INTEGER PRIMARY KEY CHECK (one = 1), value INTEGER NOT NULL);
"""


class SqliteDisk:
    """Objects survive a crash of the process; the last few may be lost with the machine's power."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_SCHEMA)

    def load(self) -> tuple[int, Sequence[tuple[str, bytes]]]:
        """The last revision, and every object."""
        row = self._database.execute("SELECT value FROM revision").fetchone()
        return (row[0] if row else 0), self._database.execute("SELECT key, body FROM object ORDER BY key").fetchall()

    def save(self, revision: int, writes: Sequence[tuple[str, bytes | None]]) -> None:
        """Keep what one request wrote, all or nothing."""
        execute = self._database.execute
        execute("BEGIN")
        try:
            for key, body in writes:
                if body is None:
                    execute("DELETE FROM object WHERE key = ?", (key,))
                else:
                    execute("INSERT OR REPLACE INTO object VALUES (?, ?)", (key, body))
            execute("INSERT OR REPLACE INTO revision VALUES (1, ?)", (revision,))
        except BaseException:
            execute("ROLLBACK")
            raise
        execute("COMMIT")

    def close(self) -> None:
        """Give the file back."""
        self._database.close()

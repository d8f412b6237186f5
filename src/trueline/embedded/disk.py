"""The embedded cluster's objects on disk: one SQLite file in the data directory. It knows keys, and sealed bytes."""

from collections.abc import Sequence
from pathlib import Path

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.runtime.seal import SEAL, Seal
from trueline.runtime.store import Store

_FIRST = (
    "CREATE TABLE IF NOT EXISTS object (key TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS revision (one INTEGER PRIMARY KEY CHECK (one = 1), value INTEGER NOT NULL)",
)
_SEALED: tuple[str, ...] = ()
"""Bodies are sealed from here on: an older program, which would misread them, does not open the file."""


class SqliteDisk:
    """Objects survive a crash of the process; the last few may be lost with the machine's power.

    Everything raises the faults of `Store`: a disk that is full is told as one.
    """

    def __init__(self, path: Path) -> None:
        self.store = Store.open(path, (_FIRST, _SEALED))
        self._seal = Seal(path.with_name(SEAL))

    def load(self) -> tuple[int, Sequence[tuple[str, bytes]]]:
        """The last revision, and every object."""
        row = self.store.row("SELECT value FROM revision")
        return (row[0] if row else 0), [(key, self._opened(key, body)) for key, body in self.store.rows(_OBJECTS)]

    def _opened(self, key: str, body: bytes) -> bytes:
        opened = self._seal.unseal(body, key)
        if opened is None:
            raise UserError([_not_ours(key)])
        return opened

    def save(self, revision: int, writes: Sequence[tuple[str, bytes | None]]) -> None:
        """Keep what one request wrote, all or nothing."""
        execute = self.store.execute
        with self.store.transaction():
            for key, body in writes:
                if body is None:
                    execute("DELETE FROM object WHERE key = ?", (key,))
                else:
                    execute("INSERT OR REPLACE INTO object VALUES (?, ?)", (key, self._seal.seal(body, key)))
            execute("INSERT OR REPLACE INTO revision VALUES (1, ?)", (revision,))

    def close(self) -> None:
        """Give the file back."""
        self.store.close()


def _not_ours(key: str) -> Diagnostic:
    return Diagnostic(
        code="TL0174",
        summary="an object of the embedded cluster cannot be opened",
        detail=f"{key}: it was damaged, or sealed with another key than the one beside it",
        remedy=f"put the file {SEAL} of this data directory back, or start with a new data directory",
    )


_OBJECTS = "SELECT key, body FROM object ORDER BY key"

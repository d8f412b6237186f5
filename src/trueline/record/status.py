"""The last known status of each application, for who asks while nothing runs. It is a copy: no decision reads it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trueline.model.digest import canonical, parse
from trueline.record.journal import stamp
from trueline.runtime.clock import Clock
from trueline.runtime.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStatus:
    """What was known of an application, and when: whoever shows it shows its age."""

    application: str
    at: datetime
    body: Any


class Statuses:
    """Statuses in the store, as JSON values."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def put(self, application: str, body: Any) -> None:
        """Keep a status in place of the one before."""
        values = (application, stamp(self._clock.now()), canonical(body))
        with self._store.transaction():
            self._store.execute("INSERT OR REPLACE INTO status (application, at, body) VALUES (?, ?, ?)", values)

    def all(self) -> tuple[KeptStatus, ...]:
        """Every application's last status, sorted by name."""
        rows = self._store.rows("SELECT application, at, body FROM status ORDER BY application")
        return tuple(
            KeptStatus(application=application, at=datetime.fromisoformat(at), body=parse(body))
            for application, at, body in rows
        )

    def names(self) -> tuple[str, ...]:
        """The applications of which a status is kept, sorted."""
        return tuple(name for (name,) in self._store.rows("SELECT application FROM status ORDER BY application"))

    def get(self, application: str) -> KeptStatus | None:
        """One application's last status."""
        return next((status for status in self.all() if status.application == application), None)

    def forget(self, application: str) -> None:
        """Drop an application that is declared no longer."""
        with self._store.transaction():
            self._store.execute("DELETE FROM status WHERE application = ?", (application,))

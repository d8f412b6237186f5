"""Holds: an application, or one revision of it, that is not to be applied. It writes them down and applies nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trueline.record.journal import Journal, Kind, Note, stamp
from trueline.runtime.clock import Clock
from trueline.runtime.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Who holds what, why, since when and until when. An empty `revision` holds the whole application."""

    application: str
    revision: str
    who: str
    why: str
    since: datetime
    until: datetime | None = None

    def is_active(self, now: datetime) -> bool:
        """Whether it still holds; without an end it does, whatever the clock says (INV-28)."""
        return self.until is None or now < self.until


_COLUMNS = "application, revision, who, why, since, until"


class Holds:
    """Holds in the store; each write is durable and has its record."""

    def __init__(self, store: Store, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    def hold(self, application: str, *, who: str, why: str, revision: str = "", until: datetime | None = None) -> Hold:
        """Hold an application or one of its revisions; an earlier hold of the same gives way."""
        hold = Hold(application=application, revision=revision, who=who, why=why, since=self._clock.now(), until=until)
        ends = stamp(until) if until else None
        statement = f"INSERT OR REPLACE INTO hold ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - a constant
        with self._store.transaction(durable=True):
            self._store.execute(statement, (application, revision, who, why, stamp(hold.since), ends))
            body = {"revision": revision, "who": who, "why": why, "until": ends}
            self._journal.append([Note(kind=Kind.HOLD, application=application, body=body)], durable=True)
        return hold

    def resume(self, application: str, *, who: str, revision: str | None = None) -> tuple[Hold, ...]:
        """End the hold of a revision (empty: of the whole application; `None`: all) and tell which were ended."""
        with self._store.transaction(durable=True):
            ended = tuple(h for h in self._of(application) if revision is None or h.revision == revision)
            for hold in ended:
                values = (application, hold.revision)
                self._store.execute("DELETE FROM hold WHERE application = ? AND revision = ?", values)
            body = {"revisions": [hold.revision for hold in ended], "who": who}
            notes = [Note(kind=Kind.RESUME, application=application, body=body)] if ended else []
            self._journal.append(notes, durable=True)
        return ended

    def active(self, application: str, now: datetime | None = None) -> tuple[Hold, ...]:
        """The holds of an application that hold now, the whole application's first."""
        at = now or self._clock.now()
        return tuple(hold for hold in self._of(application) if hold.is_active(at))

    def all_active(self, now: datetime | None = None) -> Mapping[str, tuple[Hold, ...]]:
        """The holds of every application that has one now, in the same order; one query whatever their number."""
        at = now or self._clock.now()
        found: dict[str, tuple[Hold, ...]] = {}
        query = f"SELECT {_COLUMNS} FROM hold ORDER BY application, revision"  # noqa: S608 - a constant
        for hold in map(_hold, self._store.rows(query)):
            if hold.is_active(at):
                found[hold.application] = (*found.get(hold.application, ()), hold)
        return found

    def _of(self, application: str) -> tuple[Hold, ...]:
        query = f"SELECT {_COLUMNS} FROM hold WHERE application = ? ORDER BY revision"  # noqa: S608 - a constant
        return tuple(_hold(row) for row in self._store.rows(query, (application,)))


def _hold(row: tuple[Any, ...]) -> Hold:
    application, revision, who, why, since, until = row
    return Hold(
        application=application,
        revision=revision,
        who=who,
        why=why,
        since=datetime.fromisoformat(since),
        until=datetime.fromisoformat(until) if until else None,
    )

"""What is to be told and was not delivered yet, and what each Notifier knows: kept, so that a restart loses nothing.

What a Notifier knows and what that made it tell are one write. It is read as bytes: what they mean is not known here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from trueline.record.journal import stamp
from trueline.runtime.clock import Clock
from trueline.runtime.store import Store

QUEUE_MAX: Final = 1_000
"""So many parcels wait for one service; of more the oldest is given up, and counted."""
ERROR_CHARACTERS_MAX: Final = 300
FULL: Final = "too many messages wait for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A parcel for a service of a Notifier. Of two with the same `subject` only the newer one waits; `""` is none."""

    service: str
    subject: str = ""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A parcel that waits, the first of its service. `due` is when it is to be sent, `error` why it was not taken."""

    number: int
    notifier: str
    service: str
    attempts: int
    made: datetime
    due: datetime
    error: str
    waiting: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """How many parcels of a service were given up since one was taken, and why the last one was."""

    notifier: str
    service: str
    count: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whether a service is reached: since when it takes nothing, and what it took last, and when; `None` for never."""

    notifier: str
    service: str
    failing_since: datetime | None
    taken_at: datetime | None
    taken: bytes = field(repr=False)


_HEADS: Final = """SELECT number, notifier, service, attempts, made, due, error, body, waiting FROM delivery
    JOIN (SELECT min(number) AS first, count(*) AS waiting FROM delivery GROUP BY notifier, service)
    ON number = first ORDER BY number"""


class Outbox:
    """Parcels and books in the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def book(self, notifier: str) -> bytes:
        """What a Notifier knows; empty before the first time."""
        row = self._store.row("SELECT body FROM notifier WHERE name = ?", (notifier,))
        return bytes(row[0]) if row else b""

    def names(self) -> tuple[str, ...]:
        """The Notifiers of which anything is kept, sorted."""
        query = """SELECT name FROM notifier UNION SELECT notifier FROM delivery
            UNION SELECT notifier FROM service ORDER BY 1"""
        return tuple(name for (name,) in self._store.rows(query))

    def keep(self, notifier: str, book: bytes, posts: Sequence[Post] = ()) -> None:
        """INV-14: what a Notifier knows from now on, and what it tells, are one write, or none."""
        with self._store.transaction(durable=bool(posts)):
            self._store.execute("INSERT OR REPLACE INTO notifier (name, body) VALUES (?, ?)", (notifier, book))
            for post in posts:
                self._add(notifier, post)

    def _add(self, notifier: str, post: Post) -> None:
        now = stamp(self._clock.now())
        if post.subject:
            where = "DELETE FROM delivery WHERE notifier = ? AND service = ? AND subject = ?"
            self._store.execute(where, (notifier, post.service, post.subject))
        columns = "(notifier, service, subject, attempts, made, due, error, body)"
        values = (notifier, post.service, post.subject, now, now, post.body)
        statement = f"INSERT INTO delivery {columns} VALUES (?, ?, ?, 0, ?, ?, '', ?)"  # noqa: S608 - a constant
        self._store.execute(statement, values)
        self._let_go(notifier, post.service)

    def _let_go(self, notifier: str, service: str) -> None:
        """INV-31: what waits for one service is bounded."""
        row = self._store.row(
            "SELECT count(*), min(number) FROM delivery WHERE notifier = ? AND service = ?", (notifier, service)
        )
        if row is not None and row[0] > QUEUE_MAX:
            self._lose(int(row[1]), notifier, service, FULL)

    def heads(self) -> tuple[Delivery, ...]:
        """The first parcel of each service that something waits for, the oldest first."""
        return tuple(
            Delivery(
                number=number,
                notifier=notifier,
                service=service,
                attempts=attempts,
                made=datetime.fromisoformat(made),
                due=datetime.fromisoformat(due),
                error=error,
                waiting=waiting,
                body=bytes(body),
            )
            for number, notifier, service, attempts, made, due, error, body, waiting in self._store.rows(_HEADS)
        )

    def done(self, delivery: Delivery) -> None:
        """It was taken; what was given up before is told no more, and this is what was taken last."""
        statement = """INSERT INTO service (notifier, name, taken_at, taken) VALUES (?, ?, ?, ?)
            ON CONFLICT (notifier, name) DO UPDATE SET failing = '', taken_at = excluded.taken_at,
            taken = excluded.taken"""
        values = (delivery.notifier, delivery.service)
        with self._store.transaction():
            self._store.execute("DELETE FROM delivery WHERE number = ?", (delivery.number,))
            self._store.execute("DELETE FROM loss WHERE notifier = ? AND service = ?", values)
            self._store.execute(statement, (*values, stamp(self._clock.now()), delivery.body))

    def retry(self, delivery: Delivery, due: datetime, error: str) -> None:
        """It was not taken: it is sent again, and until then nothing else goes to that service."""
        statement = "UPDATE delivery SET attempts = attempts + 1, due = ?, error = ? WHERE number = ?"
        with self._store.transaction():
            self._store.execute(statement, (stamp(due), error[:ERROR_CHARACTERS_MAX], delivery.number))
            self._fail(delivery)

    def give_up(self, delivery: Delivery, error: str) -> None:
        """It is not sent again; that is counted and told."""
        with self._store.transaction():
            self._lose(delivery.number, delivery.notifier, delivery.service, error)
            self._fail(delivery)

    def _fail(self, delivery: Delivery) -> None:
        """Since when it takes nothing: since the first that it did not take after one that it did."""
        statement = """INSERT INTO service (notifier, name, failing) VALUES (?, ?, ?)
            ON CONFLICT (notifier, name) DO UPDATE SET failing = excluded.failing WHERE failing = ''"""
        self._store.execute(statement, (delivery.notifier, delivery.service, stamp(self._clock.now())))

    def _lose(self, number: int, notifier: str, service: str, error: str) -> None:
        self._store.execute("DELETE FROM delivery WHERE number = ?", (number,))
        statement = """INSERT INTO loss (notifier, service, count, error) VALUES (?, ?, 1, ?)
            ON CONFLICT (notifier, service) DO UPDATE SET count = count + 1, error = excluded.error"""
        self._store.execute(statement, (notifier, service, error[:ERROR_CHARACTERS_MAX]))

    def losses(self) -> tuple[Loss, ...]:
        """What was given up, by service."""
        rows = self._store.rows("SELECT notifier, service, count, error FROM loss ORDER BY notifier, service")
        return tuple(Loss(notifier=a, service=b, count=count, error=error) for a, b, count, error in rows)

    def reaches(self) -> tuple[Reach, ...]:
        """Every service that was sent anything, by Notifier and name."""
        rows = self._store.rows("SELECT notifier, name, failing, taken_at, taken FROM service ORDER BY notifier, name")
        return tuple(
            Reach(
                notifier=notifier,
                service=service,
                failing_since=datetime.fromisoformat(failing) if failing else None,
                taken_at=datetime.fromisoformat(taken_at) if taken_at else None,
                taken=bytes(taken),
            )
            for notifier, service, failing, taken_at, taken in rows
        )

    def forget(self, notifier: str, services: Collection[str] = ()) -> None:
        """What Git declares no more is told nothing: a Notifier, or its services other than these."""
        with self._store.transaction():
            if not services:
                self._store.execute("DELETE FROM notifier WHERE name = ?", (notifier,))
            for table, column in (("delivery", "service"), ("loss", "service"), ("service", "name")):
                query = f"SELECT DISTINCT {column} FROM {table} WHERE notifier = ?"  # noqa: S608 - a constant
                for (service,) in self._store.rows(query, (notifier,)):
                    if service not in services:
                        statement = f"DELETE FROM {table} WHERE notifier = ? AND {column} = ?"  # noqa: S608 - the same
                        self._store.execute(statement, (notifier, service))

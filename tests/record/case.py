"""What the record's tests share: a clock that stands, a store that fails or dies at its n-th call, and short values."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from trueline.apply.ledger import Act, Intent
from trueline.apply.outcome import Outcome, Result
from trueline.model.digest import Digest
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.record.journal import Journal
from trueline.record.ledger import StoreLedger
from trueline.record.schema import SCHEMA
from trueline.runtime.clock import Timer
from trueline.runtime.store import MEMORY, Store
from trueline.target.inventory import Entry
from trueline.target.snapshot import Observed

START = datetime(2026, 7, 1, 12, tzinfo=UTC)


class StandingClock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        """What it was set to."""
        return self.at

    def monotonic_s(self) -> float:
        """Seconds since its start."""
        return (self.at - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.at += timedelta(seconds=seconds)

    def call_later(self, seconds: float, act: Callable[[], object]) -> Timer:
        """As if somebody slept so long."""
        self.at += timedelta(seconds=seconds)
        return asyncio.get_running_loop().call_soon(act)


class Died(BaseException):
    """The process ends here; what comes after in it does not happen."""


class Failing(sqlite3.Connection):
    """From `fail_at` on, counted in statements, each one says that the disk is full, or the process dies.

    `grave` takes the files as they lie on the disk when it dies, before or after the statement.
    """

    count = 0
    fail_at = 0
    is_death = False
    is_late = False
    grave: Path | None = None
    path: Path | None = None

    def _step(self) -> None:
        self.count += 1
        if self.fail_at and self.count >= self.fail_at and not self.is_late:
            self._fail()

    def _late(self) -> None:
        if self.fail_at and self.count >= self.fail_at and self.is_late:
            self._fail()

    def _fail(self) -> NoReturn:
        if self.is_death:
            if self.grave is not None and self.path is not None and not self.grave.exists():
                self.grave.mkdir()
                for file in self.path.parent.glob(f"{self.path.name}*"):
                    if not file.name.endswith("-shm"):
                        shutil.copy(file, self.grave / file.name)
            raise Died
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run it, or fail."""
        self._step()
        found = super().execute(sql, parameters)
        self._late()
        return found

    def executemany(self, sql: str, parameters: Any) -> sqlite3.Cursor:
        """Run it, or fail."""
        self._step()
        found = super().executemany(sql, parameters)
        self._late()
        return found


class Books:
    """A store with its journal and ledger."""

    def __init__(self, path: Path | str = MEMORY, factory: type[sqlite3.Connection] = sqlite3.Connection) -> None:
        self.clock = StandingClock()
        self.store = Store.open(path, SCHEMA, factory=factory)
        anchors = Path(f"{path}.anchors") if path != MEMORY else None
        self.journal = Journal(self.store, self.clock, anchors)
        self.ledger = StoreLedger(self.store, self.journal)

    def entry(self, name: str, application: str = "shop") -> Entry | None:
        """One entry on the target `prod`."""
        return self.ledger.inventory(application, "prod").entries.get(ref(name))

    def told(self) -> list[tuple[str, str, str, str]]:
        """Of each record: kind, application, ref, and what came out of it."""
        return [
            (r.kind, r.application, r.body.get("ref", ""), r.body.get("result", r.body.get("action", "")))
            for r in self.journal.after()
        ]


def ref(name: str) -> Ref:
    return Ref("ConfigMap", "shop", name)


def act(application: str = "shop", revision: str = "c1") -> Act:
    return Act(application=application, target="prod", revision=revision, plan=Digest("plan"))


def change(name: str, action: Action = Action.CREATE, body: str = "b1", **more: Any) -> Change:
    return Change(ref=ref(name), action=action, reason="because", body=Digest(body), **more)


def intent(one: Change, promised: str = "p1") -> Intent:
    return Intent(change=one, promised=Digest(promised))


def seen(uid: str = "u1", ours: str = "o1", generation: int = 1) -> Observed:
    return Observed(uid=uid, version="7", generation=generation, ours=Digest(ours), others=Digest("x1"))


def outcome(one: Change, result: Result = Result.DONE, observed: Observed | None = None, **more: Any) -> Outcome:
    return Outcome(change=one, result=result, observed=observed, **more)


def applied(books: Books, name: str, application: str = "shop", **more: Any) -> Entry:
    """An entry that was intended and applied."""
    one = change(name, **more)
    books.ledger.intend(act(application), [intent(one)])
    books.ledger.settle(act(application), [outcome(one, observed=seen())])
    entry = books.entry(name, application)
    assert entry is not None
    return entry

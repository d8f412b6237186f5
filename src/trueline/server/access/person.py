"""People whom a provider of identities knows, as it told of them when they signed in last. They have no password here.

Their names begin with `oidc:`, which no user's does, so that neither ever is the other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import canonical, parse
from trueline.model.fault import UserError
from trueline.record.journal import Journal, Kind, Note, stamp
from trueline.runtime.clock import Clock
from trueline.runtime.store import Store
from trueline.server.access.change import Changes
from trueline.server.access.identity import FEDERATED
from trueline.server.access.oidc.claim import Claimed

SKEW: Final = timedelta(minutes=5)
PEOPLE_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody a provider knows; what it said of them counts `until` then. `name` has its prefix."""

    name: str
    issuer: str
    groups: tuple[str, ...]
    seen: datetime
    until: datetime


class People:
    """People in the store."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, changes: Changes) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._changes = changes

    def enter(self, claimed: Claimed, lasts: timedelta) -> Person:
        """What the provider says of somebody now takes the place of what it said before.

        A name that was another subject's, and a subject that had another name, begin anew: what was made under them is
        nobody's any more.
        """
        name, now = f"{FEDERATED}{claimed.name}", self._clock.now()
        until = now + lasts
        with self._store.transaction(durable=True):
            self._forget_old(now)
            same = "SELECT name FROM person WHERE (name = ?) != (issuer = ? AND subject = ?)"
            for (other,) in self._store.rows(same, (name, claimed.issuer, claimed.subject)):
                self._forget(str(other))
            groups = canonical(list(claimed.groups)).decode()
            values = (name, claimed.issuer, claimed.subject, groups, stamp(now), stamp(until))
            self._store.execute("INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?, ?, ?)", values)
        self._changes.note()
        return Person(name=name, issuer=claimed.issuer, groups=claimed.groups, seen=now, until=until)

    def find(self, name: str) -> Person | None:
        """Somebody of whom what was said counts still; INV-28: nothing counts with a clock that was put back."""
        query = "SELECT name, issuer, groups, seen, until FROM person WHERE name = ?"
        row = self._store.row(query, (name,)) if name.startswith(FEDERATED) else None
        found = _person(row) if row is not None else None
        return found if found is not None and found.seen - SKEW <= self._clock.now() < found.until else None

    def all(self) -> tuple[Person, ...]:
        """Everybody who signed in of late, by name."""
        query = "SELECT name, issuer, groups, seen, until FROM person ORDER BY name LIMIT ?"
        return tuple(_person(row) for row in self._store.rows(query, (PEOPLE_MAX,)))

    def remove(self, name: str, *, by: str) -> None:
        """Their sessions and tokens end. Whoever the provider still knows can sign in anew.

        Raises:
            UserError: TL2213, nobody of that name has signed in.
        """
        with self._store.transaction(durable=True):
            if self._store.row("SELECT 1 FROM person WHERE name = ?", (name,)) is None:
                raise _nobody(name)
            self._forget(name)
            self._journal.append([Note(kind=Kind.USER_REMOVED, body={"name": name, "who": by})])
        self._changes.note()

    def _forget_old(self, now: datetime) -> None:
        for (name,) in self._store.rows("SELECT name FROM person WHERE until < ? LIMIT ?", (stamp(now), PEOPLE_MAX)):
            self._forget(str(name))

    def _forget(self, name: str) -> None:
        self._store.execute("DELETE FROM person WHERE name = ?", (name,))
        self._store.execute("DELETE FROM session WHERE name = ?", (name,))
        self._store.execute("DELETE FROM token WHERE owner = ?", (name,))


def _person(row: tuple[str, str, str, str, str]) -> Person:
    name, issuer, groups, seen, until = row
    return Person(
        name=name,
        issuer=issuer,
        groups=tuple(parse(groups.encode())),
        seen=datetime.fromisoformat(seen),
        until=datetime.fromisoformat(until),
    )


def _nobody(name: str) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL2213",
                summary="nobody of that name has signed in by the provider",
                detail=repr(name[:140]),
                remedy="see `people` of GET /api/v1/users",
            )
        ]
    )

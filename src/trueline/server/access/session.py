"""Sessions of browsers: a random secret in a cookie, its digest in the store, and two ends."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

from trueline.record.journal import stamp
from trueline.runtime.clock import Clock
from trueline.runtime.store import Store
from trueline.server.access.change import Changes
from trueline.server.access.person import People
from trueline.server.access.secret import SHOWN_CHARACTERS_MAX, Random, digest_of, new_secret

IDLE: Final = timedelta(hours=12)
WHOLE: Final = timedelta(days=7)
NOTED: Final = timedelta(minutes=1)
"""How exactly the last use is known."""
SKEW: Final = timedelta(minutes=5)
SESSIONS_MAX: Final = 100
"""Of one user; the longest unused go first."""
_PURPOSE: Final = "session"
_CSRF_BYTES: Final = 24
_ID_CHARACTERS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is signed in; a user who was removed has none. `groups` are what the provider said of them, where one did."""

    name: str
    is_admin: bool
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSight:
    """A session as its owner sees it. `id` is no secret; `is_this`: it is the one that asks."""

    id: str
    began: datetime
    used: datetime
    until: datetime
    address: str
    is_this: bool


class Sessions:
    """Sessions in the store."""

    def __init__(self, store: Store, clock: Clock, random: Random, changes: Changes, people: People) -> None:
        self._store = store
        self._people = people
        self._clock = clock
        self._random = random
        self._changes = changes

    def begin(self, name: str, *, until: datetime | None = None, address: str = "") -> str:
        """A new session of somebody, which ends at a time in any case; the answer is its secret."""
        secret, now = new_secret(self._random), stamp(self._clock.now())
        oldest = "SELECT digest FROM session WHERE name = ? ORDER BY used DESC LIMIT -1 OFFSET ?"
        with self._store.transaction():
            self._store.execute("DELETE FROM session WHERE began < ?", (stamp(self._clock.now() - WHOLE),))
            last = stamp(until) if until is not None else ""
            values = (digest_of(secret, _PURPOSE), name, now, now, last, address)
            self._store.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", values)
            self._store.execute(f"DELETE FROM session WHERE digest IN ({oldest})", (name, SESSIONS_MAX))  # noqa: S608 - a constant
        return secret

    def find(self, secret: str) -> Session | None:
        """Who has a session; `None` for one that is over, or none. Its use is noted."""
        if not secret or len(secret) > SHOWN_CHARACTERS_MAX:
            return None
        digest, now = digest_of(secret, _PURPOSE), self._clock.now()
        query = (
            "SELECT session.name, is_admin, began, session.used, session.until FROM session "
            "LEFT JOIN account ON account.name = session.name AND password != '' WHERE digest = ?"
        )
        row = self._store.row(query, (digest,))
        if row is None:
            return None
        began, used = datetime.fromisoformat(row[2]), datetime.fromisoformat(row[3])
        person = self._people.find(row[0])
        if not _is_live(began, used, now) or (row[4] and not now < datetime.fromisoformat(row[4])):
            return None
        if row[1] is None and person is None:  # INV-11: no user, and nobody of whom the provider's word counts still
            return None
        if now - used > NOTED:
            self._store.execute("UPDATE session SET used = ? WHERE digest = ?", (stamp(now), digest))
        return Session(name=row[0], is_admin=bool(row[1]), groups=person.groups if person is not None else ())

    def all(self, name: str, asking: str = "") -> tuple[SessionSight, ...]:
        """Somebody's sessions that are live, the one that was used last first; `asking` is the secret of one."""
        now, own = self._clock.now(), digest_of(asking, _PURPOSE)
        query = "SELECT digest, began, used, until, address FROM session WHERE name = ? ORDER BY used DESC LIMIT ?"
        found = (_sight(row, own) for row in self._store.rows(query, (name, SESSIONS_MAX)))
        return tuple(one for one in found if _is_live(one.began, one.used, now) and now < one.until)

    def end_one(self, name: str, id: str) -> None:  # noqa: A002 - the session's
        """A session of somebody's ends; of nobody else's (INV-11), and of none where there is no such one."""
        if len(id) == _ID_CHARACTERS:
            where = f"name = ? AND substr(digest, 1, {_ID_CHARACTERS}) = ?"
            self._store.execute(f"DELETE FROM session WHERE {where}", (name, id))  # noqa: S608 - constants
            self._changes.note()

    def end(self, secret: str) -> None:
        """Somebody signs out."""
        self._store.execute("DELETE FROM session WHERE digest = ?", (digest_of(secret, _PURPOSE),))
        self._changes.note()


def _is_live(began: datetime, used: datetime, now: datetime) -> bool:
    """INV-28: with a clock that was put back, a session is over rather than endless."""
    return began - SKEW <= now < began + WHOLE and used - SKEW <= now < used + IDLE


def _sight(row: tuple[str, str, str, str, str], own: str) -> SessionSight:
    digest, began, used, until, address = row
    begun = datetime.fromisoformat(began)
    return SessionSight(
        id=digest[:_ID_CHARACTERS],
        began=begun,
        used=datetime.fromisoformat(used),
        until=datetime.fromisoformat(until) if until else begun + WHOLE,
        address=address,
        is_this=digest == own,
    )


def csrf_of(secret: str) -> str:
    """The word that a page of this server puts into its forms: of one session alone, and nothing is told by it."""
    digest = blake2b(secret.encode(errors="surrogatepass"), digest_size=_CSRF_BYTES, person=b"csrf").digest()
    return urlsafe_b64encode(digest).decode()


def is_csrf(secret: str, given: str) -> bool:
    """Whether a request brings the word of its session."""
    return compare_digest(csrf_of(secret).encode(), given.encode(errors="replace"))

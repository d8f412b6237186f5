"""Local users in the store, and the invitations by which they choose a password. Nobody is given one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.record.journal import Journal, Kind, Note, stamp
from trueline.runtime.clock import Clock
from trueline.runtime.store import Store
from trueline.server.access.change import Changes
from trueline.server.access.identity import is_name
from trueline.server.access.password import Hasher, fault_of
from trueline.server.access.secret import SHOWN_CHARACTERS_MAX, Random, digest_of, new_secret

INVITED: Final = timedelta(hours=24)
USERS_MAX: Final = 10_000
_PURPOSE: Final = "invitation"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A local user; `is_open` until somebody has chosen a password."""

    name: str
    is_admin: bool
    is_open: bool
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Who may choose a password; with an empty `name` they choose that too, as the first one who comes in."""

    name: str
    is_admin: bool
    until: datetime


class Users:
    """Each change is durable and has its record; `by` is who asked for it."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, random: Random, changes: Changes) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._random = random
        self._changes = changes

    def all(self) -> tuple[User, ...]:
        """Every user, by name."""
        query = "SELECT name, password, is_admin, since FROM account ORDER BY name LIMIT ?"
        return tuple(_user(row) for row in self._store.rows(query, (USERS_MAX,)))

    def find(self, name: str) -> User | None:
        """One user."""
        row = self._store.row("SELECT name, password, is_admin, since FROM account WHERE name = ?", (name,))
        return _user(row) if row else None

    @property
    def is_anybody_in(self) -> bool:
        """Whether anybody has chosen a password yet."""
        return self._store.row("SELECT 1 FROM account WHERE password != '' LIMIT 1") is not None

    def invite_first(self) -> str:
        """A new invitation for the first one, who is an administrator; an earlier one of these gives way."""
        return self._invite("", is_admin=True, by="")

    def add(self, name: str, *, is_admin: bool, by: str) -> str:
        """A new user; the answer is the secret of the invitation.

        Raises:
            UserError: TL0742, that cannot be a name; TL0743, the name is taken.
        """
        check_name(name)
        with self._store.transaction(durable=True):
            if self.find(name) is not None:
                raise _taken(name)
            values = (name, int(is_admin), stamp(self._clock.now()))
            self._store.execute("INSERT INTO account VALUES (?, '', ?, ?)", values)
            body = {"name": name, "admin": is_admin, "who": by}
            self._journal.append([Note(kind=Kind.USER_ADDED, body=body)])
            return self._invite(name, is_admin=is_admin, by=by)

    def invite(self, name: str, *, by: str) -> str:
        """A new invitation for a user, who may choose another password by it; the answer is its secret.

        Raises:
            UserError: TL0744, there is no such user.
        """
        user = self._known(name)
        return self._invite(name, is_admin=user.is_admin, by=by)

    def _invite(self, name: str, *, is_admin: bool, by: str) -> str:
        secret, until = new_secret(self._random), self._clock.now() + INVITED
        with self._store.transaction(durable=True):
            self._store.execute("DELETE FROM invitation WHERE name = ? OR until < ?", (name, stamp(self._clock.now())))
            values = (digest_of(secret, _PURPOSE), name, int(is_admin), stamp(until))
            self._store.execute("INSERT INTO invitation VALUES (?, ?, ?, ?)", values)
            body = {"name": name, "until": stamp(until), "who": by}
            self._journal.append([Note(kind=Kind.USER_INVITED, body=body)])
        return secret

    def invited(self, secret: str) -> Invitation | None:
        """What an invitation is good for; `None` for one that is over, used or none."""
        if len(secret) > SHOWN_CHARACTERS_MAX:
            return None
        query = "SELECT name, is_admin, until FROM invitation WHERE digest = ?"
        row = self._store.row(query, (digest_of(secret, _PURPOSE),))
        if row is None:
            return None
        found = Invitation(name=row[0], is_admin=bool(row[1]), until=datetime.fromisoformat(row[2]))
        now = self._clock.now()
        is_over = not found.until - 2 * INVITED < now < found.until  # INV-28: a clock that was put back opens nothing
        return None if is_over or (not found.name and self.is_anybody_in) else found

    async def accept(self, secret: str, name: str, password: str, hasher: Hasher) -> str:
        """Choose a password by an invitation, once; the answer is the user's name. Every session of theirs ends.

        Raises:
            UserError: TL0741, TL0742, TL0743, TL0745.
        """
        invitation = self.invited(secret)
        if invitation is None:
            raise _over()
        name = invitation.name or name
        check_name(name)
        if fault := fault_of(password, name):
            raise _refused("TL0745", "the password cannot be taken", fault, "choose another one")
        hashed = await hasher.hash(password)
        with self._store.transaction(durable=True):
            if self.invited(secret) != invitation or not self._use(secret):  # somebody was faster meanwhile
                raise _over()
            if not invitation.name and self.find(name) is not None:
                raise _taken(name)
            self._set(name, hashed, is_admin=invitation.is_admin)
        self._changes.note()
        return name

    async def choose(self, name: str, password: str, hasher: Hasher) -> None:
        """Another password, for a user who has shown that they know the one before. Every session of theirs ends.

        Raises:
            UserError: TL0744, TL0745.
        """
        if fault := fault_of(password, name):
            raise _refused("TL0745", "the password cannot be taken", fault, "choose another one")
        hashed = await hasher.hash(password)
        with self._store.transaction(durable=True):
            self._set(name, hashed, is_admin=self._known(name).is_admin)
        self._changes.note()

    def _use(self, secret: str) -> bool:
        digest = digest_of(secret, _PURPOSE)
        return self._store.execute("DELETE FROM invitation WHERE digest = ?", (digest,)) == 1

    def _set(self, name: str, hashed: str, *, is_admin: bool) -> None:
        changed = self._store.execute("UPDATE account SET password = ? WHERE name = ?", (hashed, name))
        if not changed:
            values = (name, hashed, int(is_admin), stamp(self._clock.now()))
            self._store.execute("INSERT INTO account VALUES (?, ?, ?, ?)", values)
        self._store.execute("DELETE FROM session WHERE name = ?", (name,))
        self._store.execute("DELETE FROM invitation WHERE name = ''")  # somebody is in: nobody is the first any more
        self._journal.append([Note(kind=Kind.PASSWORD_SET, body={"name": name})])

    async def is_right(self, name: str, password: str, hasher: Hasher) -> bool:
        """Whether a password is a user's; it takes as long for a name that there is not."""
        row = self._store.row("SELECT password FROM account WHERE name = ?", (name,)) if is_name(name) else None
        hashed = str(row[0]) if row else ""
        if not await hasher.is_right(hashed, password):
            return False
        now = self._store.row("SELECT password FROM account WHERE name = ?", (name,))
        return now is not None and now[0] == hashed  # they were not removed, nor their password changed, meanwhile

    def remove(self, name: str, *, by: str) -> None:
        """A user is one no more: with their sessions, tokens and invitations.

        Raises:
            UserError: TL0744, there is no such user.
        """
        self._known(name)
        with self._store.transaction(durable=True):
            self._store.execute("DELETE FROM account WHERE name = ?", (name,))
            self._store.execute("DELETE FROM session WHERE name = ?", (name,))
            self._store.execute("DELETE FROM token WHERE owner = ?", (name,))
            self._store.execute("DELETE FROM invitation WHERE name = ?", (name,))
            self._journal.append([Note(kind=Kind.USER_REMOVED, body={"name": name, "who": by})])
        self._changes.note()

    def _known(self, name: str) -> User:
        found = self.find(name) if name else None
        if found is None:
            names = ", ".join(user.name for user in self.all()[:20])
            detail = f"{name[:80]!r}; there are: {names}" if names else f"{name[:80]!r}; there is none at all"
            raise _refused("TL0744", "there is no user of that name", detail, "see `trueline user list`")
        return found


def check_name(name: str) -> None:
    """Whether a text can be a user's name.

    Raises:
        UserError: TL0742.
    """
    if not is_name(name) or name != name.lower() or "/" in name:
        remedy = "write at most 128 small letters, digits and `._@+-`, beginning with a letter or digit"
        raise _refused("TL0742", "that cannot be the name of a user", repr(name[:80]), remedy)


def _user(row: tuple[str, str, int, str]) -> User:
    name, password, is_admin, since = row
    return User(name=name, is_admin=bool(is_admin), is_open=not password, since=datetime.fromisoformat(since))


def _taken(name: str) -> UserError:
    return _refused("TL0743", "there is a user of that name already", name, "choose another name")


def _over() -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL0741",
                summary="the invitation is over",
                detail="it was used, is older than a day, or never was one",
                remedy="have a new one made: trueline user invite NAME; before the first user, start `up` anew",
            )
        ]
    )


def _refused(code: str, summary: str, detail: str, remedy: str) -> UserError:
    return UserError([Diagnostic(code=code, summary=summary, detail=detail, remedy=remedy)])

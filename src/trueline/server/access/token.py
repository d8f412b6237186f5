"""API tokens: shown once, kept as digests, scoped, and over after a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from trueline.declare.application import Role
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import canonical, parse
from trueline.model.fault import UserError
from trueline.record.journal import Journal, Kind, Note, listed, stamp
from trueline.runtime.clock import Clock
from trueline.runtime.store import Store
from trueline.server.access.change import Changes
from trueline.server.access.identity import Identity, IdentityKind, Scope
from trueline.server.access.person import People
from trueline.server.access.secret import SECRET_BYTES, Random, digest_of
from trueline.server.access.user import check_name

PREFIX: Final = "tl_"
DAYS: Final = 90
DAYS_MAX: Final = 366
TOKENS_MAX: Final = 1_000
"""Of one owner."""
NOTED: Final = timedelta(minutes=1)
SKEW: Final = timedelta(minutes=5)
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_CHARACTERS: Final = 43
_CHECK_CHARACTERS: Final = 6
_PURPOSE: Final = "token"
_COLUMNS: Final = "name, owner, role, projects, since, until, used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token without its secret. An empty `owner`: it is nobody's own, and good for its scope alone."""

    name: str
    owner: str
    scope: Scope
    since: datetime
    until: datetime
    used: datetime | None


class Tokens:
    """Tokens in the store; each change is durable and has its record."""

    def __init__(  # noqa: PLR0913, PLR0917 - each is an effect
        self, store: Store, journal: Journal, clock: Clock, random: Random, changes: Changes, people: People
    ) -> None:
        self._store = store
        self._people = people
        self._journal = journal
        self._clock = clock
        self._random = random
        self._changes = changes

    def create(self, name: str, *, owner: str, scope: Scope, days: int, by: str) -> str:
        """A new token; the answer is its secret, which is told this once.

        Of whoever a provider knows it ends when its word of them does: they may have left since.

        Raises:
            UserError: TL0742, that cannot be a name; TL0754, the owner has one of that name, or too many.
        """
        check_name(name)
        now = self._clock.now()
        secret, until = new_token(self._random), now + timedelta(days=days)
        if (person := self._people.find(owner)) is not None:
            until = min(until, person.until)
        with self._store.transaction(durable=True):
            self._store.execute("DELETE FROM token WHERE until < ?", (stamp(now),))
            known = [token.name for token in self.all(owner)]
            if name in known or len(known) >= TOKENS_MAX:
                detail = f"{name}: there is one" if name in known else f"{owner or 'nobody'} has {len(known)} of them"
                raise _refused("TL0754", "the token cannot be made", detail, "revoke one, or choose another name")
            projects = canonical(list(scope.projects)).decode()
            values = (name, digest_of(secret, _PURPOSE), owner, scope.role.value, projects, stamp(now), stamp(until))
            self._store.execute("INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", values)
            body = {"name": name, "owner": owner, "role": scope.role.value, "until": stamp(until), "who": by}
            told = {**body, "projects": listed(scope.projects)}
            self._journal.append([Note(kind=Kind.TOKEN_MADE, body=told)])
        return secret

    def all(self, owner: str | None = None) -> tuple[Token, ...]:
        """The tokens of an owner, or of everybody, by owner and name; those that are over too, until one is made."""
        where, values = ("", ()) if owner is None else ("WHERE owner = ?", (owner,))
        query = f"SELECT {_COLUMNS} FROM token {where} ORDER BY owner, name LIMIT {10 * TOKENS_MAX}"  # noqa: S608 - constants
        return tuple(_token(row) for row in self._store.rows(query, values))

    def revoke(self, name: str, *, owner: str, by: str) -> None:
        """A token is good for nothing any more.

        Raises:
            UserError: TL0755, the owner has none of that name.
        """
        with self._store.transaction(durable=True):
            if not self._store.execute("DELETE FROM token WHERE owner = ? AND name = ?", (owner, name)):
                remedy = "see `trueline token list`"
                raise _refused("TL0755", "there is no token of that name", repr(name[:80]), remedy)
            body = {"name": name, "owner": owner, "who": by}
            self._journal.append([Note(kind=Kind.TOKEN_REVOKED, body=body)])
        self._changes.note()

    def find(self, secret: str) -> Identity | None:
        """Who comes with a token; nobody where it is over, revoked, or its owner is no user any more."""
        if not is_token(secret):
            return None
        now = self._clock.now()
        query = (
            f"SELECT {', '.join(f'token.{name}' for name in _COLUMNS.split(', '))}, is_admin FROM token "  # noqa: S608 - constants
            "LEFT JOIN account ON account.name = owner AND password != '' WHERE digest = ?"
        )
        row = self._store.row(query, (digest_of(secret, _PURPOSE),))
        if row is None:
            return None
        token, is_admin = _token(row[:-1]), row[-1]
        person = self._people.find(token.owner)
        is_nobodys = bool(token.owner) and is_admin is None and person is None
        if not token.since - SKEW <= now < token.until or is_nobodys:  # INV-28
            return None
        if token.used is None or abs(now - token.used) > NOTED:
            values = (stamp(now), token.owner, token.name)
            self._store.execute("UPDATE token SET used = ? WHERE owner = ? AND name = ?", values)
        return Identity(
            kind=IdentityKind.TOKEN,
            name=token.owner,
            groups=frozenset(person.groups if person is not None else ()),
            token=token.name,
            scope=token.scope,
            is_admin=bool(is_admin),
        )


def new_token(random: Random) -> str:
    """A new secret: `tl_`, 32 random bytes and a checksum, so that one that was cut is told apart by anybody."""
    secret = _base62(int.from_bytes(random(SECRET_BYTES), "big"), _SECRET_CHARACTERS)
    return f"{PREFIX}{secret}{_check(secret)}"


def is_token(text: str) -> bool:
    """Whether a text has the form of a token, its checksum included; nothing is asked for one that has not."""
    if len(text) != len(PREFIX) + _SECRET_CHARACTERS + _CHECK_CHARACTERS or not text.startswith(PREFIX):
        return False
    secret, check = text[len(PREFIX) : -_CHECK_CHARACTERS], text[-_CHECK_CHARACTERS:]
    return set(secret) <= set(_DIGITS) and _check(secret) == check


def _check(secret: str) -> str:
    return _base62(crc32(secret.encode()), _CHECK_CHARACTERS)


def _base62(number: int, characters: int) -> str:
    digits = []
    for _ in range(characters):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def _token(row: tuple[str, str, str, str, str, str, str | None]) -> Token:
    name, owner, role, projects, since, until, used = row
    return Token(
        name=name,
        owner=owner,
        scope=Scope(role=Role(role), projects=tuple(parse(projects.encode()))),
        since=datetime.fromisoformat(since),
        until=datetime.fromisoformat(until),
        used=datetime.fromisoformat(used) if used else None,
    )


def _refused(code: str, summary: str, detail: str, remedy: str) -> UserError:
    return UserError([Diagnostic(code=code, summary=summary, detail=detail, remedy=remedy)])

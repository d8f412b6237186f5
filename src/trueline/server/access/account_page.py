"""The pages of one's own account, of users, and of a program that wants to act as somebody. They decide nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from trueline.server.access.identity import Identity, IdentityKind
from trueline.server.access.person import Person
from trueline.server.access.program import Program
from trueline.server.access.session import SessionSight
from trueline.server.access.token import Token
from trueline.server.access.user import User
from trueline.server.page.template import render

ROLES = ("viewer", "deployer", "approver", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """A token in the list."""

    name: str
    good_for: str
    until: str
    used: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A session in the list; `is_this`: it is the one that looks."""

    id: str
    began: str
    used: str
    until: str
    address: str
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """`secret` is a token that was made just now, and is told this once. `is_local`: they have a password here."""

    name: str
    csrf: str
    is_local: bool
    administers: bool
    groups: tuple[str, ...]
    tokens: tuple[TokenView, ...]
    sessions: tuple[SessionView, ...]
    fault: str = ""
    done: str = ""
    secret: str = ""
    roles: tuple[str, ...] = ROLES


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """A user, or somebody whom the provider knows. `state` is a word for how they stand."""

    name: str
    state: str
    since: str
    groups: str
    is_local: bool
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersView:
    """`address` is an invitation that was made just now, of `invited`, and is told this once."""

    csrf: str
    people: tuple[PersonView, ...]
    fault: str = ""
    done: str = ""
    invited: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramView:
    """Who would let which program act as them; `fault` where it is none."""

    name: str
    csrf: str
    program: Program | None


def token_views(tokens: Iterable[Token]) -> tuple[TokenView, ...]:
    """Tokens as they are shown."""
    return tuple(
        TokenView(
            name=one.name,
            good_for=f"{one.scope.role.value} in {', '.join(one.scope.projects) or 'all projects'}",
            until=day(one.until),
            used=moment(one.used) if one.used else "never",
        )
        for one in tokens
    )


def session_views(sessions: Iterable[SessionSight]) -> tuple[SessionView, ...]:
    """Sessions as they are shown."""
    return tuple(
        SessionView(
            id=one.id,
            began=moment(one.began),
            used=moment(one.used),
            until=moment(one.until),
            address=one.address or "unknown",
            is_this=one.is_this,
        )
        for one in sessions
    )


def person_views(users: Iterable[User], people: Iterable[Person], asker: Identity) -> tuple[PersonView, ...]:
    """Users, and whoever came in by the provider, as they are shown."""
    local = (
        PersonView(
            name=one.name,
            state="invited" if one.is_open else "administrator" if one.is_admin else "user",
            since=day(one.since),
            groups="",
            is_local=True,
            is_this=asker.kind is IdentityKind.LOCAL and one.name == asker.name,
        )
        for one in users
    )
    known = (
        PersonView(
            name=one.name,
            state=f"known by {one.issuer}",
            since=day(one.seen),
            groups=", ".join(one.groups),
            is_local=False,
            is_this=one.name == asker.name,
        )
        for one in people
    )
    return (*local, *known)


def account_page(view: AccountView) -> bytes:
    """One's own account."""
    return render("account.html", view, title="Account")


def users_page(view: UsersView) -> bytes:
    """Who may come in."""
    return render("users.html", view, title="Users")


def program_page(view: ProgramView) -> bytes:
    """Whether a program may act as somebody."""
    return render("program.html", view, title="A program asks")


def day(at: datetime) -> str:
    """A day, as it is shown."""
    return f"{at:%Y-%m-%d}"


def moment(at: datetime) -> str:
    """A minute, as it is shown."""
    return f"{at:%Y-%m-%d %H:%M} UTC"

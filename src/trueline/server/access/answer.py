"""What is asked about users and tokens, as the API answers it."""

from typing import Annotated, Literal, assert_never

import msgspec

from trueline.declare.application import Role
from trueline.server.access.access import Access
from trueline.server.access.body import (
    InvitedBody,
    MadeTokenBody,
    PersonBody,
    RemovedUserBody,
    RevokedTokenBody,
    TokenBody,
    TokensBody,
    UserBody,
    UsersBody,
)
from trueline.server.access.identity import FEDERATED, Identity, IdentityKind, Scope, rights_everywhere
from trueline.server.access.refusal import tokened
from trueline.server.access.right import Right
from trueline.server.access.token import DAYS, DAYS_MAX, Token
from trueline.server.reading import Nothing, Question


class AddUser(Question, frozen=True, kw_only=True):
    """The name of the new user, and whether they are an administrator of the installation."""

    name: str
    admin: bool = False


class CreateToken(Question, frozen=True, kw_only=True):
    """What a token is called, and what it is good for, at most: a role in some projects, or in all, for some days."""

    name: str
    role: Literal["viewer", "deployer", "approver", "admin"] = "viewer"
    projects: Annotated[tuple[str, ...], msgspec.Meta(max_length=100)] = ()
    days: Annotated[int, msgspec.Meta(ge=1, le=DAYS_MAX)] = DAYS


class RevokeToken(Question, frozen=True, kw_only=True):
    """Whose token it is; without an owner, one's own."""

    owner: str | None = None


class AccountAnswers:
    """Questions about users and tokens; `name` is the user's or the token's, `asker` asks."""

    def __init__(self, access: Access) -> None:
        self.access = access

    async def users(self, _: Nothing) -> UsersBody:
        """Every local user, and whoever came in by the provider of late, by name."""
        users = self.access.users.all()
        return UsersBody(
            users=tuple(UserBody(name=u.name, admin=u.is_admin, open=u.is_open, since=u.since) for u in users),
            people=tuple(
                PersonBody(name=one.name, issuer=one.issuer, groups=one.groups, seen=one.seen, until=one.until)
                for one in self.access.people.all()
            ),
        )

    async def add_user(self, asked: AddUser, asker: Identity) -> InvitedBody:
        """A new user, and their invitation."""
        _person(asker)
        return self._invited(asked.name, self.access.users.add(asked.name, is_admin=asked.admin, by=str(asker)))

    async def invite_user(self, name: str, _: Nothing, asker: Identity) -> InvitedBody:
        """A new invitation: to choose another password, or because the last one is over."""
        _person(asker)
        return self._invited(name, self.access.users.invite(name, by=str(asker)))

    async def remove_user(self, name: str, _: Nothing, asker: Identity) -> RemovedUserBody:
        """Remove a user, with their sessions and tokens; of whoever a provider knows these alone."""
        _person(asker)
        if name.startswith(FEDERATED):
            self.access.people.remove(name, by=str(asker))
        else:
            self.access.users.remove(name, by=str(asker))
        return RemovedUserBody(name=name)

    async def tokens(self, _: Nothing, asker: Identity) -> TokensBody:
        """The tokens that are one's own; of an administrator, everybody's."""
        found = self.access.tokens.all(None if self._administers(asker) else _person(asker))
        return TokensBody(tokens=tuple(map(_token_body, found)))

    async def create_token(self, asked: CreateToken, asker: Identity) -> MadeTokenBody:
        """A token that can do no more than its owner; made on the socket, it is nobody's own."""
        owner = _person(asker)
        scope = Scope(role=Role(asked.role), projects=asked.projects)
        tokens = self.access.tokens
        secret = tokens.create(asked.name, owner=owner, scope=scope, days=asked.days, by=str(asker))
        made = next(token for token in tokens.all(owner) if token.name == asked.name)
        return MadeTokenBody(name=made.name, token=secret, until=made.until)

    async def revoke_token(self, name: str, asked: RevokeToken, asker: Identity) -> RevokedTokenBody:
        """Revoke a token of one's own; an administrator, anybody's."""
        own = _person(asker)
        owner = asked.owner if asked.owner is not None and self._administers(asker) else own
        self.access.tokens.revoke(name, owner=owner, by=str(asker))
        return RevokedTokenBody(name=name, owner=owner)

    def _administers(self, asker: Identity) -> bool:
        return Right.ADMINISTER in rights_everywhere(asker, self.access.grants.projects())

    def _invited(self, name: str, secret: str) -> InvitedBody:
        return InvitedBody(name=name, address=f"{self.access.address}/sign-in?token={secret}")


def _person(asker: Identity) -> str:
    """Whose a token is that somebody makes; nobody's on the socket. A token lets nobody in: it could outlive itself.

    Raises:
        Refusal: TL0756.
    """
    match asker.kind:
        case IdentityKind.LOCAL | IdentityKind.PERSON:
            return asker.name
        case IdentityKind.SOCKET:
            return ""
        case IdentityKind.TOKEN:
            raise tokened()
        case _:
            assert_never(asker.kind)


def _token_body(token: Token) -> TokenBody:
    return TokenBody(
        name=token.name,
        owner=token.owner,
        role=token.scope.role.value,
        projects=token.scope.projects,
        since=token.since,
        until=token.until,
        used=token.used,
    )

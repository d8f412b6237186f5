"""What the API says of users and of who asks."""

from datetime import datetime

from trueline.server.body import Body


class MeBody(Body, frozen=True, kw_only=True):
    """Who asks, what they may on the whole installation and in each project, and the word for actions of a page."""

    name: str
    kind: str
    everywhere: tuple[str, ...]
    projects: dict[str, tuple[str, ...]]
    csrf: str


class WaysBody(Body, frozen=True, kw_only=True):
    """By which ways one signs in: with a password, and by which provider; empty where there is none."""

    password: bool
    provider: str


class UserBody(Body, frozen=True, kw_only=True):
    """A local user; `open` until a password was chosen."""

    name: str
    admin: bool
    open: bool
    since: datetime


class PersonBody(Body, frozen=True, kw_only=True):
    """Somebody whom the provider knows: when they came in last, with which groups; its word counts `until` then."""

    name: str
    issuer: str
    groups: tuple[str, ...]
    seen: datetime
    until: datetime


class UsersBody(Body, frozen=True, kw_only=True):
    """Every local user, and whoever came in by the provider of late, by name."""

    users: tuple[UserBody, ...]
    people: tuple[PersonBody, ...]


class InvitedBody(Body, frozen=True, kw_only=True):
    """An invitation: whoever opens the address within a day chooses the password, once."""

    name: str
    address: str


class TokenBody(Body, frozen=True, kw_only=True):
    """A token without its secret; without an `owner` it is good for its scope alone, without `projects` in all."""

    name: str
    owner: str
    role: str
    projects: tuple[str, ...]
    since: datetime
    until: datetime
    used: datetime | None


class TokensBody(Body, frozen=True, kw_only=True):
    """Tokens, by owner and name."""

    tokens: tuple[TokenBody, ...]


class MadeTokenBody(Body, frozen=True, kw_only=True):
    """A new token; `token` is its secret, which is told this once."""

    name: str
    token: str
    until: datetime


class RevokedTokenBody(Body, frozen=True, kw_only=True):
    """A token that is good for nothing any more."""

    name: str
    owner: str


class RemovedUserBody(Body, frozen=True, kw_only=True):
    """A user who is none any more."""

    name: str

"""Who asks, and what they may in a project: pure, and nobody where anything is odd."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, assert_never

from trueline.declare.application import Project, Role
from trueline.server.access.right import ALL, RIGHTS, Right

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+/-]{0,127}", re.ASCII)
NOTHING: Final[frozenset[Right]] = frozenset()
FEDERATED: Final = "oidc:"
"""Begins the name of whoever a provider knows; a user's name cannot hold it."""


class IdentityKind(Enum):
    """By what somebody was recognised."""

    LOCAL = "local"
    """A user of this installation, signed in."""
    PERSON = "person"
    """Somebody whom the provider of identities knows, signed in."""
    TOKEN = "token"  # noqa: S105 - a word, no secret
    SOCKET = "socket"
    """Whoever can open the data directory's socket: its owner, who can do everything beside it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a token is good for, at most: a role, in these projects; in every project where none is named."""

    role: Role
    projects: tuple[str, ...] = ()

    def rights(self, project: str) -> frozenset[Right]:
        """What it allows at most in a project."""
        return RIGHTS[self.role] if not self.projects or project in self.projects else NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks. Of a token `name` is its owner, empty where it is nobody's own, and `token` its own name.

    `is_admin`: an administrator of the installation, whatever Git says. `groups` are what the provider said of a person
    whose name, then, begins with `oidc:`.
    """

    kind: IdentityKind
    name: str
    groups: frozenset[str] = frozenset()
    is_admin: bool = False
    token: str = ""
    scope: Scope | None = None

    def __str__(self) -> str:
        """As the journal names them; nobody can give themselves the name of another kind."""
        match self.kind:
            case IdentityKind.LOCAL | IdentityKind.PERSON:
                return self.name
            case IdentityKind.TOKEN:
                return f"token:{self.token} of {self.name}" if self.name else f"token:{self.token}"
            case IdentityKind.SOCKET:
                return f"socket: {self.name or 'somebody'}"
            case _:
                assert_never(self.kind)


def is_name(text: str) -> bool:
    r"""Whether a text can be the name of somebody who is known; what is empty or odd is nobody's.

    >>> is_name("ada"), is_name("ada@shop.example"), is_name(""), is_name(" ada"), is_name("ada\n")
    (True, True, False, False, False)
    """
    return _NAME.fullmatch(text) is not None


def subject_of(person: str) -> str:
    """How a Project names somebody who can sign in; empty for what is nobody's name.

    >>> subject_of("ada"), subject_of("oidc:ada@shop.example"), subject_of("oidc:"), subject_of("oidc:oidc:ada")
    ('user:ada', 'oidc:ada@shop.example', '', '')
    """
    name = person.removeprefix(FEDERATED)
    if not is_name(name):
        return ""
    return person if person != name else f"user:{name}"


def rights(identity: Identity, projects: Mapping[str, Project], project: str) -> frozenset[Right]:
    """What somebody may do with the applications of a project, by what Git says of it now.

    A project that is not declared gives nobody a role.
    """
    match identity.kind:
        case IdentityKind.SOCKET:
            return ALL
        case IdentityKind.LOCAL | IdentityKind.PERSON:
            return _own_rights(identity, projects, project)
        case IdentityKind.TOKEN:
            if identity.scope is None or not is_name(identity.token):
                return NOTHING
            own = _own_rights(identity, projects, project) if identity.name else ALL
            return own & identity.scope.rights(project)
        case _:
            assert_never(identity.kind)


def rights_everywhere(identity: Identity, projects: Mapping[str, Project]) -> frozenset[Right]:
    """What somebody may in the installation as a whole: what no project is asked for.

    A token has them where it is bound to no project.
    """
    return rights(identity, projects, "")


def _own_rights(identity: Identity, projects: Mapping[str, Project], project: str) -> frozenset[Right]:
    if not subject_of(identity.name):
        return NOTHING
    if identity.is_admin and not identity.name.startswith(FEDERATED):
        return ALL
    found = projects.get(project)
    return _given(found.roles, _subjects(identity)) if found is not None else NOTHING


def _subjects(identity: Identity) -> frozenset[str]:
    return frozenset({subject_of(identity.name), *(f"group:{group}" for group in identity.groups if is_name(group))})


def _given(roles: Mapping[Role, Iterable[str]], subjects: frozenset[str]) -> frozenset[Right]:
    return NOTHING.union(*(RIGHTS[role] for role, named in roles.items() if not subjects.isdisjoint(named)))

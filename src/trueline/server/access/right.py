"""What may be allowed, and what each role allows: one total table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from trueline.declare.application import Role


class Right(Enum):
    """What somebody may do with an application."""

    READ = "read"
    DEPLOY = "deploy"
    """Sync, hold, resume, rollback, refresh, restart, heal."""
    APPROVE = "approve"
    ADMINISTER = "administer"


ALL: Final = frozenset(Right)

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.DEPLOYER: frozenset({Right.READ, Right.DEPLOY}),
    Role.APPROVER: frozenset({Right.READ, Right.APPROVE}),
    Role.ADMIN: ALL,
}
"""Who deploys does not approve, who approves does not deploy: two people, unless Git gives one of them both roles."""


class Where(Enum):
    """On what a right is asked for."""

    OPEN = "open"
    """Of nobody: it tells nothing, and does nothing that anybody could not cause."""
    KNOWN = "known"
    """It is enough to be somebody."""
    SOMEWHERE = "somewhere"
    """In any project; of what is answered, only what may be read."""
    APPLICATION = "application"
    """On the application that the path names."""
    EVERYWHERE = "everywhere"
    """On the installation as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a request needs. `is_form`: it is a form of a page, which only a session can send.

    `is_dear`: it asks a target, so that nobody has many of them under way.
    """

    right: Right
    where: Where
    is_form: bool = False
    is_dear: bool = False


OPEN: Final = Need(right=Right.READ, where=Where.OPEN)

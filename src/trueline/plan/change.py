"""A change: one resource, one action, one reason, and what it assumed of the live object."""

from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from trueline.model.digest import Digest
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.render.resource import Position
from trueline.target.snapshot import NOTHING

_ANYWHERE = Position()


class Action(Enum):
    """What a change does to one object."""

    CREATE = "create"
    UPDATE = "update"
    HEAL = "heal"
    """The target differs from what we left there: looked at first, written only if a declared field differs."""
    TAKE_OVER = "take over"
    TRANSFER = "transfer"
    """Another application of this installation gave it up: one apply moves the mark, nothing is deleted."""
    REPLACE = "replace"
    PRUNE = "prune"
    RELEASE = "let go"
    """Git says that it stays and is not ours any more: our mark and our hand are taken off it, nothing else."""
    FORGET = "forget"
    """Ours no longer, or gone already: only our inventory changes."""
    KEEP = "keep"
    HOLD = "hold back"
    """It would be changed or deleted, but something forbids it: the reason says what."""

    __hash__ = object.__hash__  # each is one object; `Enum` would hash its name, several times for each resource

    @property
    def sign(self) -> str:
        """The character that stands for the action in terminal, comment and page."""
        match self:
            case Action.CREATE:
                return "+"
            case Action.UPDATE | Action.HEAL | Action.TAKE_OVER | Action.TRANSFER | Action.RELEASE:
                return "~"
            case Action.REPLACE:
                return "±"
            case Action.PRUNE:
                return "-"
            case Action.HOLD:
                return "!"
            case Action.FORGET | Action.KEEP:
                return " "
            case _:
                assert_never(self)

    @property
    def is_apply(self) -> bool:
        """Whether a body is sent."""
        return self in _APPLIES

    @property
    def is_write(self) -> bool:
        """Whether the target is written to."""
        return self in _APPLIES or self in {Action.PRUNE, Action.RELEASE}


_APPLIES = frozenset(
    {Action.CREATE, Action.UPDATE, Action.HEAL, Action.TAKE_OVER, Action.TRANSFER, Action.REPLACE},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one resource and why. A reviewer reads the reason; the executor checks what was assumed.

    `body` is the digest of what is declared (`NOTHING` for a prune); `uid`, `ours` and `generation` are the live
    object's when the plan was made (D7). `taken` names the managers whose fields a take-over turns into ours;
    `run` is what a hook runs for,
    empty for everything else.
    """

    ref: Ref
    action: Action
    reason: str
    position: Position = _ANYWHERE
    body: Digest = NOTHING
    origin: Origin | None = None
    uid: str = ""
    ours: Digest = NOTHING
    generation: int = 0
    taken: tuple[str, ...] = ()
    run: str = ""
    keep: bool = False

    def __str__(self) -> str:
        return f"{self.action.sign} {self.ref}  ({self.reason})"

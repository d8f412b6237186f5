"""What people ask for on a page: the words of it, and the right that it needs. Pure."""

from enum import Enum
from typing import Final, assert_never

from trueline.record.journal import Kind
from trueline.server.access.right import Right

RESTARTED_KINDS: Final = frozenset({"Deployment.apps", "StatefulSet.apps", "DaemonSet.apps"})


class Verb(Enum):
    """One action; its value stands in the address."""

    SYNC = "sync"
    REFRESH = "refresh"
    HOLD = "hold"
    RESUME = "resume"
    ROLLBACK = "rollback"
    APPROVE = "approve"
    HEAL = "heal"
    RESTART = "restart"

    @property
    def word(self) -> str:
        """What stands on the button."""
        return _WORDS[self][0]

    @property
    def said(self) -> str:
        """What it does, in a sentence or two."""
        return _WORDS[self][1]

    @property
    def right(self) -> Right:
        """What one has to have for it."""
        match self:
            case Verb.APPROVE:
                return Right.APPROVE
            case Verb.SYNC | Verb.REFRESH | Verb.HOLD | Verb.RESUME | Verb.ROLLBACK | Verb.HEAL | Verb.RESTART:
                return Right.DEPLOY
            case _:
                assert_never(self)

    @property
    def kind(self) -> Kind:
        """The record that it leaves."""
        return _KINDS[self]


_WORDS: Final = {
    Verb.SYNC: ("Sync now", "What Git says is applied now, as far as nothing else forbids it."),
    Verb.REFRESH: ("Refresh", "Git and the whole application are looked at now, whatever pause there is."),
    Verb.HOLD: ("Hold", "From then on nothing is applied to it, and no drift of it is put back, until it is resumed."),
    Verb.RESUME: ("Resume", "Every hold of it ends, a rollback's too: what Git says is applied again."),
    Verb.ROLLBACK: (
        "Roll back",
        "This deployment is put back. What Git says is held, until Git says something else or somebody resumes it.",
    ),
    Verb.APPROVE: ("Approve", "You agree to exactly this plan. It is applied as soon as nothing else forbids it."),
    Verb.HEAL: (
        "Put back",
        "What was changed behind Git's back is put back to what was applied last. Nothing else is.",
    ),
    Verb.RESTART: (
        "Restart",
        "Its pods are made anew, as its own controller does it. Nothing that is declared changes.",
    ),
}
_KINDS: Final = {
    Verb.SYNC: Kind.SYNC_ASKED,
    Verb.REFRESH: Kind.REFRESH_ASKED,
    Verb.HOLD: Kind.HOLD,
    Verb.RESUME: Kind.RESUME,
    Verb.ROLLBACK: Kind.ROLLBACK,
    Verb.APPROVE: Kind.APPROVAL,
    Verb.HEAL: Kind.HEAL_ASKED,
    Verb.RESTART: Kind.RESTART,
}

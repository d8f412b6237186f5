"""A trial: a change as the target answered to it when tried."""

from dataclasses import dataclass
from enum import Enum

from trueline.model.digest import Digest
from trueline.plan.change import Change
from trueline.target.answer import FieldChange, FieldConflict, Refusal
from trueline.target.reclaim import Reclaim
from trueline.target.snapshot import NOTHING, Observed


class Verdict(Enum):
    """How a trial ended."""

    PASSED = "passed"
    SAME = "same"
    """Looked at: nothing that we declare differs."""
    REFUSED = "refused"
    DEFERRED = "deferred"
    """It needs an object that the same plan makes first; tried again at its stage."""
    UNTRIED = "not tried"
    """We lack the rights to try; the plan says so."""
    LOST = "lost"
    """No answer: it is tried again later, and nothing is done now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the target says of one change.

    `promised` is the field set to expect after the apply. `forced`: every conflict is on a field that we owned (drift),
    or that Git took. `withheld` are fields that others hold and Git did not take: they are left out of the body.
    """

    change: Change
    verdict: Verdict
    message: str = ""
    refusal: Refusal | None = None
    promised: Digest = NOTHING
    changes: tuple[FieldChange, ...] = ()
    drifted: tuple[FieldConflict, ...] = ()
    withheld: tuple[FieldConflict, ...] = ()
    forced: bool = False
    observed: Observed | None = None
    version: str = ""
    """That of the object when a look found a conflict, which shows nothing else of it."""
    overruled: tuple[str, ...] = ()
    reclaims: Reclaim | None = None
    """Tools put something in the place of ours, or beside it: so much of it goes before ours is applied again."""
    added: tuple[FieldConflict, ...] = ()
    """What others have on it beside ours."""
    taken: tuple[FieldConflict, ...] = ()
    """What of that goes, because Git wants nothing beside what it says."""

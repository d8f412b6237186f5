"""What people ask of the engine: an approval is of the plan that they saw."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.loop.test_reconcile import reviewed
from tests.trial.answering import change
from trueline.loop.control import Control
from trueline.model.fault import UserError

ASKED = reviewed(change("a"), asks=("7 of 10 objects would be deleted",))
DIGEST = ASKED.plan.digest


class Approvals:
    """Keeps what was agreed to."""

    def __init__(self) -> None:
        self.agreed: list[str] = []

    def approve(self, name: str, plan: str, *, who: str) -> str:
        """Somebody agrees."""
        self.agreed.append(plan)
        return plan


def control(review: Any) -> tuple[Control, Approvals]:
    """A control whose one application waits with this review."""
    approvals = Approvals()
    kept = SimpleNamespace(last=SimpleNamespace(review=review) if review else None)
    engine = SimpleNamespace(kept={"shop": kept}, wake=lambda _: None, restore=None)
    parts: Any = SimpleNamespace(engine=engine, approvals=approvals)
    return Control(parts), approvals


NAMED = [
    ("the one that waits", ASKED, "", True),
    ("its digest", ASKED, DIGEST, True),
    ("its beginning", ASKED, DIGEST[:8], True),
    ("too little of it", ASKED, DIGEST[:7], False),
    ("another plan", ASKED, "0" * 64, False),
    ("nothing asks", reviewed(change("a")), "", False),
    ("nothing waits", None, "", False),
]


@pytest.mark.parametrize(("case", "review", "plan", "is_agreed"), NAMED)
def test_an_approval_names_the_plan_that_waits(case: str, review: Any, plan: str, *, is_agreed: bool) -> None:
    """INV-11: who agrees to a plan that is not there any more agrees to nothing."""
    one, approvals = control(review)
    if is_agreed:
        one.approve("shop", plan, who="ada")
        assert approvals.agreed == [DIGEST], case
        return
    with pytest.raises(UserError) as refused:
        one.approve("shop", plan, who="ada")
    assert refused.value.diagnostics[0].code == "TL0711"
    assert approvals.agreed == [], case

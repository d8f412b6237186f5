"""What a refusal becomes: an immutable field is replaced where Git names the object, and never where it holds data."""

from dataclasses import replace

import pytest

from tests.plan.world import OPTIONS
from tests.trial.answering import change
from trueline.loop.review import _replacing, refusals
from trueline.model.ref import Ref
from trueline.plan.change import Action
from trueline.target.answer import Refusal
from trueline.trial.trial import Trial, Verdict

JOB, CLAIM = Ref("Job.batch", "shop", "a"), Ref("PersistentVolumeClaim", "shop", "data")
REPLACED = [
    ("Git names it", JOB, ("Job.batch/shop/a",), Refusal.IMMUTABLE, True),
    ("Git does not", JOB, (), Refusal.IMMUTABLE, False),
    ("Git names another", JOB, ("Job.batch/shop/b",), Refusal.IMMUTABLE, False),
    ("it is refused for another reason", JOB, ("Job.batch/shop/a",), Refusal.INVALID, False),
    ("it may hold data", CLAIM, ("PersistentVolumeClaim/shop/data",), Refusal.IMMUTABLE, False),
]


@pytest.mark.parametrize(("case", "ref", "named", "refusal", "is_replaced"), REPLACED)
def test_what_is_replaced(case: str, ref: Ref, named: tuple[str, ...], refusal: Refusal, *, is_replaced: bool) -> None:
    """INV-07: consent to make a thing anew does not reach what holds data."""
    asked = replace(change("a"), ref=ref)
    trial = Trial(change=asked, verdict=Verdict.REFUSED, refusal=refusal, message="no")
    options = replace(OPTIONS, replace=frozenset(named))
    (left,), (tried,) = _replacing((asked,), (trial,), options)
    assert (left.action is Action.REPLACE) is is_replaced, case
    assert [d.detail for d in refusals((tried,))] == ([] if is_replaced else [f"{ref}: no"])

"""A plan is a document: its digest is what people agree to, and its text is what they read."""

from dataclasses import replace
from typing import Any

import pytest

from tests.plan.world import ref
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.origin import Origin
from trueline.plan.change import Action, Change
from trueline.plan.plan import Plan
from trueline.plan.report import lines, markdown, summary

ORIGIN = Origin(path="web.yaml", line=3)
PROBLEM = Diagnostic(code="TL0401", summary="not accepted", detail="web: no", remedy="correct it", origin=ORIGIN)
NOTE = replace(PROBLEM, code="TL1542", summary="a link leads nowhere", detail="a: b", origin=None)


def change(name: str, action: Action, reason: str = "new in Git", **more: Any) -> Change:
    """One change."""
    return Change(ref=ref(name), action=action, reason=reason, **more)


CHANGES = (
    change("a", Action.CREATE),
    change("b", Action.KEEP, "as declared"),
    change("c", Action.HOLD, "pruning is off"),
    change("d", Action.PRUNE, "no longer in Git", uid="u1", ours=Digest("f1"), generation=4),
    change("e", Action.FORGET, "gone already"),
)
PLAN = Plan(application="shop", target="prod", revision="main@1", changes=CHANGES)


def test_what_of_it_is_done() -> None:
    assert [one.ref.name for one in PLAN.writes] == ["a", "d", "e"]
    assert [one.ref.name for one in PLAN.held] == ["c"]
    assert PLAN.counts() == {
        Action.CREATE: 1, Action.PRUNE: 1, Action.FORGET: 1, Action.KEEP: 1, Action.HOLD: 1
    }  # fmt: skip
    assert list(PLAN.counts()) == [Action.CREATE, Action.PRUNE, Action.FORGET, Action.KEEP, Action.HOLD]
    assert not PLAN.is_empty
    assert replace(PLAN, changes=(CHANGES[1], CHANGES[2])).is_empty


AGREED = [
    ("a keep", {"changes": (*CHANGES, change("f", Action.KEEP))}),
    ("what is held back", {"changes": (*CHANGES, change("f", Action.HOLD))}),
    ("the revision", {"revision": "main@2"}),
    ("the reason", {"changes": (replace(CHANGES[0], reason="because"), *CHANGES[1:])}),
]


@pytest.mark.parametrize(("what", "other"), AGREED)
def test_an_agreement_outlives(what: str, other: dict[str, Any]) -> None:
    assert replace(PLAN, **other).digest == PLAN.digest, what


OTHERWISE: list[tuple[str, dict[str, Any]]] = [
    ("another application", {"application": "blog"}),
    ("another target", {"target": "test"}),
    ("one change less", {"changes": CHANGES[1:]}),
    ("another object", {"changes": (*CHANGES[:3], replace(CHANGES[3], ref=ref("x")), CHANGES[4])}),
    ("another action", {"changes": (*CHANGES[:3], replace(CHANGES[3], action=Action.REPLACE), CHANGES[4])}),
    ("another body", {"changes": (replace(CHANGES[0], body=Digest("b")), *CHANGES[1:])}),
    ("another UID", {"changes": (*CHANGES[:3], replace(CHANGES[3], uid="u2"), CHANGES[4])}),
    ("other fields of ours", {"changes": (*CHANGES[:3], replace(CHANGES[3], ours=Digest("f2")), CHANGES[4])}),
    ("another generation", {"changes": (*CHANGES[:3], replace(CHANGES[3], generation=5), CHANGES[4])}),
]


@pytest.mark.parametrize(("what", "other"), OTHERWISE)
def test_an_agreement_is_to_exactly_one_plan(what: str, other: dict[str, Any]) -> None:
    """INV-11: the digest that was agreed to covers each change and all that it assumed of the live object."""
    assert replace(PLAN, **other).digest != PLAN.digest, what


def test_the_text_lists_what_happens_and_counts_the_rest() -> None:
    asked = replace(PLAN, problems=(PROBLEM,), asks=("7 of 10 objects would be deleted",))
    assert list(lines(asked)) == [
        "shop at main@1 on prod",
        "  + ConfigMap/shop/a  (new in Git)",
        "  ! ConfigMap/shop/c  (pruning is off)",
        "  - ConfigMap/shop/d  (no longer in Git)",
        "    ConfigMap/shop/e  (gone already)",
        "  TL0401 not accepted (web.yaml:3)",
        "    web: no",
        "    remedy: correct it",
        "  needs approval: 7 of 10 objects would be deleted",
        "  1 create, 1 prune, 1 forget, 1 keep, 1 hold back",
    ]


def test_a_plan_of_nothing() -> None:
    assert summary(replace(PLAN, changes=())) == "nothing is declared and nothing is owned"


def test_the_comment_on_a_merge_request() -> None:
    asked = replace(PLAN, problems=(PROBLEM,), asks=("a person agrees",))
    assert list(markdown([(asked, (NOTE,)), (replace(PLAN, application="blog", changes=()), ())])) == [
        "### shop: 1 create, 1 prune, 1 forget, 1 keep, 1 hold back",
        "```diff",
        "+ ConfigMap/shop/a  (new in Git)",
        "! ConfigMap/shop/c  (pruning is off)",
        "- ConfigMap/shop/d  (no longer in Git)",
        "  ConfigMap/shop/e  (gone already)",
        "```",
        "- **TL0401 not accepted** web: no",
        "- needs approval: a person agrees",
        "- note: TL1542 a link leads nowhere: a: b",
        "### blog: nothing is declared and nothing is owned",
        "```diff",
        "```",
    ]

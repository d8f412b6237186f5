"""What Git says of the leaving of an object: by its name before of all, and nothing once it is over."""

from dataclasses import replace
from typing import Any

import pytest

from tests.plan.world import OPTIONS, actions, changes, entry, live, ref
from trueline.model.known import Unknown
from trueline.plan.change import Action
from trueline.plan.leaving import Leaving, Way, leaving_of
from trueline.target.rules import Rules

ALL = Leaving(way=Way.KEEP, name="the Removal all")
ONE = Leaving(way=Way.DELETE, name="the Removal one", refs=frozenset({"ConfigMap/shop/web"}))
DATA = Leaving(way=Way.DELETE, name="the Removal data", refs=frozenset({"PersistentVolumeClaim/shop/data"}))

COVERS = [
    ("nothing is said", (), None),
    ("all is said", (ALL,), ALL),
    ("it is named", (ONE,), ONE),
    ("another one is named", (DATA,), None),
    ("its name comes before all", (ALL, ONE), ONE),
    ("in whatever order", (ONE, ALL), ONE),
    ("of two that name it, the first", (ONE, replace(ONE, way=Way.KEEP)), ONE),
]


@pytest.mark.parametrize(("case", "said", "expected"), COVERS)
def test_what_is_said_of_one_object(case: str, said: tuple[Leaving, ...], expected: Leaving | None) -> None:
    assert leaving_of(ref("web"), said) == expected, case


LEFT: list[tuple[str, dict[str, Any], tuple[Leaving, ...], Action, str]] = [
    ("all is kept", {}, (ALL,), Action.RELEASE, "it stays and is not ours any more, as the Removal all says"),
    ("it is to go", {}, (ONE,), Action.PRUNE, "no longer in Git, as the Removal one says"),
    ("it is to go, where nothing is pruned", {"prune": False}, (ONE,), Action.PRUNE,
     "no longer in Git, as the Removal one says"),
    ("another one is to go, where nothing is pruned", {"prune": False}, (DATA,), Action.HOLD,
     "pruning is off for this application"),
    ("what was said is over", {}, (replace(ALL, is_over=True),), Action.HOLD,
     "the Removal all has expired: renew it, or take it away"),
    ("that it goes is over", {}, (replace(ONE, is_over=True),), Action.HOLD,
     "the Removal one has expired: renew it, or take it away"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "more", "said", "action", "reason"), LEFT)
def test_what_left_git(case: str, more: dict[str, Any], said: tuple[Leaving, ...], action: Action, reason: str) -> None:
    """INV-06: a keep that has expired is no wish to delete."""
    options = replace(OPTIONS, leaving=said, **more)
    (change,) = changes([], {ref("web"): live()}, [entry("web")], options)
    assert (change.action, change.reason) == (action, reason), case


def test_consent_of_a_removal_is_to_what_it_names() -> None:
    """INV-07: that all shall go is no consent to what may hold data."""
    claim = ref("data", "PersistentVolumeClaim")
    owned = [entry("data", kind="PersistentVolumeClaim")]
    for said, action in (((DATA,), Action.PRUNE), ((replace(ALL, way=Way.DELETE),), Action.HOLD)):
        assert actions(changes([], {claim: live()}, owned, replace(OPTIONS, leaving=said))) == {"data": action}


NEVER: list[tuple[str, Any, dict[str, Any], Action]] = [
    ("somebody else's", live(uid="u2"), {}, Action.FORGET),
    ("with a copied mark", live(mark_is_ours=False), {}, Action.FORGET),
    ("being deleted", live(deleting=True), {}, Action.HOLD),
    ("not known", Unknown("429"), {}, Action.HOLD),
    ("the target's own", live(), {"rules": Rules(untouchable=frozenset({"ConfigMap/shop/web"}))}, Action.HOLD),
    ("moving", live(), {"moving": {ref("web"): "blog"}}, Action.KEEP),
]


@pytest.mark.parametrize(("case", "observed", "more", "action"), NEVER)
def test_no_removal_reaches_what_is(case: str, observed: Any, more: dict[str, Any], action: Action) -> None:
    """INV-01, INV-04, INV-08: what Git says of leaving is said of what is ours, and known."""
    options = replace(OPTIONS, leaving=(ONE,), **more)
    assert actions(changes([], {ref("web"): observed}, [entry("web")], options)) == {"web": action}, case


def test_what_came_back_after_it_was_pruned_goes_again() -> None:
    """INV-13: a late apply of ours needs no consent a second time, and what may hold data does."""
    late = replace(OPTIONS, strays={ref("left"): live()}, late=frozenset({ref("left")}))
    (change,) = changes([], {}, [], late)
    assert (change.action, change.reason) == (Action.PRUNE, "an apply of ours brought it back after it was pruned")
    claim = ref("left", "PersistentVolumeClaim")
    held = replace(OPTIONS, strays={claim: live()}, late=frozenset({claim}))
    assert actions(changes([], {}, [], held)) == {"left": Action.HOLD}


def test_a_stray_that_a_removal_names_goes() -> None:
    named = Leaving(way=Way.DELETE, name="the Removal", refs=frozenset({"ConfigMap/shop/left"}))
    for said, action in (((named,), Action.PRUNE), ((replace(named, refs=frozenset()),), Action.HOLD)):
        options = replace(OPTIONS, strays={ref("left"): live()}, leaving=said)
        assert actions(changes([], {}, [], options)) == {"left": action}

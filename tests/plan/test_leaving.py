"""How what left Git goes, where Git says how: deleted, let go, or held back because the word is over."""

from dataclasses import replace

import pytest

from tests.plan.world import OPTIONS, changes, entry, live, ref
from trueline.model.known import Unknown
from trueline.plan.change import Action
from trueline.plan.leaving import Leaving, Way, leaving_of
from trueline.target.snapshot import Observed

WEB, DATA = "ConfigMap/shop/web", "PersistentVolumeClaim/shop/data"
KEEP = Leaving(way=Way.KEEP, name="the Removal r")
DELETE = replace(KEEP, way=Way.DELETE)
OVER = replace(KEEP, is_over=True)

WAYS = [
    ("web", (), Action.PRUNE, "no longer in Git"),
    ("web", (KEEP,), Action.RELEASE, "it stays and is not ours any more, as the Removal r says"),
    ("web", (DELETE,), Action.PRUNE, "no longer in Git, as the Removal r says"),
    ("web", (OVER,), Action.HOLD, "the Removal r has expired: renew it, or take it away"),
    ("web", (replace(OVER, way=Way.DELETE),), Action.HOLD, "the Removal r has expired: renew it, or take it away"),
    ("web", (replace(KEEP, refs=frozenset({DATA})),), Action.PRUNE, "no longer in Git"),
    ("web", (DELETE, replace(KEEP, refs=frozenset({WEB}))), Action.RELEASE, ""),
    ("web", (KEEP, replace(DELETE, refs=frozenset({WEB}))), Action.PRUNE, ""),
    ("data", (), Action.HOLD, ""),
    ("data", (KEEP,), Action.RELEASE, ""),
    ("data", (DELETE,), Action.HOLD, ""),
    ("data", (replace(DELETE, refs=frozenset({DATA})),), Action.PRUNE, ""),
    ("data", (replace(OVER, refs=frozenset({DATA})), DELETE), Action.HOLD, ""),
]


@pytest.mark.parametrize(("name", "leaving", "action", "reason"), WAYS)
def test_the_way_that_git_says(name: str, leaving: tuple[Leaving, ...], action: Action, reason: str) -> None:
    """INV-03, INV-07: a name before everything; a whole application's consent is none to what may hold data."""
    kind = "ConfigMap" if name == "web" else "PersistentVolumeClaim"
    owned = entry(name, kind=kind)
    (change,) = changes([], {owned.ref: live()}, [owned], replace(OPTIONS, leaving=leaving))
    assert change.action is action
    assert not reason or change.reason == reason


@pytest.mark.parametrize(
    ("observed", "action"),
    [
        (live(uid="u2"), Action.FORGET),
        (live(mark="t1.blog"), Action.FORGET),
        (live(mark_is_ours=False), Action.FORGET),
        (live(deleting=True), Action.HOLD),
        (Unknown("429"), Action.HOLD),
        (None, Action.FORGET),
    ],
)
@pytest.mark.parametrize("leaving", [KEEP, DELETE])
def test_no_word_of_git_makes_ours_what_is_not(
    leaving: Leaving, observed: Observed | Unknown | None, action: Action
) -> None:
    """INV-01, INV-04: the proof comes first."""
    (change,) = changes([], {ref("web"): observed}, [entry("web")], replace(OPTIONS, leaving=(leaving,)))
    assert change.action is action


def test_a_removal_deletes_where_pruning_is_off_and_what_moves_is_not_let_go() -> None:
    off = replace(OPTIONS, prune=False)
    (held,) = changes([], {ref("web"): live()}, [entry("web")], off)
    (gone,) = changes([], {ref("web"): live()}, [entry("web")], replace(off, leaving=(DELETE,)))
    (moves,) = changes(
        [], {ref("web"): live()}, [entry("web")], replace(off, leaving=(KEEP,), moving={ref("web"): "blog"})
    )
    assert (held.action, gone.action, moves.action) == (Action.HOLD, Action.PRUNE, Action.KEEP)


def test_a_ref_may_leave_the_group_of_its_kind_out() -> None:
    deployment = ref("web", "Deployment.apps")
    named = replace(KEEP, refs=frozenset({"Deployment/shop/web"}))
    assert leaving_of(deployment, (named,)) == named
    assert leaving_of(ref("web"), (named,)) is None


def test_a_stray_is_let_go_or_deleted_by_its_name_alone() -> None:
    """INV-01: a word for the whole application is none for what no inventory lists."""
    named = frozenset({WEB})

    def becomes(*leaving: Leaving) -> Action:
        options = replace(OPTIONS, leaving=leaving, strays={ref("web"): live()})
        (change,) = changes([], {ref("web"): live()}, [], options)
        return change.action

    assert becomes(KEEP) is becomes(DELETE) is becomes() is Action.HOLD
    assert becomes(replace(KEEP, refs=named)) is Action.RELEASE
    assert becomes(replace(DELETE, refs=named)) is Action.PRUNE

"""What each action is: its sign, and whether it writes."""

import pytest

from tests.plan.world import ref
from trueline.plan.change import Action, Change
from trueline.render.resource import Position

SIGNS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.HEAL: "~",
    Action.TAKE_OVER: "~",
    Action.TRANSFER: "~",
    Action.REPLACE: "±",
    Action.RELEASE: "~",
    Action.PRUNE: "-",
    Action.FORGET: " ",
    Action.KEEP: " ",
    Action.HOLD: "!",
}
NOTHING_SENT = {Action.PRUNE, Action.RELEASE, Action.FORGET, Action.KEEP, Action.HOLD}
NOTHING_WRITTEN = {Action.FORGET, Action.KEEP, Action.HOLD}


@pytest.mark.parametrize("action", Action)
def test_each_action(action: Action) -> None:
    change = Change(ref=ref("web"), action=action, reason="because")
    assert str(change) == f"{SIGNS[action]} ConfigMap/shop/web  (because)"
    assert action.is_apply is (action not in NOTHING_SENT)
    assert action.is_write is (action not in NOTHING_WRITTEN)


def test_what_is_not_said_is_nothing() -> None:
    """A change that assumes nothing says so: its digest is part of what people agree to."""
    bare = Change(ref=ref("web"), action=Action.PRUNE, reason="because")
    assert (bare.body, bare.uid, bare.ours, bare.generation) == ("", "", "", 0)
    assert (bare.taken, bare.run, bare.keep, bare.origin) == ((), "", False, None)
    assert bare.position == Position()

"""What each action is: its sign, and whether it writes."""

import pytest

from tests.plan.world import ref
from trueline.plan.change import Action, Change

SIGNS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.HEAL: "~",
    Action.TAKE_OVER: "~",
    Action.TRANSFER: "~",
    Action.REPLACE: "±",
    Action.PRUNE: "-",
    Action.FORGET: " ",
    Action.KEEP: " ",
    Action.HOLD: "!",
}
NOTHING_SENT = {Action.PRUNE, Action.FORGET, Action.KEEP, Action.HOLD}
NOTHING_WRITTEN = {Action.FORGET, Action.KEEP, Action.HOLD}


@pytest.mark.parametrize("action", Action)
def test_each_action(action: Action) -> None:
    change = Change(ref=ref("web"), action=action, reason="because")
    assert str(change) == f"{SIGNS[action]} ConfigMap/shop/web  (because)"
    assert action.is_apply is (action not in NOTHING_SENT)
    assert action.is_write is (action not in NOTHING_WRITTEN)

"""A namespace goes after everything of ours in it, and not while something of it stays (INV-09)."""

from dataclasses import replace

import msgspec
import pytest

from tests.plan.world import OPTIONS, entry, live, ref
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.plan.inhabitant import spare
from trueline.target.inventory import Inventory
from trueline.target.snapshot import Observed, Snapshot

SPACE = Change(ref=Ref("Namespace", "", "shop"), action=Action.PRUNE, reason="no longer in Git")
WEB = Change(ref=ref("web"), action=Action.PRUNE, reason="no longer in Git")
RULES = replace(OPTIONS.rules, holders=frozenset({"Namespace"}))


def spared(
    *changes: Change,
    observed: Observed | Unknown | None = None,
    desired: tuple[Ref, ...] = (),
    is_whole: bool = True,
) -> Change:
    """What becomes of the namespace, where the application owns it and an object in it."""
    seen = observed if isinstance(observed, Unknown) else Known(observed)
    entries = {ref("web"): entry("web"), SPACE.ref: msgspec.structs.replace(entry("shop"), ref=SPACE.ref)}
    found = spare(
        (*changes, SPACE),
        desired=desired,
        inventory=Inventory(application="shop", entries=entries),
        snapshot=Snapshot(parts={ref("web"): seen, SPACE.ref: Known(live())}),
        rules=RULES,
        is_whole=is_whole,
    )
    assert found[:-1] == changes
    return found[-1]


STAYS = "ConfigMap/shop/web stands in it and stays"


@pytest.mark.parametrize(
    ("others", "observed", "desired", "reason"),
    [
        ((WEB,), live(), (), ""),
        ((), None, (), ""),
        ((), live(), (), STAYS),
        ((), Unknown("429"), (), STAYS),
        ((replace(WEB, action=Action.HOLD),), live(), (), STAYS),
        ((replace(WEB, action=Action.FORGET),), live(), (), STAYS),
        ((replace(WEB, action=Action.FORGET),), None, (), ""),
        ((replace(WEB, action=Action.KEEP),), live(), (ref("web"),), STAYS),
        ((WEB,), live(), (ref("new"),), "ConfigMap/shop/new stands in it and stays"),
        ((WEB,), live(), (Ref("ConfigMap", "blog", "other"),), ""),
    ],
)
def test_a_namespace_goes_when_nothing_in_it_stays(
    others: tuple[Change, ...], observed: Observed | Unknown | None, desired: tuple[Ref, ...], reason: str
) -> None:
    """INV-09: what Git keeps, what waits for consent and what cannot be read keep their namespace."""
    found = spared(*others, observed=observed, desired=desired)
    assert (found.action, found.reason) == ((Action.HOLD, reason) if reason else (Action.PRUNE, SPACE.reason))


def test_a_look_at_single_objects_deletes_no_namespace() -> None:
    """INV-09: it does not know what else is ours."""
    assert spared(WEB, is_whole=False).action is Action.HOLD


def test_where_nothing_takes_others_along_nothing_changes() -> None:
    others = (WEB, replace(WEB, action=Action.KEEP), replace(SPACE, action=Action.HOLD))
    inventory, snapshot = Inventory(application="shop", entries={}), Snapshot(parts={})
    found = spare(others, desired=(), inventory=inventory, snapshot=snapshot, rules=RULES, is_whole=False)
    assert found == others


def test_what_stays_is_named_in_one_order() -> None:
    two = (ref("b"), ref("a"), ref("c"))
    assert spared(WEB, desired=two).reason == "ConfigMap/shop/a stands in it and stays"

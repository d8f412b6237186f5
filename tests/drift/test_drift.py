"""What a look says: the truth column of D5."""

from typing import Any

import msgspec
import pytest

from tests.plan.world import entry, live
from trueline.drift.drift import Drift, DriftKind, added, judge, newly_added
from trueline.target.answer import FieldChange, FieldConflict
from trueline.target.inventory import ADDED_MAX, addition_of, remembered
from trueline.target.snapshot import Observed

HELD = (FieldConflict(manager="kubectl", path="data.a"),)
LEAF = (FieldChange(path="data.b", before="9", after="1"),)
MORE = (FieldConflict(manager="sidecar", path="data.c"),)
TOUCHED = live(others="x2")


def judged(seen: Observed | None, **found: Any) -> Drift | None:
    return judge(entry("web"), seen, **found)


ROWS = [
    (None, {}, DriftKind.DELETED, (), ()),
    (live(), {"conflicts": HELD}, DriftKind.CHANGED, ("data.a",), ("kubectl",)),
    (live(), {"changes": LEAF}, DriftKind.CHANGED, ("data.b",), ()),
    (live(), {"conflicts": HELD, "changes": LEAF}, DriftKind.CHANGED, ("data.a", "data.b"), ("kubectl",)),
    (live(), {"overruled": ("data.a",)}, DriftKind.OVERRULED, ("data.a",), ()),
]


@pytest.mark.parametrize(("seen", "found", "kind", "fields", "managers"), ROWS)
def test_drift(
    seen: Observed | None,
    found: dict[str, tuple[object, ...]],
    kind: DriftKind,
    fields: tuple[str, ...],
    managers: tuple[str, ...],
) -> None:
    drift = judged(seen, **found)
    assert drift is not None
    assert (drift.kind, drift.fields, drift.managers) == (kind, fields, managers)


def test_no_drift() -> None:
    """A foreign label, or a co-owner."""
    assert judged(TOUCHED) is None


def test_what_was_added_is_news_once() -> None:
    (more,) = MORE
    found = newly_added(entry("web"), [more, HELD[0]])
    assert found is not None
    assert (found.kind, found.fields, found.managers) == (DriftKind.ADDED, ("data.a", "data.c"), ("kubectl", "sidecar"))
    known = msgspec.structs.replace(entry("web"), added=remembered(MORE))
    assert newly_added(known, MORE) is None
    assert added(known.ref, MORE) == added(known.ref, map(addition_of, known.added))
    again = newly_added(known, [more, HELD[0]])
    assert again is not None
    assert again.fields == ("data.a",)


def test_more_additions_than_are_remembered_are_no_news_for_ever() -> None:
    many = [FieldConflict(manager="sidecar", path=f"data.k{number:02}") for number in range(ADDED_MAX + 5)]
    full = msgspec.structs.replace(entry("web"), added=remembered(many))
    assert len(full.added) == ADDED_MAX
    assert newly_added(full, many) is None


TOLD = [
    (judged(None), "ConfigMap/shop/web deleted"),
    (judged(live(), conflicts=HELD), "ConfigMap/shop/web changed by kubectl: data.a"),
    (judged(live(), overruled=("a", "b")), "ConfigMap/shop/web overruled: a, b"),
    (added(entry("web").ref, (*HELD, *MORE)), "ConfigMap/shop/web added by kubectl, sidecar: data.a, data.c"),
]


@pytest.mark.parametrize(("drift", "text"), TOLD)
def test_as_people_read_it(drift: Drift, text: str) -> None:
    assert str(drift) == text


def test_a_conflict_is_drift_whatever_else_the_target_holds_otherwise() -> None:
    drift = judged(live(), conflicts=HELD, overruled=("data.z",))
    assert drift is not None
    assert (drift.kind, drift.fields) == (DriftKind.CHANGED, ("data.a",))


def test_what_goes_is_told_apart_from_what_stays() -> None:
    """What was added stays, unless Git wants it gone."""
    found, gone = added(entry("web").ref, MORE), added(entry("web").ref, MORE, goes=True)
    assert (found is not None and found.goes, gone is not None and gone.goes) == (False, True)
    changed = judged(live(), conflicts=HELD)
    assert changed is not None
    assert not changed.goes

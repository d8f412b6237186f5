"""What a look says: the truth column of D5."""

from typing import Any

import pytest

from tests.plan.world import entry, live
from trueline.drift.drift import Drift, DriftKind, judge
from trueline.target.answer import FieldChange, FieldConflict
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
    (TOUCHED, {"added": MORE}, DriftKind.ADDED, ("data.c",), ("sidecar",)),
    (TOUCHED, {"added": MORE, "changes": LEAF}, DriftKind.CHANGED, ("data.b",), ()),
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


@pytest.mark.parametrize(("seen", "added"), [(TOUCHED, ()), (live(), MORE), (live(uid="u2", others="x2"), MORE)])
def test_no_drift(seen: Observed, added: tuple[FieldConflict, ...]) -> None:
    """A foreign label, a co-owner, what was there before, and what somebody made again."""
    assert judged(seen, added=added) is None

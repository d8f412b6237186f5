"""An intent without an outcome becomes what the target tells, and stays open where the target does not tell."""

from typing import Any

import msgspec
import pytest

from tests.plan.world import OPTIONS, entry, live, ref
from trueline.model.known import Known, Unknown
from trueline.plan.settle import settle
from trueline.target.inventory import EntryState, Inventory
from trueline.target.snapshot import Snapshot

OPEN = msgspec.structs.replace(entry("web", uid=""), state=EntryState.INTENDED)
AGAIN = msgspec.structs.replace(OPEN, uid="u0")
HOOK = msgspec.structs.replace(OPEN, run="r1/before", uid="u1")

SETTLED = [
    ("it is there and ours", OPEN, live("u1"), EntryState.FAILED, "u1"),
    ("it was made again by us", AGAIN, live("u1"), EntryState.FAILED, "u1"),
    ("it was not made", OPEN, None, EntryState.INTENDED, ""),
    ("nobody knows", OPEN, Unknown("429"), EntryState.INTENDED, ""),
    ("it is another application's", OPEN, live("u1", mark="t1.blog"), EntryState.INTENDED, ""),
    ("it has no mark", OPEN, live("u1", mark=""), EntryState.INTENDED, ""),
    ("its mark was copied", OPEN, live("u1", mark_is_ours=False), EntryState.INTENDED, ""),
    ("the hook of the run before stands", HOOK, live("u1"), EntryState.INTENDED, "u1"),
    ("the hook was made anew", HOOK, live("u2"), EntryState.FAILED, "u2"),
    ("nothing is open", entry("web", uid="u9"), live("u1"), EntryState.APPLIED, "u9"),
]


@pytest.mark.parametrize(("case", "owned", "observed", "state", "uid"), SETTLED)
def test_what_became_of_it(case: str, owned: Any, observed: Any, state: EntryState, uid: str) -> None:
    """INV-23: what is not known is read from the target and never guessed."""
    seen = observed if isinstance(observed, Unknown) else Known(observed)
    inventory = Inventory(application="shop", entries={owned.ref: owned})
    found = settle(inventory, Snapshot(parts={ref("web"): seen}), mark=OPTIONS.mark).entries[ref("web")]
    assert (found.state, found.uid) == (state, uid), case

"""What is kept as it was while nothing that Git changed may be done."""

import pytest

from trueline.loop.meanwhile import kept_as_left
from trueline.model.digest import Digest
from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.plan.diff import DiffOptions
from trueline.target.inventory import Entry, EntryState, Inventory
from trueline.target.rules import Rules
from trueline.target.snapshot import Observed, Snapshot

REF = Ref("ConfigMap", "shop", "settings")
OLD, NEW, OURS = Digest("old"), Digest("new"), Digest("ours")
MARK = "i.shop"
RULES = Rules()
ENTRY = {"state": EntryState.APPLIED, "body": OLD, "uid": "u", "ours": OURS}
LIVE = {"uid": "u", "version": "1", "mark": MARK, "mark_is_ours": True, "ours": OURS}


def heals(
    action: Action,
    entry: dict[str, object],
    live: dict[str, object] | None,
    rules: Rules = RULES,
    **change: str,
) -> list[str]:
    """The bodies that are put back."""
    found = kept_as_left(
        [Change(ref=REF, action=action, reason="changed in Git", body=NEW, **change)],  # type: ignore[arg-type]
        inventory=Inventory(application="shop", entries={REF: Entry(ref=REF, **(ENTRY | entry))}),  # type: ignore[arg-type]
        snapshot=Snapshot(parts={REF: Known(Observed(**(LIVE | live)) if live is not None else None)}),  # type: ignore[arg-type]
        options=DiffOptions(mark=MARK, family="i.", rules=rules),
    )
    assert {one.action for one in found} <= {Action.HEAL}
    return [one.body for one in found]


@pytest.mark.parametrize("action", [Action.UPDATE, Action.PRUNE])
def test_what_was_touched_is_put_back_as_it_was_applied(action: Action) -> None:
    assert heals(action, {}, {"ours": "other"}) == [OLD]
    assert heals(action, {}, {}) == []


def test_what_was_deleted_is_made_as_it_was_applied() -> None:
    assert heals(Action.CREATE, {}, None) == [OLD]


def test_a_part_of_a_whole_leaves_with_the_whole_and_an_object_when_somebody_deletes_it() -> None:
    """Git no longer mentions it, and may not have its way yet."""
    assert heals(Action.FORGET, {}, None, rules=Rules(wholes=frozenset({"Release"}))) == [OLD]
    assert heals(Action.FORGET, {}, None) == []


@pytest.mark.parametrize(
    "action", [Action.HEAL, Action.KEEP, Action.HOLD, Action.FORGET, Action.RELEASE, Action.TRANSFER]
)
def test_only_what_git_changes_is_asked_about(action: Action) -> None:
    assert heals(action, {}, {"ours": "other"}) == []


@pytest.mark.parametrize(
    "entry",
    [
        {"state": EntryState.INTENDED},
        {"state": EntryState.FAILED},
        {"state": EntryState.DELETING},
        {"body": ""},
        {"run": "r"},
        {"ours": ""},
    ],
)
def test_what_was_not_applied_for_sure_is_left_alone(entry: dict[str, object]) -> None:
    """INV-23, INV-12: what became of it is not known, it ran and is not kept, or another process may be further."""
    assert heals(Action.UPDATE, entry, {"ours": "other"}) == []


def test_what_is_not_ours_is_left_alone() -> None:
    """INV-01: an object that was made again, or that has another mark, is no drift of ours."""
    for live in ({"uid": "v"}, {"mark": "i.blog"}, {"mark": "", "uid": "v"}, {"mark_is_ours": False}):
        assert heals(Action.UPDATE, {}, {"ours": "other", **live}) == []


def test_a_hook_is_not_kept() -> None:
    assert heals(Action.UPDATE, {}, {"ours": "other"}, run="r") == []

"""An empty or shrunken render is not a wish to delete (promise 3)."""

from dataclasses import replace
from typing import Any

import pytest

from tests.plan.world import changes, entry, live, ref, resource
from trueline.model.ref import Ref
from trueline.plan.change import Action
from trueline.plan.guard import Approve, Owned, asks
from trueline.target.snapshot import NOTHING

PRUNES = [(5, 10, False), (6, 10, True), (6, 20, False), (30, 100, False), (31, 100, True), (1, 1, True), (3, 3, True)]


@pytest.mark.parametrize(("pruned", "owned", "asked"), PRUNES)
def test_a_large_deletion_waits_for_a_person(pruned: int, owned: int, *, asked: bool) -> None:
    """INV-03: the limit is on what would be deleted in the end."""
    entries = [entry(f"c{number}") for number in range(owned)]
    desired = [resource(f"c{number}") for number in range(pruned, owned)]
    found = changes(desired, {ref(e.ref.name): live() for e in entries}, entries)
    assert bool(asks(found, owned=Owned(count=owned), declared=len(desired), approve=Approve.DESTRUCTIVE)) is asked
    assert asks(found, owned=Owned(count=owned), declared=len(desired), approve=Approve.NEVER) == ()


def test_a_small_removal_that_git_asks_for_goes_ahead() -> None:
    entries = [entry(f"c{number}") for number in range(3)]
    found = changes([], {e.ref: live() for e in entries}, entries)
    assert asks(found, owned=Owned(count=3), declared=0, approve=Approve.DESTRUCTIVE, is_removal=True) == ()


def test_every_change_is_asked_where_git_says_always() -> None:
    assert asks(changes([resource("web")], {}, []), owned=Owned(count=0), declared=0, approve=Approve.ALWAYS)
    assert not asks(changes([], {}, []), owned=Owned(count=0), declared=0, approve=Approve.ALWAYS)


def test_a_hook_that_is_made_anew_is_no_destruction() -> None:
    (change,) = changes([resource("job")], {ref("job"): live()}, [])
    anew = replace(change, action=Action.REPLACE)
    assert asks([anew], owned=Owned(count=1), declared=1, approve=Approve.DESTRUCTIVE)
    assert not asks([replace(anew, run="r2")], owned=Owned(count=1), declared=1, approve=Approve.DESTRUCTIVE)


def test_what_leaves_whenever_it_changes_is_no_loss_but_an_empty_render_is() -> None:
    entries = [entry(name) for name in (*(f"photo.{number}" for number in range(15)), *(f"page{n}" for n in range(8)))]

    def asked(*kept: str, is_photograph: bool = True, is_removal: bool = False) -> bool:
        found = changes([resource(name) for name in kept], {e.ref: live() for e in entries}, entries)
        return bool(
            asks(
                found,
                owned=Owned(
                    count=len(entries),
                    by_content_count=15 if is_photograph else 0,
                    is_by_content=lambda name: is_photograph and name.startswith("photo."),
                ),
                declared=len(kept),
                approve=Approve.DESTRUCTIVE,
                is_removal=is_removal,
            )
        )

    pages = [f"page{number}" for number in range(8)]
    assert not asked(*pages)
    assert asked(*pages, is_photograph=False)
    assert not asked(*pages[:3])
    assert asked(*pages[:2])
    assert asked()
    assert asked(is_removal=True)
    assert asked(*pages, is_removal=True)


def test_what_is_held_back_hides_no_empty_render() -> None:
    """INV-03: a claim that waits for consent stays, and the rest of an empty render still asks."""
    entries = [entry("web"), entry("api"), entry("data", kind="PersistentVolumeClaim")]
    found = changes([], {e.ref: live() for e in entries}, entries)
    assert {change.action for change in found} == {Action.PRUNE, Action.HOLD}
    asked = asks(found, owned=Owned(count=3), declared=0, approve=Approve.DESTRUCTIVE)
    assert asked == ("nothing is declared any more: 2 of 3 objects would be deleted",)


OTHERS = [
    ("another's", {"action": Action.HOLD}, frozenset[Ref](), True),
    ("ours, and held back", {"action": Action.HOLD}, frozenset({ref("db")}), False),
    ("ours, and new", {"action": Action.CREATE}, frozenset[Ref](), False),
    ("a hook of another's name", {"action": Action.HOLD, "run": "r1"}, frozenset[Ref](), False),
    ("not declared at all", {"action": Action.HOLD, "body": NOTHING}, frozenset[Ref](), False),
]


@pytest.mark.parametrize(("case", "more", "owned", "is_asked"), OTHERS)
def test_what_is_declared_and_is_anothers_makes_a_render_no_less_empty(
    case: str, more: dict[str, Any], owned: frozenset[Ref], *, is_asked: bool
) -> None:
    """INV-03: the one thing that is left belongs to somebody else, so nothing of ours is."""
    gone = [entry("web"), entry("api")]
    found = changes([], {e.ref: live() for e in gone}, gone)
    (left,) = changes([resource("db")], {}, [])
    asked = asks(
        [*found, replace(left, **more)],
        owned=Owned(count=3, refs=owned),
        declared=1,
        approve=Approve.DESTRUCTIVE,
    )
    assert bool(asked) is is_asked, case

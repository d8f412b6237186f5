"""An empty or shrunken render is not a wish to delete (promise 3)."""

from dataclasses import replace

import pytest

from tests.plan.world import changes, entry, live, ref, resource
from trueline.plan.change import Action
from trueline.plan.guard import Approve, asks

PRUNES = [(5, 10, False), (6, 10, True), (6, 30, False), (10, 30, True), (1, 1, True), (3, 3, True)]


@pytest.mark.parametrize(("pruned", "owned", "asked"), PRUNES)
def test_a_large_deletion_waits_for_a_person(pruned: int, owned: int, *, asked: bool) -> None:
    entries = [entry(f"c{number}") for number in range(owned)]
    desired = [resource(f"c{number}") for number in range(pruned, owned)]
    found = changes(desired, {ref(e.ref.name): live() for e in entries}, entries)
    assert bool(asks(found, owned_count=owned, approve=Approve.DESTRUCTIVE)) is asked
    assert asks(found, owned_count=owned, approve=Approve.NEVER) == ()


def test_a_small_removal_that_git_asks_for_goes_ahead() -> None:
    entries = [entry(f"c{number}") for number in range(3)]
    found = changes([], {e.ref: live() for e in entries}, entries)
    assert asks(found, owned_count=3, approve=Approve.DESTRUCTIVE, is_removal=True) == ()


def test_every_change_is_asked_where_git_says_always() -> None:
    assert asks(changes([resource("web")], {}, []), owned_count=0, approve=Approve.ALWAYS)
    assert not asks(changes([], {}, []), owned_count=0, approve=Approve.ALWAYS)


def test_a_hook_that_is_made_anew_is_no_destruction() -> None:
    (change,) = changes([resource("job")], {ref("job"): live()}, [])
    anew = replace(change, action=Action.REPLACE)
    assert asks([anew], owned_count=1, approve=Approve.DESTRUCTIVE)
    assert not asks([replace(anew, run="r2")], owned_count=1, approve=Approve.DESTRUCTIVE)

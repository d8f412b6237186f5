"""INV-03 for the whole fleet: many small losses are one large one."""

from dataclasses import replace

import pytest

from trueline.plan.fleet import Stand, fleet_asks, together, waits
from trueline.plan.guard import Limits

SHRUNK, WHOLE = Stand(owned=4, declared=2), Stand(owned=4, declared=4)


@pytest.mark.parametrize(
    ("stands", "is_asked"),
    [
        ([SHRUNK] * 3, True),
        ([SHRUNK] * 2, False),  # four objects are few
        ([SHRUNK] * 3 + [WHOLE] * 10, False),  # six of fifty-two are little
        ([Stand(owned=4, declared=0)] * 3, True),  # applications that left Git
        ([Stand(owned=4, declared=2, is_exempt=True)] * 9, False),
        ([Stand(owned=20, declared=2), Stand(owned=4, declared=3)], False),  # the first asks by itself
        ([Stand(owned=5, declared=0), Stand(owned=1, declared=0)], True),
        ([Stand(owned=5, declared=0), Stand(owned=1, declared=9)], False),  # what comes is no loss
        ([SHRUNK] * 3 + [Stand(owned=4, declared=40)], True),  # and hides none
        ([], False),
    ],
)
def test_many_small_losses_are_a_large_one(stands: list[Stand], *, is_asked: bool) -> None:
    """INV-03: as many objects in all as one application may not lose without a question."""
    assert bool(fleet_asks(stands, commit="c")) is is_asked


MASS = {name: replace(SHRUNK, commit="base") for name in "abc"}
LATER = {**MASS, "late": Stand(owned=4, declared=3, commit="later"), "whole": WHOLE}


def asked(stands: dict[str, Stand], waiting: dict[str, str], application: str) -> bool:
    """Whether a person is asked about what that application loses."""
    return bool(fleet_asks(together(stands, waiting, application).values(), commit="c"))


def test_a_later_loss_does_not_wait_for_many() -> None:
    """What waits for a person holds up nobody who has lost something else since."""
    waiting = dict(waits(MASS))
    assert waiting == dict.fromkeys("abc", "base")
    assert not asked(LATER, waiting, "late")
    assert asked(LATER, waiting, "a")
    assert asked(LATER, {}, "late"), "after a start nobody knows which came first"


def test_what_waits_never_goes_piece_by_piece() -> None:
    """INV-03: a later commit touches one of many that wait, or a slow one of the same commit is rendered at last."""
    waiting = dict(waits(MASS))
    assert asked({**LATER, "a": replace(SHRUNK, commit="later")}, waiting, "a")
    assert asked({**LATER, "slow": replace(SHRUNK, commit="base")}, waiting, "slow")


def test_what_came_with_a_commit_that_touches_what_waits_is_judged_with_it() -> None:
    """INV-03: what waited was put back, unseen, and is lost again, with one more: that one is no part of its own."""
    again = {name: replace(SHRUNK, commit="later") for name in "abc"}
    assert asked({**again, "more": replace(SHRUNK, commit="later")}, dict(waits(MASS)), "more")


def test_where_it_is_not_known_what_came_with_it_all_is_judged_together() -> None:
    """INV-03: an application that was not read yet when a person was asked may be one of the many."""
    assert asked(LATER, dict.fromkeys("abc", ""), "late")


def test_many_later_losses_are_a_large_one_too() -> None:
    waiting = dict(waits(MASS))
    many = {f"late{n}": replace(SHRUNK, commit="later") for n in range(6)}
    assert asked({**MASS, **many}, waiting, "late0")


def test_who_loses_nothing_silently_waits_for_nobody() -> None:
    reviewed = Stand(owned=4, declared=2, is_exempt=True)
    assert waits({"shrunk": replace(SHRUNK, commit="c"), "whole": WHOLE, "reviewed": reviewed}) == {"shrunk": "c"}
    assert reviewed.silent(Limits()) == 0

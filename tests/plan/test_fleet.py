"""INV-03 for the whole fleet: many small losses are one large one."""

import pytest

from trueline.plan.fleet import Stand, fleet_asks

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

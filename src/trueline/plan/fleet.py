"""What would go from the whole fleet without a question: each application is below its own limit, all together are not.

A base that loses three objects of fifty applications is a wish to delete a hundred and fifty (INV-03).
"""

from collections.abc import Collection
from dataclasses import dataclass

from trueline.plan.guard import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """How many objects an application owns, and how many Git declares of it now.

    The difference is what it loses: a name that is exchanged for another is no loss. `is_exempt`: nobody is to be
    asked about it, or somebody has reviewed how it goes.
    """

    owned: int
    declared: int
    is_exempt: bool = False

    def silent(self, limits: Limits) -> int:
        """How much of it would go without a question of its own."""
        lost = max(0, self.owned - self.declared)
        return 0 if self.is_exempt or limits.are_passed(lost, self.owned) else lost


_LIMITS = Limits()


def fleet_asks(stands: Collection[Stand], *, commit: str, limits: Limits = _LIMITS) -> tuple[str, ...]:
    """Why a person has to agree before anything of it goes; empty where it is little enough.

    >>> fleet_asks([Stand(owned=6, declared=3)] * 4, commit="c0ffee")
    ('12 of 24 objects in 4 applications would be deleted together: trueline approve --revision c0ffee',)
    >>> fleet_asks([Stand(owned=6, declared=3), Stand(owned=6, declared=9)], commit="c0ffee")
    ()
    """
    losses = [loss for stand in stands if (loss := stand.silent(limits))]
    gone, count = sum(losses), sum(stand.owned for stand in stands)
    if len(losses) < 2 or not limits.are_passed(gone, count):  # noqa: PLR2004 - one alone has its own limit
        return ()
    what = f"{gone} of {count} objects in {len(losses)} applications would be deleted together"
    return (f"{what}: trueline approve --revision {commit}",)

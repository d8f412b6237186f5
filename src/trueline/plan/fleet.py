"""What would go from the whole fleet without a question: each application is below its own limit, all together are not.

A base that loses three objects of fifty applications is a wish to delete a hundred and fifty (INV-03).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from trueline.plan.guard import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """How many objects an application owns, and how many Git declares of it now.

    The difference is what it loses: a name that is exchanged for another is no loss. `is_exempt`: nobody is to be
    asked about it, or somebody has reviewed how it goes. `commit` is the one with which it was declared so, as far as
    that was seen; empty where it is not known.
    """

    owned: int
    declared: int
    is_exempt: bool = False
    commit: str = ""

    def silent(self, limits: Limits) -> int:
        """How much of it would go without a question of its own."""
        lost = max(0, self.owned - self.declared)
        return 0 if self.is_exempt or limits.are_passed(lost, self.owned) else lost


_LIMITS = Limits()


def waits(stands: Mapping[str, Stand], limits: Limits = _LIMITS) -> Mapping[str, str]:
    """Who loses something, where a person is asked about it: by application, the commit with which that came."""
    return {name: stand.commit for name, stand in stands.items() if stand.silent(limits)}


def together(stands: Mapping[str, Stand], waiting: Mapping[str, str], application: str) -> Mapping[str, Stand]:
    """Those whose losses are judged with the ones of an application; of the others it is known that they wait.

    What came with a later commit than what waits is not held up by it. INV-03: what waits already, and what came with a
    commit that touched any of it, is never judged apart: else it would go piece by piece, with whatever comes next.
    """
    commits = {*waiting.values(), *(stands[name].commit for name in waiting)}
    if application in waiting or "" in commits or stands[application].commit in commits:
        return stands
    return {name: replace(one, is_exempt=one.is_exempt or name in waiting) for name, one in stands.items()}


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

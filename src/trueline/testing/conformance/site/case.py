"""The list of cases. A case is a coroutine function of a `World`; its name and docstring say what must hold."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

from trueline.target.site.platform import Order
from trueline.testing.conformance.site.ground import Feature
from trueline.testing.conformance.site.world import World

Run: TypeAlias = Callable[[World], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class SiteCase:
    """One thing that every place of a site does. `order` is set where only platforms of that order do it."""

    name: str
    run: Run
    needs: frozenset[Feature] = frozenset()
    order: Order | None = None

    def runs_on(self, order: Order, features: Collection[Feature]) -> bool:
        """Whether a ground has what it needs."""
        return self.order in {None, order} and self.needs <= set(features)


SITE_CASES: dict[str, SiteCase] = {}


def site_case(*needs: Feature, order: Order | None = None) -> Callable[[Run], Run]:
    """Put a function on the list."""

    def put(run: Run) -> Run:
        name = run.__name__
        if name in SITE_CASES:
            raise ValueError(f"there are two cases named {name}")
        SITE_CASES[name] = SiteCase(name, run, frozenset(needs), order)
        return run

    return put

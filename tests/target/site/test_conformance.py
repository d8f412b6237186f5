"""The conformance suite of places on a platform in memory, in both orders."""

from pathlib import Path

import pytest

from trueline.target.site.platform import Order
from trueline.testing.conformance.site.case import SiteCase
from trueline.testing.conformance.site.suite import site_cases
from trueline.testing.conformance.site.world import World
from trueline.testing.site.ground import FEATURES, MemoryGround

CASES = [(order, case) for order in Order for case in site_cases(order, FEATURES[order])]


@pytest.mark.parametrize(("order", "case"), CASES, ids=lambda one: getattr(one, "name", one))
async def test_conformance(tmp_path: Path, order: Order, case: SiteCase) -> None:
    await case.run(await World.on(MemoryGround(tmp_path, order)))

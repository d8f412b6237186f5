"""The conformance suite of places on a site that is served here."""

from pathlib import Path

import pytest

from tests.target.site.server.served_ground import FEATURES, ServedGround
from trueline.target.site.platform import Order
from trueline.testing.conformance.site.case import SiteCase
from trueline.testing.conformance.site.suite import site_cases
from trueline.testing.conformance.site.world import World


@pytest.mark.parametrize("case", site_cases(Order.ATOMIC, FEATURES), ids=lambda case: case.name)
async def test_conformance(tmp_path: Path, case: SiteCase) -> None:
    ground = ServedGround(tmp_path)
    try:
        await case.run(await World.on(ground))
    finally:
        await ground.close()

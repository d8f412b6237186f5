"""The conformance suite of places on a branch, over HTTP."""

from pathlib import Path

import pytest

from testbed.git_server import GitServer
from tests.target.site.branch.branch_ground import FEATURES, BranchGround
from trueline.target.site.platform import Order
from trueline.testing.conformance.site.case import SiteCase
from trueline.testing.conformance.site.suite import site_cases
from trueline.testing.conformance.site.world import World


@pytest.mark.parametrize("case", site_cases(Order.ATOMIC, FEATURES), ids=lambda case: case.name)
async def test_conformance(tmp_path: Path, case: SiteCase) -> None:
    async with GitServer(tmp_path / "served") as server:
        ground = BranchGround(tmp_path, server, await server.create("site"))
        await case.run(await World.on(ground))

"""The conformance suite of places on a directory of a host: with a shell, and where only files may be transferred."""

from pathlib import Path

import pytest

from testbed.sshd import Account, Sshd
from tests.target.site.ssh.ssh_ground import FEATURES, SshGround
from trueline.target.site.platform import Order
from trueline.testing.conformance.site.case import SiteCase
from trueline.testing.conformance.site.suite import site_cases
from trueline.testing.conformance.site.world import World


@pytest.mark.parametrize("only_files", [False, True], ids=["shell", "files"])
@pytest.mark.parametrize("case", site_cases(Order.ATOMIC, FEATURES), ids=lambda case: case.name)
async def test_conformance(tmp_path: Path, case: SiteCase, *, only_files: bool) -> None:
    async with Sshd(tmp_path / "sshd", Account(only_files=only_files)) as sshd:
        ground = SshGround(tmp_path / "ground", sshd)
        try:
            await case.run(await World.on(ground))
        finally:
            await ground.close()

"""A lost data directory, with everything real: the installation is found again, or a person has to say."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from testbed.control_plane import ControlPlane
from testbed.git_server import GitServer
from testbed.repository import Repository
from tests.cluster.following import asked_since, settings_for, until
from tests.cluster.test_counts import config_map, fleet
from trueline.loop.status import Sync
from trueline.model.fault import UserError
from trueline.wiring.assembly import Assembly, assemble

OBJECTS = 12


async def begun(git: GitServer, folder: Path, namespace: str) -> None:
    """A fleet with one application."""
    repository = await Repository.create(folder / "work", remote=await git.create("fleet"))
    files: dict[str, str | None] = {f"apps/shop/c{n:03}.yaml": config_map(n) for n in range(OBJECTS)}
    await repository.commit("begin", fleet(namespace) | files)
    await repository.push("main")


def is_synced(assembly: Assembly) -> bool:
    kept = assembly.engine.kept.get("shop")
    return kept is not None and kept.status.sync is Sync.SYNCED


async def test_a_lost_data_directory(
    control_plane: ControlPlane, git_server: GitServer, tmp_path: Path, namespace: str
) -> None:
    """INV-26: missing, then empty: the same installation, everything found, nothing tried, written or deleted."""
    await begun(git_server, tmp_path, namespace)
    settings = settings_for(git_server.url("fleet"), control_plane, tmp_path)
    async with assemble(settings) as assembly, assembly.engine.running():
        await until(lambda: is_synced(assembly))
        installation = assembly.data_directory.installation
        other = replace(settings, data_directory=tmp_path / "other")
        with pytest.raises(UserError) as refused:
            async with assemble(other):
                pass
        assert [one.code for one in refused.value.diagnostics] == ["TL1908"]
    for lost in ("missing", "empty"):
        shutil.rmtree(tmp_path / "data")
        if lost == "empty":
            (tmp_path / "data").mkdir(mode=0o700)
        mark = control_plane.mark()
        async with assemble(settings) as assembly, assembly.engine.running():
            assert assembly.data_directory.installation == installation
            assert [note.code for note in assembly.notes] == ["TL1906"]
            await until(lambda: is_synced(assembly))
            assert assembly.ledger.count("shop", assembly.engine.kept["shop"].status.target) == OBJECTS
        asked = await asked_since(control_plane, mark)
        assert {each.verb for each in asked.all} <= {"get", "list", "watch"}, asked.counts()

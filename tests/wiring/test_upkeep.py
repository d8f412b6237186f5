"""What `up` looks after each hour in its data directory, put together as it is there."""

from pathlib import Path

import pytest

from tests.cli.bad_input_case import Fleet, config_map, declared
from trueline.model.digest import Digest, digest_bytes
from trueline.runtime.blob import BlobDirectory
from trueline.source.git import GitRepository
from trueline.wiring.assembly import assemble
from trueline.wiring.settings import Settings
from trueline.wiring.upkeep import chores_of


async def test_the_journal_has_an_anchor_git_is_packed_and_only_blobs_that_nobody_names_may_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet, needed, tidied = Fleet(home=tmp_path), list[list[Digest]](), list[GitRepository]()
    in_cluster = "cluster: embedded, namespace: site, createNamespace: true"
    site = declared("site").replace(in_cluster, f"directory: {tmp_path}/w")
    fleet.commit({"site.yaml": site, "apps/site/index.md": "# Hello\n"})
    fleet.commit({"good.yaml": declared("good"), "apps/good/a.yaml": config_map()})
    settings = Settings(
        repository=str(fleet.root), data_directory=fleet.data, environment=fleet.environment, is_live=True
    )

    async def tidy(repository: GitRepository) -> None:
        tidied.append(repository)

    monkeypatch.setattr(BlobDirectory, "tidy", lambda _, names: needed.append(list(names)))
    monkeypatch.setattr(GitRepository, "tidy", tidy)
    async with assemble(settings) as assembly, assembly.engine.running():
        await assembly.engine.wait_settled()
        assert (needed, tidied) == ([[]], [])
        for chore in chores_of(assembly):
            await chore()
        head = assembly.journal.head()
        anchored = (fleet.data / "trueline.anchors").read_text()
        assert (str(head.sequence) in anchored, head.digest in anchored) == (True, True)
        assert tidied == list(assembly.sources.repositories) != []
        page = next((tmp_path / "w").rglob("index.html")).read_bytes()
        assert digest_bytes(page) in needed[1]

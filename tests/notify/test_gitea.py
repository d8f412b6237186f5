"""The status of a commit on a real Gitea: pending and success, failure of what cannot be rendered, and mended again."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from testbed.forge import USER, Forge
from testbed.repository import Repository
from tests.notify.sink import until
from tests.notify.test_engine import MAP
from trueline.cli.serving import running
from trueline.cli.story import Story
from trueline.wiring.assembly import assemble
from trueline.wiring.settings import Settings

APPLICATION = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: NAME}
spec:
  source: {path: apps/NAME}
  target: {cluster: embedded, namespace: NAME, createNamespace: true}
"""
NOTIFIER = """apiVersion: trueline.dev/v1
kind: Notifier
metadata: {name: forge}
spec:
  to:
    - gitea: {url: "URL", repository: "ops/fleet", token: {secret: {env: GITEA_TOKEN}}}
"""
pytestmark = pytest.mark.cluster


async def statuses(forge: Forge, commit: str) -> dict[str, str]:
    """The state of each context at a commit, as the forge has it."""
    found: list[dict[str, Any]] = await forge.ask("GET", f"/repos/{USER}/fleet/commits/{commit}/statuses?sort=oldest")
    return {one["context"]: one["status"] for one in found}


async def wait_statuses(forge: Forge, commit: str, wanted: dict[str, str]) -> None:
    """Until the forge says so."""
    found: dict[str, str] = {}
    for _ in range(600):
        if (found := await statuses(forge, commit)) == wanted:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{found}, not {wanted}")


async def test_each_commit_has_the_status_of_what_it_came_to(tmp_path: Path) -> None:
    async with Forge(tmp_path / "forge") as forge:
        address = await forge.create("fleet")
        repository = await Repository.create(tmp_path / "work", remote=address)

        async def push(**files: str) -> str:
            found = {f"{name.replace('__', '/')}.yaml": text for name, text in files.items()}
            commit = await repository.commit("A change", dict(found))
            await repository.git("push", "--quiet", "origin", "main")
            return commit

        declared = {name: APPLICATION.replace("NAME", name) for name in ("shop", "blog")}
        notifier = NOTIFIER.replace("URL", forge.url)
        first = await push(**declared, apps__shop__map=MAP, apps__blog__map=MAP, forge=notifier)
        settings = Settings(
            repository=f"{forge.url}/{USER}/fleet.git",
            data_directory=tmp_path / "data",
            environment={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GITEA_TOKEN": forge.token},
            interval_s=0.5,
            is_live=True,
        )
        async with assemble(settings) as assembly, running(assembly, "none", Story(lambda _: None)):
            await wait_statuses(forge, first, {"trueline/shop": "success", "trueline/blog": "success"})
            broken = await push(apps__shop__map="kind: ConfigMap\nmetadata: {name: [}\n")
            await wait_statuses(forge, broken, {"trueline/shop": "failure"})
            mended = await push(apps__shop__map=MAP.replace("blue", "green"))
            await wait_statuses(forge, mended, {"trueline/shop": "success"})
            assert await statuses(forge, broken) == {"trueline/shop": "failure"}
            await until(lambda: not assembly.engine.notes)

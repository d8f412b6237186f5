"""A real Gitea tells of a push, and it is looked at: with an interval that does not come round."""

import asyncio
import os
import re
from pathlib import Path

import pytest

from testbed.forge import USER, Forge
from testbed.repository import Repository
from tests.server.hook.sent import OTHER, SECRET
from trueline.cli.serving import running
from trueline.cli.story import Story
from trueline.server.hook.forge import Forge as Sender
from trueline.server.hook.key import HookKeys
from trueline.wiring.assembly import assemble
from trueline.wiring.settings import Settings

pytestmark = pytest.mark.cluster
APPLICATION = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: shop}
spec:
  source: {path: apps/shop}
  target: {cluster: embedded, namespace: shop, createNamespace: true}
"""
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: COLOUR}\n"


class TellingForge(Forge):
    """A forge that may call this machine: of itself it calls none that is not on the Internet."""

    def _run(self, *words: str) -> str:
        settings = self._folder / "app.ini"
        if "[webhook]" not in (text := settings.read_text()):
            settings.write_text(f"{text}\n[webhook]\nALLOWED_HOST_LIST = loopback\n")
        return super()._run(*words)

    async def tell(self, address: str, secret: str) -> None:
        """Tell of pushes there, from now on."""
        config = {"url": address, "content_type": "json", "secret": secret}
        body = {"type": "gitea", "active": True, "events": ["push"], "config": config}
        await self.ask("POST", f"/repos/{USER}/fleet/hooks", body)


async def test_a_real_gitea_is_heard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """INV-11: signed with our secret, and not with another one."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    async with TellingForge(tmp_path / "forge") as forge:
        remote = await forge.create("fleet")
        repository = await Repository.create(tmp_path / "work", remote=remote)

        async def push(colour: str) -> str:
            files = {"shop.yaml": APPLICATION, "apps/shop/map.yaml": MAP.replace("COLOUR", colour)}
            commit = await repository.commit(colour, dict(files))
            await repository.push("main")
            return commit

        await push("blue")
        settings = Settings(
            repository=f"{forge.url}/{USER}/fleet.git",
            data_directory=tmp_path / "data",
            environment={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            interval_s=3_600.0,
            is_live=True,
        )
        keys = HookKeys(files={Sender.GITEA: secret})
        async with (
            assemble(settings) as assembly,
            running(assembly, "127.0.0.1:0", Story(lambda _: None), hook_keys=keys),
        ):
            [address] = re.findall(r"listening on (\S+)", capsys.readouterr().err)
            await assembly.engine.wait_settled()
            await forge.tell(f"{address}/hooks/gitea", OTHER)
            looks = assembly.engine.looks
            unheard = await push("green")
            await asyncio.sleep(5.0)
            assert assembly.engine.looks == looks, "who signs with another secret was heard"
            await forge.tell(f"{address}/hooks/gitea", SECRET)
            wanted = await push("red")
            async with asyncio.timeout(60):
                while (look := assembly.engine.look) is None or look.revision.commit != wanted:
                    assert look is None or look.revision.commit != unheard
                    await asyncio.sleep(0.1)
            await assembly.engine.wait_settled()
            assert assembly.engine.kept["shop"].status.is_true

"""An encrypted application reaches a real cluster, is healed there, and a damaged commit changes nothing."""

import base64
import json
from pathlib import Path

from testbed.control_plane import ControlPlane
from testbed.git_server import GitServer
from testbed.repository import Repository
from tests.canary.search import files, hits
from tests.cluster.following import settings_for, until, until_it_is
from trueline.wiring.assembly import assemble

SAMPLE = Path(__file__).parent.parent / "runtime" / "sops" / "sample"
TOKEN = "hunter2-of-the-sample"


async def password(control_plane: ControlPlane, namespace: str) -> str:
    """What the API server holds."""
    said = await control_plane.kubectl("-n", namespace, "get", "secret", "access", "-o", "json")
    return base64.b64decode(json.loads(said)["data"]["password"]).decode()


async def test_an_encrypted_application(
    control_plane: ControlPlane, git_server: GitServer, tmp_path: Path, namespace: str
) -> None:
    """INV-25: and nothing of it stands in the data directory."""
    repository = await Repository.create(tmp_path / "work", remote=await git_server.create("encrypted"))
    text = (SAMPLE / "secret.yaml").read_text()
    declared = (
        "apiVersion: trueline.dev/v1\nkind: Application\nmetadata: {name: shop}\nspec:\n  source: {path: apps/shop}\n"
        "  decryption: {keys: [{secret: {env: TEAM_KEY}}]}\n"
        f"  target: {{namespace: {namespace}}}\n"
    )
    await repository.commit("begin", {"fleet/shop.yaml": declared, "apps/shop/secret.yaml": text})
    await repository.push("main")
    key = (SAMPLE / "key.txt").read_text()
    settings = settings_for(git_server.url("encrypted"), control_plane, tmp_path, TEAM_KEY=key)
    async with assemble(settings) as assembly, assembly.engine.running():
        engine = assembly.engine
        await until(lambda: engine.is_settled)
        assert await password(control_plane, namespace) == TOKEN

        patch = '{"data":{"password":"ZHJpZnQ="}}'
        await control_plane.kubectl("-n", namespace, "patch", "secret", "access", "--type=merge", "-p", patch)
        await until_it_is(TOKEN, lambda: password(control_plane, namespace))

        await repository.commit("damage", {"apps/shop/secret.yaml": text.replace("name: access", "name: b")})
        await repository.push("main")
        engine.poke()
        await until(lambda: "is not as it was when it was encrypted" in repr(engine.statuses()))
        assert await password(control_plane, namespace) == TOKEN
    assert hits({"it": TOKEN}, files(tmp_path)) == []

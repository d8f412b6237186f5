"""INV-25: after a pass no value of a Secret is held in memory, neither a live one nor one that was applied.

Everything that the interpreter can reach is walked: what the mirror, the caches, tasks and their frames hold.
"""

import base64
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from testbed.control_plane import ControlPlane
from testbed.git_server import GitServer
from testbed.repository import Repository
from tests.cluster.following import until
from trueline.loop.status import Sync
from trueline.runtime.clock import SystemClock
from trueline.wiring.assembly import assemble
from trueline.wiring.settings import Settings

NAMES = ("applied", "edited", "copied", "foreign", "named")
FLEET = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: shop}
spec: {source: {path: apps/shop}, target: {namespace: NAMESPACE}}
---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: other}
spec:
  source: {url: "URL", auth: {username: ci, password: {secret: {kubernetes: "NAMESPACE/access#password"}}}}
  target: {namespace: NAMESPACE}
"""
SECRET = """apiVersion: v1
kind: Secret
metadata: {name: token}
stringData: {password: VALUE}
"""


def parts(name: str) -> tuple[str, str]:
    """The value is never whole in what this file holds."""
    return f"{name}-held-", "nowhere-7d31c9"


def value(name: str) -> str:
    """What is planted."""
    return "".join(parts(name))


def encoded(name: str) -> str:
    return base64.b64encode(value(name).encode()).decode()


def reachable() -> Iterator[str | bytes]:
    """Every text that something holds: of structs that no collector sees their fields, of the rest their referents."""
    seen, left = set[int](), [one for one in gc.get_objects() if not isinstance(one, ModuleType)]
    skipped = {id(seen), id(left)}
    while left:
        one = left.pop()
        if id(one) in seen or id(one) in skipped:
            continue
        seen.add(id(one))
        if isinstance(one, str | bytes | bytearray):
            yield bytes(one) if isinstance(one, bytearray) else one
        elif isinstance(one, msgspec.Struct):
            left.extend(getattr(one, name, None) for name in one.__struct_fields__)
        elif isinstance(one, msgspec.Raw):
            left.append(bytes(one))
        else:
            left.extend(gc.get_referents(one))


def held() -> dict[str, int]:
    """How many texts hold each of the values, in clear or as the cluster has them."""
    gc.collect()
    found = dict.fromkeys(NAMES, 0)
    bases = {name: encoded(name)[4:-8].encode() for name in NAMES}
    ours = {id(one) for one in bases.values()}
    for text in reachable():
        if id(text) in ours:
            continue
        data = text if isinstance(text, bytes) else text.encode(errors="replace")
        for name in NAMES:
            begin, end = (part.encode() for part in parts(name))
            found[name] += begin + end in data or bases[name] in data
    return found


async def test_no_value_of_a_secret_is_held_after_a_pass(
    control_plane: ControlPlane, git_server: GitServer, tmp_path: Path, namespace: str
) -> None:
    """INV-25: applied, edited and healed, in an annotation, of somebody else, and read for a credential."""

    async def kubectl(*arguments: str) -> None:
        await control_plane.kubectl("-n", namespace, *arguments)

    for name, of in (("foreign", "foreign"), ("access", "named")):
        await kubectl("create", "secret", "generic", name, f"--from-literal=password={value(of)}")
    repository = await Repository.create(tmp_path / "work", remote=await git_server.create("held"))
    url = git_server.url("held")
    declared = FLEET.replace("NAMESPACE", namespace).replace("URL", f"{url}-nothing")
    files = {"fleet/shop.yaml": declared, "apps/shop/a.yaml": SECRET.replace("VALUE", value("applied"))}
    await repository.commit("one", files)
    await repository.push("main")
    del files
    settings = Settings(
        repository=url,
        path="fleet",
        kubeconfig=control_plane.kubeconfig,
        data_directory=tmp_path / "data",
        is_live=True,
        interval_s=3600.0,
        environment={"PATH": os.environ["PATH"]},
    )
    async with assemble(settings) as assembly, assembly.engine.running():
        engine = assembly.engine
        await until(lambda: "shop" in engine.kept and engine.kept["shop"].status.sync is Sync.SYNCED)
        last = "kubectl.kubernetes.io/last-applied-configuration"
        annotations, data = {last: value("copied")}, {"password": encoded("edited")}
        patch = msgspec.json.encode({"metadata": {"annotations": annotations}, "data": data}).decode()
        del annotations, data
        await kubectl("patch", "secret", "token", "--type=merge", "-p", patch)
        del patch
        await until(lambda: bool([one for one in assembly.journal.after() if one.kind == "drift found"]))
        await until(lambda: engine.is_settled)
        asked = ("-n", namespace, "get", "secret", "token", "-o", "jsonpath={.data.password}")
        said: Any = await control_plane.kubectl(*asked)
        assert said == encoded("applied")
        del said
        kept = [value("applied")]
        assert held()["applied"] >= 1, "the walk finds what is held"
        del kept
        await SystemClock().sleep(1)
        assert held() == dict.fromkeys(NAMES, 0)

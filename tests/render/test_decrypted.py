"""Encrypted files as manifests, Helm value files and Kustomize generators: in clear to the engine alone."""

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.render.case import MemoryRenderStore, request
from trueline.model.digest import digest_bytes, parse
from trueline.model.fault import UserError
from trueline.render.cache import CachedRenderer
from trueline.render.dispatch import DispatchingRenderer
from trueline.render.options import Helm
from trueline.render.private import is_private
from trueline.render.resource import Rendered
from trueline.render.shown import shown
from trueline.runtime.clock import SystemClock
from trueline.runtime.files import MemoryTree
from trueline.runtime.secret import SecretPlace, SecretReference, SystemSecrets
from trueline.runtime.sops.decryption import Decryption
from trueline.runtime.sops.keyring import Keyring
from trueline.runtime.sops.reader import SopsReader
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.toolbox_process import ProcessToolbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAMPLE = Path(__file__).parent.parent / "runtime" / "sops" / "sample"
KEY = (SAMPLE / "key.txt").read_text()
NAMED = (SecretReference(place=SecretPlace.ENV, name="TEAM_KEY"),)
KUSTOMIZATION = b"""\
resources: [secret.yaml]
secretGenerator:
  - name: made
    files: [values.json, blob.bin]
    envs: [vars.env]
generatorOptions: {disableNameSuffixHash: true}
"""
CHART = {
    "app/Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "app/templates/a.yaml": b"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
    b"stringData: {k: '{{ .Values.a.k }}'}\n",
}


def sample(name: str) -> bytes:
    return (SAMPLE / name).read_bytes()


def decrypting(toolbox: ProcessToolbox, other: ProcessToolbox, **environment: str) -> DispatchingRenderer:
    keyring = Keyring(environment, SystemSecrets(environment))
    return DispatchingRenderer(toolbox, decryption=Decryption(SopsReader(other), keyring))


async def rendered(toolbox: ProcessToolbox, files: dict[str, bytes], **changes: Any) -> Rendered:
    async with ProcessToolbox(path=toolbox.path, clock=SystemClock(), workers_max=1) as other:
        renderer = decrypting(toolbox, other, SOPS_AGE_KEY=KEY)
        return await renderer.render(request(**changes), MemoryTree(files))


def data_of(found: Rendered, name: str) -> dict[str, str]:
    (one,) = (one for one in found.resources if one.ref.name == name)
    data: dict[str, str] = parse(found.body(one))["data"]
    return {key: base64.b64decode(value).decode(errors="replace") for key, value in data.items()}


async def test_a_manifest_keeps_its_lines(toolbox: ProcessToolbox) -> None:
    plain = b"# two lines\n\n" + b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"
    found = await rendered(toolbox, {"app/secret.yaml": sample("secret.yaml"), "app/z.yaml": plain})
    assert data_of(found, "access") == {
        "password": "hunter2-of-the-sample",
        "several": "line one\nline two\n",
        "count": "3",
    }
    assert [(str(one.origin.path), one.origin.line) for one in found.resources] == [
        ("app/secret.yaml", 2),
        ("app/z.yaml", 3),
    ]


async def test_kustomize_generators(toolbox: ProcessToolbox) -> None:
    names = ("secret.yaml", "values.json", "blob.bin", "vars.env")
    files = {"app/kustomization.yaml": KUSTOMIZATION, **{f"app/{name}": sample(name) for name in names}}
    found = await rendered(toolbox, files)
    made = data_of(found, "made")
    assert made["TOKEN"] == "token-of-the-sample"
    assert made["PLAIN_unencrypted"] == "seen"
    assert made["blob.bin"].endswith("binary-of-the-sample")
    assert '"b.c": "json-of-the-sample"' in made["values.json"]
    assert data_of(found, "access")["password"] == "hunter2-of-the-sample"
    assert [one.origin.line for one in found.resources if one.ref.name == "access"] == [2]


async def test_helm_value_files(toolbox: ProcessToolbox) -> None:
    template = CHART["app/templates/a.yaml"].replace(b".Values.a.k", b'index .Values.a "b.c"')
    files = {**CHART, "app/templates/a.yaml": template, "app/values.json": sample("values.json")}
    found = await rendered(toolbox, files, options=Helm(value_files=("values.json",)))
    assert data_of(found, "a") == {"k": "json-of-the-sample"}


async def test_what_an_engine_repeats_is_not_told(toolbox: ProcessToolbox) -> None:
    """INV-25: a template may fail with the value itself."""
    failing = b'{{ fail (printf "%s and %s" (index .Values.a "b.c") (b64enc (index .Values.a "b.c"))) }}'
    files = {**CHART, "app/templates/a.yaml": failing, "app/values.json": sample("values.json")}
    with pytest.raises(UserError, match=r"\*\*\* and \*\*\*") as caught:
        await rendered(toolbox, files, options=Helm(value_files=("values.json",)))
    told = f"{caught.value!r} {caught.value} {caught.value.__cause__}"
    assert "of-the-sample" not in told
    assert base64.b64encode(b"json-of-the-sample").decode() not in told


async def test_what_may_be_shown_of_a_render(toolbox: ProcessToolbox) -> None:
    """INV-25: neither the values of Secrets, nor an encrypted value that a chart puts elsewhere."""
    template = (
        b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"
        b"data: {k: 'x {{ index .Values.a \"b.c\" }}', clear: word}\n---\n"
        b"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {k: in-clear}\n"
    )
    files = {**CHART, "app/templates/a.yaml": template, "app/values.json": sample("values.json")}
    found = await rendered(toolbox, files, options=Helm(value_files=("values.json",)))
    assert {one.ref.kind: shown(found, one)["data"] for one in found.resources} == {
        "ConfigMap": {"k": "x ***", "clear": "word"},
        "Secret": {"k": "***"},
    }
    assert [f"{one.code} {one.detail}" for one in found.notes] == ["TL0177 ConfigMap/b"]
    bodies = {one.ref.kind: parse(found.body(one)) for one in found.resources}
    assert {kind: is_private(body) for kind, body in bodies.items()} == {"ConfigMap": True, "Secret": False}
    assert {digest_bytes(found.body(one)) for one in found.resources} == {one.digest for one in found.resources}
    assert len(found.bodies) == len(found.resources)


async def test_an_encrypted_file_is_never_rendered_as_it_stands(renderer: DispatchingRenderer) -> None:
    """INV-25: without a key the render fails."""
    with pytest.raises(UserError, match="TL0163"):
        await renderer.render(request(), MemoryTree({"app/secret.yaml": sample("secret.yaml")}))


async def test_nor_is_one_that_lost_its_metadata(renderer: DispatchingRenderer, toolbox: ProcessToolbox) -> None:
    cut = sample("secret.yaml").split(b"sops:")[0]
    with pytest.raises(UserError, match="TL0161"):
        await rendered(toolbox, {"app/secret.yaml": cut})


async def test_a_kept_render_is_of_who_may_open_it(toolbox: ProcessToolbox) -> None:
    """INV-20: the names of the keys are in the key of a render."""
    files = MemoryTree({"app/secret.yaml": sample("secret.yaml")})
    async with ProcessToolbox(path=toolbox.path, clock=SystemClock(), workers_max=1) as other:
        cache = CachedRenderer(decrypting(toolbox, other, TEAM_KEY=KEY), MemoryRenderStore(), "t")
        first = await cache.render(request(decryption=NAMED), files)
        assert cache.digest(request(decryption=NAMED), files) is not None
        assert cache.digest(request(), files) is None
        with pytest.raises(UserError, match="TL0163"):
            await cache.render(request(), files)
        assert (await cache.render(request(decryption=NAMED), files)).resources == first.resources
        assert cache.renders == {"plain": 2}


async def test_renders_side_by_side_do_not_wait_for_each_other(toolbox: ProcessToolbox) -> None:
    """Each engine holds a worker while its encrypted file is opened by another toolbox."""
    import asyncio  # noqa: PLC0415

    names = ("secret.yaml", "values.json", "blob.bin", "vars.env")
    files = {"app/kustomization.yaml": KUSTOMIZATION, **{f"app/{name}": sample(name) for name in names}}
    async with asyncio.timeout(60), TaskGroup() as tasks:
        made = [tasks.create_task(rendered(toolbox, files)) for _ in range(6)]
    first, *others = [task.result().bodies for task in made]
    assert first
    assert others == [first] * 5

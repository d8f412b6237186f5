"""A render is a function of its files and options: nothing around it shows in a byte of it."""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.render.case import request
from trueline.model.digest import Digest
from trueline.render.dispatch import DispatchingRenderer
from trueline.render.resource import Rendered
from trueline.runtime.files import MemoryTree
from trueline.runtime.task_group import TaskGroup

pytestmark = pytest.mark.asyncio(loop_scope="module")

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {b: '1', a: '2'}\n"
TEMPLATE = (
    "{{- range $k, $v := .Values.all }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ $k | lower }}}\n"
    'data: {v: "{{ $v | upper }}", d: "{{ (list 3 1 2 | sortAlpha) | join "," }}"}\n{{- end }}\n'
)
FILES: dict[str, dict[str, str]] = {
    "plain": {f"app/{name}.yaml": MAP % name for name in ("i", "b", "a")},
    "kustomize": {
        "app/kustomization.yaml": (
            "resources: [b.yaml, a.yaml]\nnamePrefix: k-\nlabels: [{pairs: {z: '1', i: '2'}}]\n"
            "configMapGenerator: [{name: g, literals: [z=1, a=2]}]\n"
        ),
        "app/a.yaml": MAP % "a",
        "app/b.yaml": MAP % "b",
    },
    "helm": {
        "app/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "app/values.yaml": "all: {INDIGO: i, beta: b, alpha: a}\n",
        "app/templates/a.yaml": TEMPLATE,
    },
    "jsonnet": {
        "app/a.jsonnet": (
            "[{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: n}, data: {z: '1', a: '2'}}"
            " for n in ['i', 'b', 'a']]"
        ),
    },
}


def tree(kind: str, seed: int = 0) -> MemoryTree:
    """The files of a kind in an order of their own."""
    items = list(FILES[kind].items())
    random.Random(seed).shuffle(items)
    return MemoryTree({path: text.encode() for path, text in items})


def told(rendered: Rendered) -> tuple[list[tuple[str, Digest, str]], dict[Digest, bytes]]:
    """Every resource in its order with its body and its place."""
    resources = [(str(one.ref), one.digest, str(one.origin)) for one in rendered.resources]
    return resources, dict(rendered.bodies)


@pytest.mark.parametrize("kind", FILES)
async def test_a_render_is_the_same_in_any_order_and_company(renderer: DispatchingRenderer, kind: str) -> None:
    """INV-21: in whatever order files come, and whatever is rendered beside it."""
    alone = told(await renderer.render(request(), tree(kind)))
    assert alone[0], "it renders something"
    others = [name for name in FILES for _ in range(3)]
    random.Random(kind).shuffle(others)
    async with TaskGroup() as group:
        tasks = [
            (name, group.create_task(renderer.render(request(), tree(name, seed)))) for seed, name in enumerate(others)
        ]
    beside = [told(task.result()) for name, task in tasks if name == kind]
    assert beside == [alone] * 3


SURROUNDINGS = [
    {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "0"},
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "4242", "HELM_NAMESPACE": "x"},
]


@pytest.mark.parametrize("kind", FILES)
async def test_a_render_is_the_same_whatever_is_around_it(tmp_path: Path, kind: str) -> None:
    """INV-21: time zone, locale, the order of hashes, variables of the process and the folder it is started in."""
    for path, text in FILES[kind].items():
        file = tmp_path / "tree" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    found = set()
    for number, surroundings in enumerate(SURROUNDINGS):
        place = tmp_path / str(number)
        place.mkdir()
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "trueline", "render", str(tmp_path / "tree" / "app"), "-o", "json"],
            cwd=place,
            env={**os.environ, "HOME": str(place), **surroundings},
            capture_output=True,
            check=True,
            timeout=120,
        )
        found.add(done.stdout)
    assert len(found) == 1

"""The line of a field: from a fresh render and from a kept one, and none where an engine may have written the field."""

import pytest

from tests.render.case import MemoryRenderStore, request, tree
from trueline.model.digest import parse
from trueline.model.field_path import parse as path_of
from trueline.render.cache import CachedRenderer
from trueline.render.dispatch import DispatchingRenderer
from trueline.runtime.files import MemoryTree

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: ClusterIP
  ports:
  - port: 80
    name: http
  - name: more
    port: 81
"""
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  a: b\n  user/name: ada\n"
PATCHED = """resources:
- web.yaml
patches:
- patch: |
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {type: NodePort, externalName: x}
"""
CHART = tree(
    app__Chart_yaml="apiVersion: v2\nname: c\nversion: 1.0.0\n",
    app__templates__a_yaml=SERVICE,
    app__templates__b_yaml=SECRET.replace("name: ada", "name: {{ .Release.Name }}"),
)


async def lines(renderer: DispatchingRenderer, files: MemoryTree, *paths: str) -> list[str]:
    """Where fields of the first resource are said to stand: fresh, and again from what was kept."""
    cache = CachedRenderer(renderer, MemoryRenderStore(), "t")
    told = []
    for _ in range(2):
        rendered = await cache.render(request(), files)
        assert rendered.locate is not None
        one = rendered.resources[0]
        body = parse(rendered.body(one))
        told.append([str(await rendered.locate(one.origin, body, path_of(path))) for path in paths])
    assert sum(cache.renders.values()) == 1
    assert told[0] == told[1]
    return told[0]


async def test_a_field_of_a_plain_file(renderer: DispatchingRenderer) -> None:
    files = tree(app__a_yaml=f"# above\n{SERVICE}")
    asked = (
        "spec.type",
        "spec.ports[1].port",
        "spec.ports[port=80,protocol=TCP].name",
        "spec.selector",
        "spec.ports[7]",
    )
    assert await lines(renderer, files, *asked) == [f"app/a.yaml:{line}" for line in (7, 12, 10, 6, 8)]


async def test_what_was_written_in_clear(renderer: DispatchingRenderer) -> None:
    assert await lines(renderer, tree(app__a_yaml=SECRET), 'data["user/name"]') == ["app/a.yaml:6"]


async def test_what_a_patch_wrote_is_not_where_the_base_wrote_it(renderer: DispatchingRenderer) -> None:
    files = tree(app__web_yaml=SERVICE, app__kustomization_yaml=PATCHED)
    found = await lines(renderer, files, "spec.ports[0].port", "spec.type", "spec.externalName")
    assert found == ["app/web.yaml:8", "app/web.yaml:1", "app/web.yaml:1"]


async def test_a_template_that_is_no_yaml_leaves_the_line_of_its_resource(renderer: DispatchingRenderer) -> None:
    assert await lines(renderer, CHART, "data.a") == ["app/templates/b.yaml:2"]

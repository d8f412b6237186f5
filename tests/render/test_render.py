"""The renderers over a real toolbox: what they find, what they refuse, where it was written."""

import pytest

from tests.render.case import COMMIT, refs, refused, request, tree
from trueline.model.digest import parse
from trueline.model.fault import Transient, UserError
from trueline.model.origin import Origin
from trueline.render.dispatch import DispatchingRenderer
from trueline.render.field_origin import field_origins
from trueline.render.options import Capabilities, Helm, Jsonnet, Kustomize, Plain
from trueline.render.text import encode_yaml
from trueline.runtime.clock import SystemClock
from trueline.runtime.files import MemoryTree
from trueline.runtime.toolbox_frame import Limits
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"
CHART = "apiVersion: v2\nname: c\nversion: 1.0.0\n"


async def test_every_origin_has_the_commit(renderer: DispatchingRenderer) -> None:
    rendered = await renderer.render(request(), tree(app__a_yaml=f"{MAP % 'a'}---\n{MAP % 'b'}"))
    assert [one.origin for one in rendered.resources] == [
        Origin(path="app/a.yaml", line=1, commit=COMMIT),
        Origin(path="app/a.yaml", line=5, commit=COMMIT),
    ]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (Plain(), ["a", "b", "c"]),
        (Plain(recursive=False), ["a"]),
        (Plain(include=("*/b.yaml",)), ["b"]),
        (Plain(exclude=("d/**",)), ["a"]),
        (Plain(include=("d/**",), exclude=("**/e/*",)), ["b"]),
    ],
)
async def test_plain_patterns(renderer: DispatchingRenderer, options: Plain, found: list[str]) -> None:
    files = tree(app__a_yaml=MAP % "a", app__d__b_yaml=MAP % "b", app__d__e__c_json=MAP % "c", app__x_txt="no")
    assert refs(await renderer.render(request(options=options), files)) == [f"ConfigMap/{name}" for name in found]


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (tree(app__Chart_yaml=CHART, app__templates__a_yaml=MAP % "{{ .Release.Name }}"), "ConfigMap/shop"),
        (tree(app__kustomization_yaml="namePrefix: k-\nresources: [a.yaml]", app__a_yaml=MAP % "a"), "ConfigMap/k-a"),
        (tree(app__kustomization_yml="namePrefix: k-\nresources: [a.yaml]", app__a_yaml=MAP % "a"), "ConfigMap/k-a"),
        (
            MemoryTree(
                {"app/Kustomization": b"namePrefix: k-\nresources: [a.yaml]", "app/a.yaml": (MAP % "a").encode()}
            ),
            "ConfigMap/k-a",
        ),
        (tree(app__a_jsonnet="{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'j'}}"), "ConfigMap/j"),
        (tree(app__a_jsonnet="error 'not asked'", app__a_yaml=MAP % "a"), "ConfigMap/a"),
    ],
)
async def test_found_from_the_files(renderer: DispatchingRenderer, files: MemoryTree, kind: str) -> None:
    assert refs(await renderer.render(request(), files)) == [kind]


@pytest.mark.parametrize("options", [None, Plain(), Helm(), Kustomize(), Jsonnet()])
async def test_a_path_that_is_not_there(renderer: DispatchingRenderer, options: Plain | None) -> None:
    files = tree(other__a_yaml=MAP % "a")
    assert await refused(renderer, request(options=options), files) == ["TL0301 app"]


async def test_an_empty_folder_is_not_an_empty_wish(renderer: DispatchingRenderer) -> None:
    assert await refused(renderer, request(), tree(app__README_md="text")) == ["TL0302 app"]
    options = Plain(include=("nothing*",))
    assert await refused(renderer, request(options=options), tree(app__a_yaml=MAP % "a")) == ["TL0302 app"]
    assert await refused(renderer, request(options=Jsonnet()), tree(app__a_yaml=MAP % "a")) == ["TL0302 app"]


async def test_refusals_of_the_engines(renderer: DispatchingRenderer) -> None:
    cases = [
        (tree(app__kustomization_yaml="resources:\n- missing.yaml"), "TL0305 app/kustomization.yaml:2"),
        (
            tree(app__Chart_yaml=CHART, app__templates__a_yaml="x: 1\ny: {{ fail `no` }}"),
            "TL0306 app/templates/a.yaml:2",
        ),
        (tree(app__Chart_yaml=CHART, app__values_yaml="a: 1\nb: 2\n\nc: [\n"), "TL0306 app/values.yaml:4"),
        (tree(app__a_jsonnet="{\n  a: error 'no',\n}"), "TL0307 app/a.jsonnet:2"),
        (tree(app__a_yaml="a: [1"), "TL0303 app/a.yaml:1"),
    ]
    for files, expected in cases:
        assert await refused(renderer, request(), files) == [expected]


async def test_a_cycle_of_bases(renderer: DispatchingRenderer) -> None:
    files = tree(app__kustomization_yaml="resources: [../b]", b__kustomization_yaml="resources: [../app]")
    with pytest.raises(UserError, match="in a circle: app → b → app\n") as caught:
        await renderer.render(request(), files)
    assert [str(one.origin) for one in caught.value.diagnostics] == ["b/kustomization.yaml:1"]


async def test_paths_that_lead_outside(renderer: DispatchingRenderer) -> None:
    chart = tree(app__Chart_yaml=CHART)
    options = Helm(value_files=("../../a.yaml", "../../b.yaml"))
    assert await refused(renderer, request(options=options), chart) == ["TL0314 app", "TL0314 app"]
    library = Jsonnet(libraries=("../..",))
    assert await refused(renderer, request(options=library), tree(app__a_jsonnet="{}")) == ["TL0314 app"]


async def test_a_chart_that_differs_from_itself(renderer: DispatchingRenderer) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {p: {{ randAlphaNum 20 }}, q: same}\n"
    rendered = await renderer.render(request(), tree(app__Chart_yaml=CHART, app__templates__s_yaml=secret))
    assert rendered.resources[0].unstable == ("/data/p",)
    assert [(one.code, str(one.origin)) for one in rendered.notes] == [("TL0320", "app/templates/s.yaml:2")]


async def test_capabilities_reach_the_chart(renderer: DispatchingRenderer) -> None:
    template = MAP % "{{ .Capabilities.KubeVersion.Minor }}-{{ .Capabilities.APIVersions.Has `apps/v1` }}"
    files = tree(app__Chart_yaml=CHART, app__templates__a_yaml=template.replace("{name: ", "{name: n"))
    known = await renderer.render(request(capabilities=Capabilities(kube_version="v1.31.0")), files)
    whole = Capabilities(kube_version="v1.32.0", api_versions=("v1",), is_whole=True)
    assert refs(known) == ["ConfigMap/n31-true"]
    assert refs(await renderer.render(request(capabilities=whole), files)) == ["ConfigMap/n32-false"]
    assert known.uses_capabilities


async def test_a_limit_is_the_users_and_a_death_is_passing() -> None:
    path, clock = find_toolbox().path, SystemClock()
    files = tree(app__a_yaml=MAP % "a", app__b_yaml=MAP % "b")
    async with ProcessToolbox(path=path, clock=clock, limits=Limits(asks=1)) as toolbox:
        with pytest.raises(UserError, match="TL0312"):
            await DispatchingRenderer(toolbox).render(request(), files)
    endless = tree(app__a_jsonnet="local f(n) = if n == 0 then 0 else f(n - 1) tailstrict; [f(1e9)]")
    async with ProcessToolbox(path=path, clock=clock, timeout_s=0.3) as toolbox:
        with pytest.raises(Transient, match="TL0313"):
            await DispatchingRenderer(toolbox).render(request(), endless)


async def test_bodies_as_yaml(toolbox: ProcessToolbox, renderer: DispatchingRenderer) -> None:
    rendered = await renderer.render(request(), tree(app__a_yaml=f"{MAP % 'a'}---\n{MAP % 'b'}"))
    text = await encode_yaml(toolbox, [rendered.body(one) for one in rendered.resources])
    again = await renderer.render(request(), tree(app__a_yaml=text))
    assert again.bodies == rendered.bodies
    assert parse(rendered.body(rendered.resources[0]))["metadata"] == {"name": "a"}


async def test_where_fields_were_written(toolbox: ProcessToolbox) -> None:
    text = (
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n"
        "  stringData:\n    x/y: z\n- apiVersion: v1\n  kind: Service\n  metadata: {name: b}\n  spec:\n    ports:\n"
        "    - port: 80\n---\n"
    ) + MAP % "c"
    files = tree(app__a_yaml=text)

    async def lines(line: int, body: object) -> dict[str, int]:
        found = await field_origins(toolbox, files, Origin(path="app/a.yaml", line=line, commit=COMMIT), body)
        assert {one.commit for one in found.values()} <= {COMMIT}
        return {path: one.line for path, one in found.items()}

    spec = {"ports": [{"port": 80}]}
    secret = await lines(4, {"metadata": {"name": "a"}, "data": {"x/y": "eg=="}})
    service = await lines(9, {"metadata": {"name": "b"}, "spec": spec})
    plain = await lines(16, {"metadata": {"name": "c"}})
    assert (secret['data["x/y"]'], secret["metadata.name"]) == (8, 6)
    assert (service["spec.ports[0].port"], service["metadata.name"]) == (14, 11)
    assert plain["metadata.name"] == 18
    assert await lines(0, {}) == {}
    others: tuple[object, ...] = ([{"port": 81}], [{"port": "80"}], [], {"port": 80}, None)
    for other in others:
        patched = await lines(9, {"metadata": {"name": "b"}, "spec": {"ports": other}})
        assert "spec.ports[0].port" not in patched, "an overlay wrote it, and not this line (INV-38)"
        assert patched["metadata.name"] == 11


async def test_the_items_of_a_list_have_their_lines(renderer: DispatchingRenderer) -> None:
    item = "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: %s}\n"
    files = tree(app__a_yaml="apiVersion: v1\nkind: List\nitems:\n" + item % "a" + item % "b")
    rendered = await renderer.render(request(), files)
    assert [one.origin.line for one in rendered.resources] == [4, 7]

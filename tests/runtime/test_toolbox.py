"""The toolbox's engines, asked as the stages ask them: values, places, complaints."""

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import build_toolbox
from trueline.model.fault import UserError
from trueline.runtime.clock import SystemClock
from trueline.runtime.files import FileEntry, FileKind, MemoryTree
from trueline.runtime.toolbox import NO_FILES, Complaint, ToolboxRefused
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox

INPUTS = Path(os.environ.get("TRUELINE_INPUTS") or build_toolbox.ROOT.parent / "shared" / "inputs")


@pytest.fixture(scope="module")
def program() -> Path:
    return build_toolbox.build(build_toolbox.ROOT)


@asynccontextmanager
async def opened(program: Path, **options: Any) -> AsyncIterator[ProcessToolbox]:
    async with ProcessToolbox(path=program, clock=SystemClock(), **options) as toolbox:
        yield toolbox


def tree(files: Mapping[str, str]) -> MemoryTree:
    return MemoryTree({name: content.encode() for name, content in files.items()})


async def answered(program: Path, operation: str, arguments: object, files: Mapping[str, str] | None = None) -> Any:
    async with opened(program) as toolbox:
        return json.loads(await toolbox.ask(operation, arguments, tree(files or {})))


async def refused(
    program: Path, operation: str, arguments: object, files: Mapping[str, str] | None = None
) -> tuple[Complaint, ...]:
    with pytest.raises(ToolboxRefused) as caught:
        await answered(program, operation, arguments, files)
    return caught.value.complaints


async def test_it_says_what_it_is_and_that_it_is_confined(program: Path) -> None:
    async with opened(program) as toolbox:
        versions = json.loads(await toolbox.ask("version", {}))
        assert {"helm", "kustomize", "jsonnet", "kubernetes"} <= set(versions)
        assert versions["kubernetes"].startswith("v0.35.")
        assert toolbox.confinement is not None
        assert toolbox.confinement.limits


def test_where_it_is_not_there_the_diagnostic_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        find_toolbox(tmp_path / "src" / "trueline")
    assert caught.value.diagnostics[0].code == "TL0901"
    assert "build_toolbox.py" in caught.value.diagnostics[0].remedy


def test_its_digest_is_that_of_the_build(program: Path, tmp_path: Path) -> None:
    found = find_toolbox()
    assert found.path == program
    assert replace(found) == find_toolbox()
    (tmp_path / "_toolbox").write_bytes(b"another")
    assert find_toolbox(tmp_path).digest != found.digest


# yaml


DOCUMENTS = """\
# a comment
a: 1
--- # the second
text: |
  ---
  inner
---
---
{big: 9007199254740993, yes: on}
"""


async def test_documents_come_in_order_with_their_lines(program: Path) -> None:
    answer = await answered(program, "yaml", {"files": ["x.yaml"]}, {"x.yaml": DOCUMENTS})
    assert [(one["index"], one["line"], one["value"]) for one in answer["documents"]] == [
        (0, 2, {"a": 1}),
        (1, 4, {"text": "---\ninner\n"}),
        (2, 9, {"big": 9007199254740993, "true": True}),
    ]


async def test_json_is_read_as_json(program: Path) -> None:
    files = {"x.json": '{\n\t"a": "\\ud83d\\ude00"\n}\n{"b": 9007199254740993}'}
    answer = await answered(program, "yaml", {"files": ["x.json"]}, files)
    assert [(one["line"], one["value"]) for one in answer["documents"]] == [
        (1, {"a": "😀"}),
        (4, {"b": 9007199254740993}),
    ]


async def test_line_ends_and_byte_order_marks(program: Path) -> None:
    text = "\ufeffa: 1\r\n---\r\nb: |\r\n  x\r\n"
    answer = await answered(program, "yaml", {"texts": [{"path": "x", "text": text}]})
    assert [(one["line"], one["value"]) for one in answer["documents"]] == [(1, {"a": 1}), (3, {"b": "x\n"})]


async def test_every_bad_document_of_every_file_is_a_complaint(program: Path) -> None:
    files = {
        "a.yaml": "a: 1\na: 2\n---\nb: 1\nb: 3\n---\nc: [\n",
        "b.json": '{"a": 1,\n"b": {"c": 1,\n"c": 2}}',
        "good.yaml": "a: 1\n",
    }
    complaints = await refused(program, "yaml", {"files": ["a.yaml", "b.json", "good.yaml", "absent.yaml"]}, files)
    assert [(one.path, one.line) for one in complaints] == [
        ("absent.yaml", 0),
        ("a.yaml", 2),
        ("a.yaml", 5),
        ("a.yaml", 7),
        ("b.json", 3),
    ]
    assert 'key "c" already set in map' in complaints[-1].text


async def test_overriding_what_was_merged_in_is_no_key_twice(program: Path) -> None:
    text = "base: &b {x: 1, z: 2}\nuse:\n  <<: *b\n  z: 3\n"
    answer = await answered(program, "yaml", {"texts": [{"path": "x", "text": text}]})
    assert answer["documents"][0]["value"]["use"] == {"x": 1, "z": 3}
    complaints = await refused(program, "yaml", {"texts": [{"path": "x", "text": text + "  z: 4\n"}]})
    assert 'key "z" already set in map' in complaints[-1].text


async def test_an_alias_bomb_is_refused(program: Path) -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
    )
    complaints = await refused(program, "yaml", {"files": ["x.yaml"]}, {"x.yaml": bomb})
    assert "excessive aliasing" in complaints[0].text


async def test_every_field_has_a_place(program: Path) -> None:
    files = {"x.yaml": "a: 1\n---\nspec:\n  list:\n    - name: x\n    - {name: y}\n  a/b: 1\n"}
    answer = await answered(program, "positions", {"files": ["x.yaml"]}, files)
    assert answer["documents"][1]["positions"] == {
        "": [3, 1],
        "/spec": [3, 1],
        "/spec/list": [4, 3],
        "/spec/list/0": [5, 7],
        "/spec/list/0/name": [5, 7],
        "/spec/list/1": [6, 7],
        "/spec/list/1/name": [6, 8],
        "/spec/a~1b": [7, 3],
    }


async def test_values_are_written_as_kubernetes_writes_them(program: Path) -> None:
    answer = await answered(program, "encode", {"values": [{"b": "yes", "a": [1, {"c": "x\ny\n"}]}, {"big": 2**60}]})
    assert answer["text"] == 'a:\n- 1\n- c: |\n    x\n    y\nb: "yes"\n---\nbig: 1152921504606846976\n'


# kustomize


OVERLAY = {
    "base/kustomization.yaml": "resources: [web.yaml]\nconfigMapGenerator:\n- name: settings\n  literals: [a=b]\n",
    "base/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  annotations: {ours: kept}\n"
    "spec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: web:1\n"
    "        envFrom:\n        - configMapRef: {name: settings}\n",
    "apps/prod/kustomization.yaml": "resources: [../../base, extra.yaml]\nnamePrefix: prod-\n"
    "images: [{name: web, newTag: '2'}]\npatches:\n- path: patch.yaml\n",
    "apps/prod/extra.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
    "apps/prod/patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n",
}


async def test_an_overlay_says_where_each_resource_is_from(program: Path) -> None:
    answer = await answered(program, "kustomize", {"path": "apps/prod"}, OVERLAY)
    by_kind = {one["value"]["kind"]: one for one in answer["resources"]}
    assert {kind: (one["path"], one["generated"]) for kind, one in by_kind.items()} == {
        "Deployment": ("base/web.yaml", False),
        "Service": ("apps/prod/extra.yaml", False),
        "ConfigMap": ("base/kustomization.yaml", True),
    }
    web = by_kind["Deployment"]["value"]
    assert web["spec"]["replicas"] == 3
    assert web["spec"]["template"]["spec"]["containers"][0]["image"] == "web:2"
    assert web["metadata"] == {"name": "prod-web", "annotations": {"ours": "kept"}}
    name = by_kind["ConfigMap"]["value"]["metadata"]["name"]
    assert web["spec"]["template"]["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"] == name


async def test_a_render_looks_at_what_it_needs_and_nothing_else(program: Path) -> None:
    seen: set[tuple[str, str]] = set()

    class Watched(MemoryTree):
        def entry(self, path: str) -> FileEntry | None:
            seen.add(("entry", path))
            return super().entry(path)

        async def read(self, path: str) -> bytes:
            seen.add(("read", path))
            return await super().read(path)

    files = Watched({name: text.encode() for name, text in OVERLAY.items()} | {"apps/other/x.yaml": b"a: 1"})
    async with opened(program) as toolbox:
        await toolbox.ask("kustomize", {"path": "apps/prod"}, files)
        assert toolbox.asks_by_operation["kustomize"] == len(seen), "each path is asked for once"
    assert {path for kind, path in seen if kind == "read"} == set(OVERLAY)
    assert ("entry", "apps/prod/Kustomization") in seen, "a miss is part of what was looked at"
    assert not any(path.startswith("apps/other") for _, path in seen)


KUSTOMIZATION_REFUSALS: dict[str, tuple[dict[str, str], list[tuple[str, int, str]]]] = {
    "a base outside the repository": (
        {"a/kustomization.yaml": "resources:\n- ../../other/base\n- ../../outside\n"},
        [("a/kustomization.yaml", 2, "../../other/base leads outside"), ("a/kustomization.yaml", 3, "../../outside")],
    ),
    "remote bases": (
        {"a/kustomization.yaml": "resources:\n- https://h.example/x.yaml\n- github.com/o/r/base?ref=v1\n"},
        [("a/kustomization.yaml", 2, "is remote"), ("a/kustomization.yaml", 3, "github.com/o/r/base?ref=v1")],
    ),
    "a chart": (
        {"a/kustomization.yaml": "helmCharts:\n- name: redis\n  repo: https://charts.example\n"},
        [("a/kustomization.yaml", 2, "the chart redis")],
    ),
    "a container function": (
        {
            "a/kustomization.yaml": "transformers: [t.yaml]\n",
            "a/t.yaml": "apiVersion: v1\nkind: Funny\nmetadata:\n  name: x\n  annotations:\n"
            "    config.kubernetes.io/function: |\n      container: {image: x}\n",
        },
        [("a/kustomization.yaml", 0, "Funny")],
    ),
    "a file that does not parse, in a base": (
        {
            "a/kustomization.yaml": "resources: [../b]\n",
            "b/kustomization.yaml": "resources: [x.yaml]\n",
            "b/x.yaml": "a: 1\nb: c: d\n",
        },
        [("b/x.yaml", 2, "mapping values")],
    ),
    "a key twice": (
        {
            "a/kustomization.yaml": "resources: [x.yaml]\n",
            "a/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  a: b\n  a: c\n",
        },
        [("a/x.yaml", 6, 'key "a" already set')],
    ),
    "a cycle": (
        {"a/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../a]\n"},
        [("a/kustomization.yaml", 0, "cycle detected")],
    ),
    "an unknown field": (
        {"a/kustomization.yaml": "resource: [x.yaml]\n"},
        [("a/kustomization.yaml", 0, 'unknown field "resource"')],
    ),
    "no kustomization": ({"a/x.yaml": "a: 1\n"}, [("a", 0, "unable to find one of")]),
}


@pytest.mark.parametrize("case", KUSTOMIZATION_REFUSALS)
async def test_a_bad_kustomization(program: Path, case: str) -> None:
    files, expected = KUSTOMIZATION_REFUSALS[case]
    complaints = await refused(program, "kustomize", {"path": "a"}, files)
    assert [(one.path, one.line) for one in complaints] == [(path, line) for path, line, _ in expected]
    for complaint, (_, _, words) in zip(complaints, expected, strict=True):
        assert words in complaint.text


# helm


def chart(name: str = "c", **files: str) -> dict[str, str]:
    metadata = f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n" + files.pop("chart", "")
    return {"c/Chart.yaml": metadata} | {f"c/{path.replace('__', '/')}.yaml": text for path, text in files.items()}


def release(**arguments: object) -> dict[str, object]:
    return {"path": "c", "releaseName": "r", "namespace": "n", "includeCRDs": True, **arguments}


async def test_values_win_in_helms_order(program: Path) -> None:
    files = chart(
        values="a: chart\nb: chart\nc: chart\nd: chart\n", templates__x="kind: X\nv: {{ .Values | toJson | quote }}\n"
    ) | {"env/one.yaml": "b: one\nc: one\nd: one\n", "env/two.yaml": "c: two\nd: two\n"}
    arguments = release(
        valueFiles=["env/one.yaml", "env/two.yaml"],
        values={"d": "inline", "n": 12345678},
        parameters={"e.f": "x,y", "list": "{1,2}"},
    )
    answer = await answered(program, "helm", arguments, files)
    assert json.loads(answer["resources"][0]["value"]["v"]) == {
        "a": "chart",
        "b": "one",
        "c": "two",
        "d": "inline",
        "n": 12345678,
        "e": {"f": "x,y"},
        "list": [1, 2],
    }


async def test_hooks_crds_and_tests(program: Path) -> None:
    files = chart(
        crds__c="kind: CustomResourceDefinition\nmetadata: {name: c}\n",
        templates__all="kind: Job\nmetadata:\n  name: h\n  annotations:\n    helm.sh/hook: pre-install,pre-upgrade\n"
        "    helm.sh/hook-weight: '-5'\n    helm.sh/hook-delete-policy: hook-succeeded\n---\n"
        "kind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test-success}}\n---\n\nkind: Service\n",
    )
    answer = await answered(program, "helm", release(), files)
    assert [(one["value"]["kind"], one["path"], one["line"], one["crd"]) for one in answer["resources"]] == [
        ("CustomResourceDefinition", "c/crds/c.yaml", 1, True),
        ("Job", "c/templates/all.yaml", 1, False),
        ("Service", "c/templates/all.yaml", 13, False),
    ]
    assert answer["resources"][1]["hook"] == {
        "events": ["pre-install", "pre-upgrade"],
        "weight": -5,
        "deletePolicies": ["hook-succeeded"],
    }


async def test_a_chart_that_differs_from_itself_says_where(program: Path) -> None:
    files = chart(templates__x="kind: X\npassword: {{ randAlphaNum 12 }}\nsame: 1\nlist: [a, {{ randAlphaNum 9 }}]\n")
    answer = await answered(program, "helm", release(twice=True), files)
    assert answer["unstable"] == [{"index": 0, "paths": ["/list/1", "/password"]}]
    assert answer["usesCapabilities"] is False


async def test_what_the_target_offers(program: Path) -> None:
    template = 'kind: X\nv: {{ .Capabilities.KubeVersion.Version }}\nhas: {{ .Capabilities.APIVersions.Has "x/v1" }}\n'
    answer = await answered(
        program, "helm", release(kubeVersion="1.31.2", apiVersions=["x/v1"]), chart(templates__x=template)
    )
    assert answer["usesCapabilities"] is True
    assert answer["resources"][0]["value"] == {"kind": "X", "v": "v1.31.2", "has": True}


async def test_sub_charts_conditions_aliases_and_ignored_files(program: Path) -> None:
    wanted = (
        "dependencies:\n- {name: sub, version: 1.0.0, condition: sub.enabled}\n"
        "- {name: sub, version: 1.0.0, alias: twin}\n- {name: extra, version: 1.0.0, condition: extra.enabled}\n"
    )
    sub = "apiVersion: v2\nname: {}\nversion: 1.0.0\n"
    files = chart(chart=wanted, values="extra: {enabled: false}\ntwin: {v: 2}\n") | {
        "c/.helmignore": "*.bak.yaml\n",
        "c/templates/x.bak.yaml": "{{ fail }}",
        "c/charts/sub/Chart.yaml": sub.format("sub"),
        "c/charts/sub/values.yaml": "v: 1\n",
        "c/charts/sub/templates/s.yaml": "kind: S\nv: {{ .Values.v }}\n",
        "c/charts/extra/Chart.yaml": sub.format("extra"),
        "c/charts/extra/templates/o.yaml": "kind: Off\n",
    }
    answer = await answered(program, "helm", release(), files)
    assert sorted(one["value"]["v"] for one in answer["resources"]) == [1, 2]


HELM_REFUSALS: dict[str, tuple[dict[str, str], dict[str, object], str, int, str]] = {
    "a failing template": (
        chart(templates__x='# x\nkind: X\nv: {{ fail "on purpose" }}\n'),
        {},
        "c/templates/x.yaml",
        3,
        "on purpose",
    ),
    "a missing value": (
        chart(templates__x='kind: X\nv: {{ required "say v" .Values.v }}\n'),
        {},
        "c/templates/x.yaml",
        2,
        "say v",
    ),
    "a template that does not parse": (chart(templates__x="kind: {{ if }}\n"), {}, "c/templates/x.yaml", 1, "if"),
    "a lookup": (
        chart(templates__x='kind: {{ (lookup "v1" "Secret" "a" "b").x }}\n'),
        {},
        "c/templates/x.yaml",
        1,
        "no cluster",
    ),
    "no YAML": (chart(templates__x="kind: a: b\n"), {}, "c/templates/x.yaml", 0, "mapping values"),
    "a library": (chart(chart="type: library\n"), {}, "c/Chart.yaml", 0, "library charts are not installable"),
    "a missing dependency": (
        chart(chart="dependencies:\n- {name: redis, version: 1, repository: 'https://x.example'}\n"),
        {},
        "c/Chart.yaml",
        0,
        "missing in charts/ directory: redis",
    ),
    "no chart": ({}, {}, "c/Chart.yaml", 0, "Chart.yaml file is missing"),
    "values against the schema": (
        chart() | {"c/values.schema.json": '{"properties": {"n": {"type": "integer"}}}'},
        {"values": {"n": "x"}},
        "c/values.schema.json",
        0,
        "got string, want integer",
    ),
    "an absent file of values": (chart(), {"valueFiles": ["v.yaml"]}, "v.yaml", 0, "not there"),
    "a broken file of values": (chart() | {"v.yaml": "a: 1\nb: c: d\n"}, {"valueFiles": ["v.yaml"]}, "v.yaml", 2, ""),
    "another Kubernetes": (chart(chart="kubeVersion: '>=1.99'\n"), {}, "c/Chart.yaml", 0, "incompatible"),
}


@pytest.mark.parametrize("case", HELM_REFUSALS)
async def test_a_bad_chart(program: Path, case: str) -> None:
    files, arguments, path, line, words = HELM_REFUSALS[case]
    complaints = await refused(program, "helm", release(**arguments), files)
    assert (complaints[0].path, complaints[0].line) == (path, line)
    assert words in complaints[0].text


# jsonnet, semver, validate


async def test_jsonnet_with_variables_arguments_and_libraries(program: Path) -> None:
    files = {
        "app/main.jsonnet": "local l = import 'l.libsonnet';\nfunction(n) [l.thing(n, std.extVar('v')),"
        " {kind: 'List', items: [{kind: 'A'}, {kind: 'B'}]}]",
        "lib/l.libsonnet": "{thing(n, v):: {kind: 'T', n: n, v: v}}",
    }
    arguments = {
        "path": "app/main.jsonnet",
        "extVars": {"v": {"value": "1 + 1", "code": True}},
        "tlas": {"n": {"value": "x"}},
        "libs": ["lib"],
    }
    answer = await answered(program, "jsonnet", arguments, files)
    assert answer["resources"] == [{"kind": "T", "n": "x", "v": 2}, {"kind": "A"}, {"kind": "B"}]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("{\n  a: ,\n}", 2, "Unexpected"),
        ("{\n\n  a: error 'no',\n}", 3, "RUNTIME ERROR: no"),
        ("local f(x) = f(x + 1) + 1; f(1)", 1, "max stack frames exceeded"),
        ("\nimport '../../etc/passwd'", 2, "outside the repository"),
        ("import '/etc/passwd'", 1, "outside the repository"),
        ("'text'", 0, "neither an object nor an array of objects"),
    ],
)
async def test_a_bad_jsonnet(program: Path, text: str, line: int, words: str) -> None:
    complaints = await refused(program, "jsonnet", {"path": "a.jsonnet"}, {"a.jsonnet": text})
    assert (complaints[0].path, complaints[0].line) == ("a.jsonnet", line)
    assert words in complaints[0].text


async def test_versions_in_a_range_highest_first(program: Path) -> None:
    tags = ["v1.2.3", "1.9.0", "2.0.0", "1.10.0-rc.1", "latest", "1.2", "v1.10.0"]
    answer = await answered(program, "semver", {"range": ">=1.2 <2", "versions": tags})
    assert answer["versions"] == ["v1.10.0", "1.9.0", "v1.2.3", "1.2"]
    assert "improper constraint" in (await refused(program, "semver", {"range": "newest", "versions": []}))[0].text


async def test_all_violations_of_a_schema_at_once(program: Path) -> None:
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "x", "lables": {"a": "b"}, "a.b": 1, "annotation": {}},
        "spec": {
            "replicas": "3",
            "a": 1,
            "b": 1,
            "template": {"spec": {"containers": [{"name": "c", "imag": "x", "x": 1}, {"name": "d", "y": 1}]}},
        },
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"a": 481516}}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"ports": [{"port": 80}]}}
    unknown = {"apiVersion": "x.example/v1", "kind": "X", "metadata": {"name": "x"}}
    answer = await answered(program, "validate", {"objects": [deployment, secret, service, unknown]})
    assert [error["path"] for error in answer["objects"][0]["errors"]] == [
        ".metadata.a.b",
        ".metadata.annotation",
        ".metadata.lables",
        ".spec.a",
        ".spec.b",
        ".spec.replicas",
        '.spec.template.spec.containers[name="c"].imag',
        '.spec.template.spec.containers[name="c"].x',
        '.spec.template.spec.containers[name="d"].y',
    ]
    assert answer["objects"][1]["errors"] == [{"path": ".stringData.a", "text": "expected string, got another type"}]
    assert answer["objects"][2] == {"errors": [], "unknown": False}
    assert answer["objects"][3] == {"errors": [], "unknown": True}


OPENAPI = {
    "components": {
        "schemas": {
            "example.x.v1.X": {
                "type": "object",
                "properties": {
                    "apiVersion": {"type": "string"},
                    "kind": {"type": "string"},
                    "metadata": {"allOf": [{"$ref": "#/components/schemas/meta"}]},
                    "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
                },
                "x-kubernetes-group-version-kind": [{"group": "x.example", "version": "v1", "kind": "X"}],
            },
            "meta": {"type": "object", "properties": {"name": {"type": "string"}}},
        }
    }
}


async def test_custom_kinds_by_the_targets_own_document(program: Path) -> None:
    bad = {"apiVersion": "x.example/v1", "kind": "X", "metadata": {"nam": "x"}, "spec": {"size": "1", "sise": 1}}
    arguments = {"objects": [bad], "schemas": [{"name": "openapi/x"}]}
    files = MemoryTree({"openapi/x": json.dumps(OPENAPI).encode()})
    async with opened(program, workers_max=1) as toolbox:
        for tree_now in (files, NO_FILES):  # the second time the worker has it
            answer = json.loads(await toolbox.ask("validate", arguments, tree_now))
            assert {error["path"] for error in answer["objects"][0]["errors"]} == {
                ".metadata.nam",
                ".spec.size",
                ".spec.sise",
            }


# real inputs


class Folder:
    """A directory of this machine as a tree, for the repositories of other people."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def entry(self, path: str) -> FileEntry | None:
        """What stands there."""
        at = self.root / path
        if at.is_dir():
            return FileEntry(FileKind.DIRECTORY, "")
        return FileEntry(FileKind.FILE, "") if at.is_file() else None

    def names(self, path: str) -> tuple[str, ...]:
        """What a directory holds."""
        return tuple(sorted(one.name for one in (self.root / path).iterdir()))

    async def read(self, path: str) -> bytes:
        """A file."""
        return (self.root / path).read_bytes()


@pytest.mark.skipif(not INPUTS.is_dir(), reason="real inputs: NOT RUN")
@pytest.mark.parametrize(
    ("repository", "operation", "arguments", "count"),
    [
        ("microservices-demo", "kustomize", {"path": "kustomize/tests/memorystore-with-all-components"}, 49),
        (
            "microservices-demo",
            "helm",
            {"path": "helm-chart", "releaseName": "r", "namespace": "shop", "twice": True},
            36,
        ),
        ("podinfo", "kustomize", {"path": "kustomize"}, 3),
        ("podinfo", "helm", {"path": "charts/podinfo", "releaseName": "r", "namespace": "n", "twice": True}, 2),
        ("argocd-example-apps", "kustomize", {"path": "kustomize-guestbook"}, 2),
        ("argocd-example-apps", "helm", {"path": "helm-guestbook", "releaseName": "r", "namespace": "n"}, 2),
    ],
)
async def test_real_repositories(
    program: Path, repository: str, operation: str, arguments: dict[str, object], count: int
) -> None:
    async with opened(program) as toolbox:
        answer = json.loads(await toolbox.ask(operation, arguments, Folder(INPUTS / repository)))
    assert len(answer["resources"]) == count
    assert answer.get("unstable", []) == []
    for one in answer["resources"]:
        assert (INPUTS / repository / one["path"]).is_file()


async def test_a_jsonnet_import_is_found_beside_the_file_before_the_root(program: Path) -> None:
    files = {"app/m.jsonnet": "import 'it.libsonnet'", "app/it.libsonnet": "{a: 'near'}", "it.libsonnet": "{a: 'root'}"}
    assert (await answered(program, "jsonnet", {"path": "app/m.jsonnet"}, files))["resources"] == [{"a": "near"}]

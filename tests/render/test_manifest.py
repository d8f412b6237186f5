"""From documents to resources: identity, bodies, lists, names that are made."""

import base64
from typing import Any

import pytest
from hypothesis import given, strategies as st

from tests.render.case import refs
from trueline.model.digest import digest_bytes, parse
from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render.manifest import LIST_DEPTH_MAX, Manifest, assemble
from trueline.render.resource import Rendered


def made(*values: Any) -> Rendered:
    return assemble(Manifest(value=value, origin=Origin(path="f.yaml", line=7)) for value in values)


def named(kind: str = "ConfigMap", version: str = "v1", **more: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, **more}


def hook(**data: str) -> dict[str, Any]:
    return {**named(data=data), "metadata": {"generateName": "run-", "annotations": {"trueline.dev/hook": "before"}}}


def body_of(value: dict[str, Any]) -> Any:
    rendered = made(value)
    return parse(rendered.body(rendered.resources[0]))


def codes(*values: Any) -> list[str]:
    with pytest.raises(UserError) as caught:
        made(*values)
    assert all(one.origin == Origin(path="f.yaml", line=7) for one in caught.value.diagnostics)
    return [one.code for one in caught.value.diagnostics]


def test_a_ref_carries_the_group_and_not_the_version() -> None:
    assert refs(made(named(), named("Deployment", "apps/v1"), named("Deployment", "apps/v2"))) == [
        "ConfigMap/a",
        "Deployment.apps/a",
        "Deployment.apps/a",
    ]


def test_the_digest_is_that_of_the_body() -> None:
    rendered = made(named())
    assert rendered.resources[0].digest == digest_bytes(rendered.body(rendered.resources[0]))


@pytest.mark.parametrize(
    "name", ["creationTimestamp", "managedFields", "resourceVersion", "uid", "generation", "selfLink"]
)
def test_what_only_a_server_writes_is_left_out(name: str) -> None:
    assert body_of(named(metadata={"name": "a", name: "x"}, status={"x": 1})) == named()


@pytest.mark.parametrize("empty", [None, {}, [], {"a": None}, {"a": {}}])
def test_emptiness_in_metadata_is_left_out(empty: Any) -> None:
    assert body_of(named(metadata={"name": "a", "labels": empty})) == named()


def test_emptiness_elsewhere_stays() -> None:
    value = named("Widget", "example.com/v1", spec={"a": None, "b": {}, "c": [], "d": [None]})
    assert body_of(value) == value


@given(st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), st.just("b2xk")))
def test_string_data_becomes_data_and_wins(clear: dict[str, str], data: dict[str, str]) -> None:
    body = body_of(named("Secret", data=data, stringData=clear))
    assert "stringData" not in body
    assert body["data"] == data | {name: base64.b64encode(text.encode()).decode() for name, text in clear.items()}


def test_string_data_of_other_kinds_is_theirs() -> None:
    assert body_of(named("Secret", "example.com/v1", stringData={"a": "b"}))["stringData"] == {"a": "b"}


@pytest.mark.parametrize("clear", [{"a": 1}, {"a": None}, ["a"], "a"])
def test_string_data_must_be_strings(clear: Any) -> None:
    assert codes(named("Secret", stringData=clear)) == ["TL0309"]


@pytest.mark.parametrize(
    "value",
    [
        "text",
        ["list"],
        {},
        {"kind": "ConfigMap", "metadata": {"name": "a"}},
        {"apiVersion": "v1", "metadata": {"name": "a"}},
        {"apiVersion": "v1", "kind": "ConfigMap"},
        named(metadata={}),
        named(metadata={"name": 1}),
        named(metadata={"name": False, "generateName": "x"}),
        named(metadata={"name": ""}),
        named(metadata={"name": "a", "namespace": False}),
        named(metadata={"name": "a", "namespace": 1}),
        named(metadata={"name": "a", "annotations": ["x"]}),
        {**named(), "kind": 3},
        {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": []},
    ],
)
def test_what_is_no_resource(value: Any) -> None:
    assert codes(value) == ["TL0304"]


def test_every_error_is_told() -> None:
    assert codes("text", named(metadata={"generateName": "x-"}), named("Secret", stringData={"a": 1})) == [
        "TL0304",
        "TL0310",
        "TL0309",
    ]


def test_declarations_are_no_resources() -> None:
    assert refs(made(named("Application", "trueline.dev/v1"), named())) == ["ConfigMap/a"]


def nested(depth: int) -> dict[str, Any]:
    return named() if depth == 0 else {"apiVersion": "v1", "kind": "List", "items": [nested(depth - 1)]}


def test_lists_are_taken_apart() -> None:
    assert refs(made(nested(LIST_DEPTH_MAX))) == ["ConfigMap/a"]
    assert codes(nested(LIST_DEPTH_MAX + 1)) == ["TL0311"]
    assert codes({"apiVersion": "v1", "kind": "List", "items": "x"}) == ["TL0311"]
    assert refs(made({"apiVersion": "v1", "kind": "List", "items": None})) == []
    assert refs(made({"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [{"metadata": {"name": "a"}}]})) == [
        "Deployment.apps/a"
    ]


def test_a_kind_that_only_sounds_like_a_list() -> None:
    assert refs(made(named("AllowList", "example.com/v1", items=["10.0.0.1"]))) == ["AllowList.example.com/a"]


def test_a_made_name_follows_the_content_of_the_application() -> None:
    first = refs(made(hook(a="1"), named()))
    assert first == refs(made(hook(a="1"), named()))
    assert first[0] != refs(made(hook(a="1"), named(data={"x": "y"})))[0]
    assert len(set(refs(made(hook(a="1"), hook(a="1"))))) == 2


def test_a_hook_of_two_phases_is_two_resources() -> None:
    value = named(metadata={"name": "a", "annotations": {"argocd.argoproj.io/hook": "PreSync,PostSync"}})
    rendered = made(value)
    assert refs(rendered) == ["ConfigMap/a", "ConfigMap/a"]
    assert len({one.position for one in rendered.resources}) == 2


def test_unstable_paths_follow_the_body() -> None:
    value = named("Secret", stringData={"a/b": "x"})
    manifest = Manifest(value=value, origin=Origin(path="f"), unstable=("/stringData/a~1b",))
    assert assemble([manifest]).resources[0].unstable == ("/data/a~1b",)
    whole = Manifest(
        value={"apiVersion": "v1", "kind": "List", "items": [named(), value]},
        origin=Origin(path="f"),
        unstable=("/items/1/stringData",),
    )
    assert [one.unstable for one in assemble([whole]).resources] == [(), ("/data",)]

"""Paths go from people to the body and from the server to people, whatever stands in the names."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from trueline.model.field_path import of_fields, of_server, parse, removed, text

BODY: dict[str, Any] = {
    "metadata": {"labels": {"a.b/c": "1", "a": "2"}, "annotations": {"x]y": "1"}},
    "spec": {
        "ports": [{"port": 80}, {"port": 80, "protocol": "UDP"}],
        "containers": [{"name": "web", "image": "i", "env": [{"name": "A.B", "value": "1"}]}],
        "finalizers": ["one", "two words"],
    },
}


@pytest.mark.parametrize(
    ("server", "people"),
    [
        (".metadata.labels.a.b/c", 'metadata.labels["a.b/c"]'),
        (".metadata.labels.a", "metadata.labels.a"),
        (".metadata.annotations.x]y", 'metadata.annotations["x]y"]'),
        ('.spec.containers[name="web"].image', "spec.containers[name=web].image"),
        ('.spec.containers[name="web"].env[name="A.B"].value', "spec.containers[name=web].env[name=A.B].value"),
        ('.spec.ports[port=80,protocol="UDP"].protocol', "spec.ports[port=80,protocol=UDP].protocol"),
        ('.spec.finalizers[="two words"]', 'spec.finalizers[="two words"]'),
        (".spec.nowhere.at.all", "spec.nowhere.at.all"),
    ],
)
def test_the_servers_paths_as_people_write_them(server: str, people: str) -> None:
    assert of_server(server, BODY) == people
    assert text(parse(people)) == people


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("a.b", {"c": [{"name": "x", "v": 1}, {"name": "y"}]}),
        ("c[name=x].v", {"a": {"b": 1}, "c": [{"name": "x"}, {"name": "y"}]}),
        ("c[name=x]", {"a": {"b": 1}, "c": [{"name": "y"}]}),
        ("c[name=x].name", {"a": {"b": 1}, "c": [{"name": "y"}]}),
        ("c[1]", {"a": {"b": 1}, "c": [{"name": "x", "v": 1}]}),
        ("c[name=z].v", {"a": {"b": 1}, "c": [{"name": "x", "v": 1}, {"name": "y"}]}),
        ("d.e", {"a": {"b": 1}, "c": [{"name": "x", "v": 1}, {"name": "y"}]}),
    ],
)
def test_what_a_path_names_is_left_out(path: str, left: dict[str, Any]) -> None:
    body = {"a": {"b": 1}, "c": [{"name": "x", "v": 1}, {"name": "y"}]}
    assert removed(body, parse(path)) == left


@pytest.mark.parametrize("wrong", ["a..b", "a[", "[x]", "."])
def test_what_is_no_path_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(wrong)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_any_name_comes_back(names: list[str]) -> None:
    path = of_fields(tuple(f"f:{name}" for name in names))
    assert parse(text(path)) == path

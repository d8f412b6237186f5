"""Paths go from people to the body and from the server to people, whatever stands in the names."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from trueline.model.field_path import Value, child, has, indexed, of_fields, of_server, parse, removed, text

BODY: dict[str, Any] = {
    "metadata": {"labels": {"a.b/c": "1", "a": "2"}, "annotations": {"x]y": "1"}},
    "spec": {
        "ports": [{"port": 80}, {"port": 80, "protocol": "UDP"}],
        "containers": [{"name": "web", "image": "i", "env": [{"name": "A.B", "value": "1"}]}],
        "finalizers": ["one", "two words"],
        "args": ["a", "b"],
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
        ('.spec.finalizers[="two words"].more', 'spec.finalizers[="two words"].more'),
        (".spec.args[1]", "spec.args[1]"),
        (".spec.args[2]", "spec.args[2]"),
        (".spec.args[7]", "spec.args[7]"),
        (".spec.args.first", "spec.args.first"),
        (".spec.containers[name=none].image", "spec.containers[name=none].image"),
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
        ("c[name=y,v=1].v", {"a": {"b": 1}, "c": [{"name": "x", "v": 1}]}),
        ("c[name=z].v", {"a": {"b": 1}, "c": [{"name": "x", "v": 1}, {"name": "y"}]}),
        ("d.e", {"a": {"b": 1}, "c": [{"name": "x", "v": 1}, {"name": "y"}]}),
    ],
)
def test_what_a_path_names_is_left_out(path: str, left: dict[str, Any]) -> None:
    body = {"a": {"b": 1}, "c": [{"name": "x", "v": 1}, {"name": "y"}]}
    assert removed(body, parse(path)) == left


STANDS: dict[str, Any] = {
    "spec.ports[port=80,protocol=UDP].protocol": "UDP",
    "spec.ports[port=80,protocol=TCP]": {"port": 80},
    "spec.args[1]": "b",
    'spec.finalizers[="two words"]': "two words",
    'metadata.labels["a.b/c"]': "1",
    "spec.empty": None,
    "spec.args[2]": ...,
    "spec.ports[port=81]": ...,
    "spec.ports.port": ...,
    "spec.replicas": ...,
    "spec.args[0].more": ...,
    "spec[0]": ...,
}


@pytest.mark.parametrize(("path", "value"), STANDS.items())
def test_what_a_path_leads_to(path: str, value: Any) -> None:
    """`has` tells a `null` from nothing; `child` has one word for both."""
    body = {**BODY, "spec": {**BODY["spec"], "empty": None}}
    assert has(body, parse(path)) is (value is not ...)
    found: Any = body
    for step in parse(path):
        found = child(found, step)
    assert found == (None if value is ... else value)


def test_a_list_that_a_path_empties_goes_with_it() -> None:
    assert removed({"c": [{"name": "x"}], "d": 1}, parse("c[0]")) == {"d": 1}
    assert removed({"c": ["x"]}, parse("c[1]")) == {"c": ["x"]}
    assert removed({"c": ["x"]}, parse("c[3]")) == {"c": ["x"]}
    assert removed({"c": "text"}, parse("c[0]")) == {"c": "text"}


def test_what_the_body_does_not_hold_stays_as_the_server_wrote_it() -> None:
    """Of two readings the one with the longer name holds."""
    unheld = '.spec.containers[name="none"].image'
    assert of_server(unheld, BODY) == unheld.removeprefix(".")
    assert of_server(".a.b", {"a": {"b": 1}, "a.b": 2}) == '["a.b"]'
    assert of_server(".a.b", {"a": {"b": 1}}) == "a.b"


def test_the_steps_of_a_field_set() -> None:
    steps = ("f:spec", ".", "f:ports", 'k:{"port":80,"protocol":"TCP"}', "f:x", "i:3", 'v:"y"', "v:7")
    assert text(of_fields(steps)) == "spec.ports[port=80,protocol=TCP].x[3][=y][=7]"
    with pytest.raises(ValueError, match="no step of a field set"):
        of_fields(("x:spec",))


def test_an_element_named_by_a_text_alone() -> None:
    assert parse('a["b"]') == ("a", "b")


@pytest.mark.parametrize("wrong", ["a..b", "a[", "[x]", "."])
def test_what_is_no_path_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(wrong)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_any_name_comes_back(names: list[str]) -> None:
    path = of_fields(tuple(f"f:{name}" for name in names))
    assert parse(text(path)) == path


def test_places_are_those_of_lists_alone() -> None:
    """A map may have a key that reads like an element."""
    path = ("finalizers", Value("one"))
    assert indexed({"finalizers": {"one": 1}}, path) == path
    assert indexed({"finalizers": ["none", "one"]}, path) == ("finalizers", 1)


@pytest.mark.parametrize("index", [1, 2])
def test_what_a_list_is_too_short_for_is_not_in_it(index: int) -> None:
    assert removed([{"a": 1}], (index, "a")) == [{"a": 1}]

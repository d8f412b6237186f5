"""What a chart makes up is kept as it was applied."""

import pytest
from hypothesis import given, strategies as st

from trueline.model.digest import canonical, digest_bytes, parse
from trueline.model.origin import Origin
from trueline.render.manifest import Manifest, assemble
from trueline.render.unstable import keep_unstable, settle


@pytest.mark.parametrize(
    ("now", "before", "path", "kept"),
    [
        ({"a": 1}, {"a": 2}, "/a", {"a": 2}),
        ({"a": 1}, {}, "/a", {"a": 1}),
        ({}, {"a": 2}, "/a", {"a": 2}),
        ({}, {"a": {"b": 2}}, "/a/b", {}),
        ({"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 2}}, "/a/b", {"a": {"b": 2, "c": 1}}),
        ({"a": [1, 1]}, {"a": [2, 2]}, "/a/1", {"a": [1, 2]}),
        ({"a": [1]}, {"a": [2, 2]}, "/a/1", {"a": [1]}),
        ({"a": "x"}, {"a": {"b": 1}}, "/a/b", {"a": "x"}),
        ({"a/b": 1, "c~d": 1}, {"a/b": 2, "c~d": 2}, "/a~1b", {"a/b": 2, "c~d": 1}),
        ({"a": 1}, {"a": 2}, "", {"a": 2}),
    ],
)
def test_kept(now: object, before: object, path: str, kept: object) -> None:
    assert parse(keep_unstable(canonical(now), canonical(before), [path])) == kept


def test_nothing_was_applied_yet() -> None:
    assert keep_unstable(b'{"a":1}', None, ["/a"]) == b'{"a":1}'


@given(st.dictionaries(st.sampled_from("abc"), st.integers()), st.dictionaries(st.sampled_from("abc"), st.integers()))
def test_only_the_named_field_changes_and_twice_is_once(now: dict[str, int], before: dict[str, int]) -> None:
    once = keep_unstable(canonical(now), canonical(before), ["/a"])
    assert keep_unstable(once, canonical(before), ["/a"]) == once
    assert {name: part for name, part in parse(once).items() if name != "a"} == {
        name: part for name, part in now.items() if name != "a"
    }


def test_a_render_takes_what_was_applied_and_its_digest_with_it() -> None:
    head = {"apiVersion": "v1", "kind": "ConfigMap"}
    values = [{**head, "metadata": {"name": name}, "data": {"made": "new", "said": "new"}} for name in ("a", "b", "c")]
    unstable = [("/data/made",), ("/data/made",), ()]
    rendered = assemble(
        Manifest(value=value, origin=Origin(path="f"), unstable=one)
        for value, one in zip(values, unstable, strict=True)
    )
    old = canonical({**head, "metadata": {"name": "a"}, "data": {"made": "old", "said": "old"}})
    settled = settle(rendered, lambda ref: old if ref.name in {"a", "c"} else None)
    assert [parse(settled.body(one))["data"]["made"] for one in settled.resources] == ["old", "new", "new"]
    assert all(parse(settled.body(one))["data"]["said"] == "new" for one in settled.resources)
    assert all(one.digest == digest_bytes(settled.body(one)) for one in settled.resources)
    assert len(settled.bodies) == 3

"""What a chart makes up is kept as it was applied."""

import pytest
from hypothesis import given, strategies as st

from trueline.model.digest import canonical, parse
from trueline.render.unstable import keep_unstable


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

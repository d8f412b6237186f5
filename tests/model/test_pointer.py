"""Differences of two bodies come leaf by leaf, in the order of the first; a value of another type differs."""

from typing import Any

import pytest

from trueline.model.pointer import differences, text

DIFFERENT: list[tuple[Any, Any, list[tuple[str, Any, Any]]]] = [
    ({"a": 1}, {"a": 1}, []),
    ({"a": 1, "b": 2}, {"b": 3, "c": 4}, [("a", 1, None), ("b", 2, 3), ("c", None, 4)]),
    ([1, 2], [1, 2, 3], [("[2]", None, 3)]),
    ({"a": True}, {"a": 1}, [("a", True, 1)]),
    ({"a": 1}, {"a": False}, [("a", 1, False)]),
    ({"a": {"b": 1}}, {"a": [1]}, [("a", {"b": 1}, [1])]),
    (None, {}, [("", None, {})]),
]


@pytest.mark.parametrize(("left", "right", "expected"), DIFFERENT)
def test_what_differs(left: Any, right: Any, expected: list[tuple[str, Any, Any]]) -> None:
    assert [(text(path), a, b) for path, a, b in differences(left, right)] == expected


NAMES = ["a.b", "a/b", "a[b", "a]b", 'a"b', "a b", ""]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_reads_otherwise_is_quoted(name: str) -> None:
    assert text(("x", name, 0, "y")) == f'x["{name}"][0].y'

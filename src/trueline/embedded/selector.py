"""Label and field selectors, as far as lists and watches need them; what is not understood goes to the real parser."""

import re
from collections.abc import Callable, Mapping

from trueline.embedded.store import Kept

Test = Callable[[Kept], bool]
LabelTest = Callable[[Mapping[str, str]], bool]

_SET = re.compile(r"^\s*([^\s!=,()]+)\s+(in|notin)\s+\(([^()]*)\)\s*$")
_EQUAL = re.compile(r"^\s*([^\s!=,()]+)\s*(==|!=|=)\s*([^\s!=,()]*)\s*$")
_THERE = re.compile(r"^\s*(!?)\s*([^\s!=,()]+)\s*$")
_PARTS = re.compile(r",(?![^()]*\))")


class NotUnderstood(Exception):
    """The selector is not one of the simple forms."""


def labels(text: str) -> LabelTest:
    """The test of a label selector.

    >>> labels("app=web,tier in (a, b),!old")({"app": "web", "tier": "b"})
    True
    >>> labels("app!=web")({})
    True

    Raises:
        NotUnderstood: it has another form.

    """
    tests = [_label(part) for part in _PARTS.split(text) if part.strip()]
    return lambda found: all(test(found) for test in tests)


def _label(part: str) -> LabelTest:
    if found := _SET.match(part):
        key, wanted = found[1], {value.strip() for value in found[3].split(",")}
        if found[2] == "in":
            return lambda have: key in have and have[key] in wanted
        return lambda have: key not in have or have[key] not in wanted
    if found := _EQUAL.match(part):
        key, value = found[1], found[3]
        if found[2] == "!=":
            return lambda have: have.get(key) != value
        return lambda have: have.get(key) == value
    if found := _THERE.match(part):
        key, absent = found[2], bool(found[1])
        return lambda have: (key in have) != absent
    raise NotUnderstood(part)


_FIELDS: Mapping[str, Callable[[Kept], str]] = {
    "metadata.name": lambda kept: kept.metadata.name,
    "metadata.namespace": lambda kept: kept.metadata.namespace,
}


def fields(text: str) -> Test:
    """The test of a field selector over `metadata.name` and `metadata.namespace`.

    Raises:
        NotUnderstood: it names another field.

    """
    tests = [_field(part) for part in text.split(",") if part.strip()]
    return lambda kept: all(test(kept) for test in tests)


def _field(part: str) -> Test:
    found = _EQUAL.match(part)
    if not found or found[1] not in _FIELDS:
        raise NotUnderstood(part)
    read, value, same = _FIELDS[found[1]], found[3], found[2] != "!="
    return lambda kept: (read(kept) == value) is same


def both(query: Mapping[str, str]) -> Test:
    """The test of a request's selectors.

    Raises:
        NotUnderstood: one of them has another form.

    """
    by_label, by_field = labels(query.get("labelSelector", "")), fields(query.get("fieldSelector", ""))
    return lambda kept: by_label(kept.metadata.labels) and by_field(kept)

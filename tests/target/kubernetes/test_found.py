"""Found again: only where an apply would change nothing, value by value and owner by owner; any doubt is no find."""

from typing import Any

import pytest

from trueline.target.kubernetes.found import stands

BODY: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"a": "1"}},
    "spec": {
        "replicas": 1,
        "template": {"spec": {"containers": [{"name": "app", "image": "i:1", "args": ["one", "two"]}]}},
    },
}
LIVE: dict[str, Any] = {
    **BODY,
    "metadata": {**BODY["metadata"], "uid": "u1"},
    "spec": {
        **BODY["spec"],
        "strategy": {"type": "RollingUpdate"},
        "template": {
            "spec": {
                "containers": [{"name": "app", "image": "i:1", "args": ["one", "two"], "terminationMessagePath": "/"}]
            }
        },
    },
}
OURS: dict[str, Any] = {
    "f:metadata": {"f:labels": {"f:a": {}}},
    "f:spec": {
        "f:replicas": {},
        "f:template": {
            "f:spec": {
                "f:containers": {'k:{"name":"app"}': {".": {}, "f:name": {}, "f:image": {}, "f:args": {}}},
            }
        },
    },
}


def changed(value: dict[str, Any], path: str, to: Any) -> dict[str, Any]:
    """A copy in which one place is another."""
    step, _, rest = path.partition("/")
    if isinstance(value, list):
        return [changed(one, rest, to) if str(n) == step and rest else one for n, one in enumerate(value)]
    if not rest:
        return {**{key: one for key, one in value.items() if key != step}, **({} if to is None else {step: to})}
    return {**value, step: changed(value[step], rest, to)}


CONTAINER = "spec/template/spec/containers/0"


def test_what_is_as_declared_is_found() -> None:
    assert stands(BODY, LIVE, OURS)


@pytest.mark.parametrize(
    "live",
    [
        changed(LIVE, "spec/replicas", 2),
        changed(LIVE, "spec/replicas", "1"),
        changed(LIVE, "spec/replicas", True),
        changed(LIVE, "spec/replicas", None),
        changed(LIVE, "metadata/labels", {}),
        changed(LIVE, f"{CONTAINER}/args", ["two", "one"]),
        changed(LIVE, f"{CONTAINER}/args", ["one", "two", "three"]),
        changed(LIVE, "spec/template/spec/containers", []),
    ],
    ids=["value", "text", "truth", "gone", "label", "order", "more", "none"],
)
def test_another_value_is_no_find(live: dict[str, Any]) -> None:
    """INV-26: an older data directory does not take what differs for declared."""
    assert not stands(BODY, live, OURS)


@pytest.mark.parametrize(
    "ours",
    [
        changed(OURS, "f:spec/f:replicas", None),
        changed(OURS, "f:spec/f:paused", {}),
        changed(OURS, "f:metadata/f:annotations", {"f:x": {}}),
        changed(OURS, "f:spec/f:template/f:spec/f:containers", {'k:{"name":"other"}': {}}),
        changed(OURS, "f:metadata", None),
        {},
    ],
    ids=["not ours", "left Git", "annotation", "another element", "no mark", "nothing"],
)
def test_another_owner_is_no_find(ours: dict[str, Any]) -> None:
    """A field that left Git is still ours on the object, and one that is declared may be somebody else's."""
    assert not stands(BODY, LIVE, ours)


def test_quantities_are_compared_as_they_are_written() -> None:
    """In a ConfigMap `1000m` and `1` are two texts; what the server would rewrite is tried instead."""
    body = {"metadata": {"name": "c"}, "data": {"cpu": "1000m"}}
    assert not stands(body, {"data": {"cpu": "1"}}, {"f:data": {"f:cpu": {}}})


def test_sets_and_empty_maps() -> None:
    body = {"metadata": {"name": "c"}, "spec": {"set": ["a", "b"], "empty": {}}}
    ours: dict[str, Any] = {"f:spec": {"f:set": {'v:"a"': {}, 'v:"b"': {}}, "f:empty": {}}}
    assert stands(body, {"spec": {"set": ["a", "b"], "empty": {"more": 1}}}, ours)
    assert not stands(body, {"spec": {"set": ["a", "b"], "empty": {}}}, {"f:spec": {"f:set": {'v:"a"': {}}}})

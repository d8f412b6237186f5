"""What of a tool's fields is taken so that our next apply removes it, and what never is."""

from typing import Any

import pytest

from trueline.target.kubernetes.displacement import reclaimed, undeclared
from trueline.target.kubernetes.field_set import Fields
from trueline.target.reclaim import Reclaim

APP = 'k:{"name":"app"}'
UDP = 'k:{"containerPort":80,"protocol":"UDP"}'
SIDECAR = 'k:{"name":"sidecar"}'
BODY: dict[str, Any] = {
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "empty": None,
        "containers": [{"name": "app", "image": "a", "args": ["x"], "ports": [{"containerPort": 80}]}],
        "set": ["one", 2],
    },
}
ROWS: dict[str, tuple[Fields, Fields, Fields]] = {
    "metadata and status": ({"f:metadata": {"f:labels": {"f:a": {}}}, "f:status": {"f:x": {}}}, {}, {}),
    "a field": ({"f:spec": {"f:paused": {}}}, {}, {"f:spec": {"f:paused": {}}}),
    "a field that we own too": ({"f:spec": {"f:paused": {}}}, {"f:spec": {"f:paused": {}}}, {}),
    "a declared field": ({"f:spec": {"f:replicas": {}}}, {}, {}),
    "a declared null": ({"f:spec": {"f:empty": {}}}, {}, {"f:spec": {"f:empty": {}}}),
    "below what is declared whole": ({"f:spec": {"f:replicas": {"f:x": {}}}}, {}, {}),
    "the list itself": ({"f:spec": {".": {}, "f:containers": {".": {}}}}, {}, {}),
    "an item": (
        {"f:spec": {"f:containers": {SIDECAR: {".": {}, "f:image": {}}}}},
        {"f:spec": {"f:containers": {APP: {".": {}}}}},
        {"f:spec": {"f:containers": {SIDECAR: {".": {}, "f:image": {}}}}},
    ),
    "within a declared item": (
        {"f:spec": {"f:containers": {APP: {".": {}, "f:image": {}, "f:tty": {}, "f:args": {}}}}},
        {},
        {"f:spec": {"f:containers": {APP: {"f:tty": {}}}}},
    ),
    "an item whose other key has its default": (
        {"f:spec": {"f:containers": {APP: {"f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {".": {}}}}}}},
        {},
        {},
    ),
    "an item whose other key is not its default": (
        {"f:spec": {"f:containers": {APP: {"f:ports": {UDP: {".": {}, "f:protocol": {}}}}}}},
        {},
        {"f:spec": {"f:containers": {APP: {"f:ports": {UDP: {".": {}, "f:protocol": {}}}}}}},
    ),
    "what is ours of an undeclared item": (
        {"f:spec": {"f:containers": {SIDECAR: {".": {}, "f:image": {}, "f:tty": {}}}}},
        {"f:spec": {"f:containers": {SIDECAR: {"f:image": {}}}}},
        {"f:spec": {"f:containers": {SIDECAR: {"f:tty": {}}}}},
    ),
    "elements of a set": (
        {"f:spec": {"f:set": {'v:"one"': {}, "v:2": {}, 'v:"three"': {}}}},
        {},
        {"f:spec": {"f:set": {'v:"three"': {}}}},
    ),
    "an element by its place": ({"f:spec": {"f:set": {"i:0": {}}}}, {}, {}),
    "a part of the object": ({"f:other": {"f:x": {"f:y": {}}}}, {}, {"f:other": {"f:x": {"f:y": {}}}}),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_is_not_declared(name: str) -> None:
    theirs, ours, taken = ROWS[name]
    assert undeclared(theirs, ours, BODY) == taken
    assert reclaimed(theirs, ours, BODY, Reclaim.ALL) == taken


def test_another_protocol_stands_in_the_place_of_the_default() -> None:
    """Ours is gone, and theirs is not the declared one by having the same number."""
    ports: Fields = {UDP: {".": {}, "f:protocol": {}}}
    theirs: Fields = {"f:spec": {"f:containers": {APP: {"f:ports": ports}}}}
    assert reclaimed(theirs, {"f:spec": {"f:containers": {APP: {".": {}}}}}, BODY, Reclaim.ITEMS) == theirs


def test_a_lesser_extent_takes_less() -> None:
    """Beside ours, an item is nobody's business; in the place of ours it is taken; a field only after a refusal."""
    theirs: Fields = {"f:spec": {"f:paused": {}, "f:containers": {SIDECAR: {".": {}}}}}
    ours: Fields = {"f:spec": {"f:replicas": {}, "f:containers": {APP: {".": {}}}}}
    item: Fields = {"f:spec": {"f:containers": {SIDECAR: {".": {}}}}}
    assert reclaimed(theirs, ours, BODY, Reclaim.ITEMS) == {}
    assert reclaimed(theirs, {}, BODY, Reclaim.ITEMS) == item
    assert reclaimed(theirs, {}, BODY, Reclaim.FIELDS) == theirs

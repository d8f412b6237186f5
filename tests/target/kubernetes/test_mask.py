"""Nothing of a Secret's values leaves the adapter, whatever shape somebody gave them."""

import base64
import hashlib
from typing import Any

import pytest

from trueline.render.private import ENCRYPTED
from trueline.target.kubernetes.mask import masked
from trueline.target.kubernetes.wire import LAST_APPLIED

HEAD = {"apiVersion": "v1", "kind": "Secret"}
SECRETS: list[dict[str, Any]] = [
    {"data": {"k": "hunter2"}},
    {"stringData": {"k": "hunter2"}},
    {"data": "hunter2"},
    {"data": ["hunter2"]},
    {"data": {"k": {"nested": "hunter2"}}},
    {"metadata": {"annotations": {LAST_APPLIED: '{"data":{"k":"hunter2"}}'}}, "data": {"k": "hunter2"}},
]


@pytest.mark.parametrize("body", SECRETS, ids=str)
def test_nothing_of_a_secret_is_shown(body: dict[str, Any]) -> None:
    """INV-25: what cannot be read as it should be is masked as a whole."""
    shown = masked({**HEAD, **body, "type": "Opaque"})
    assert "hunter2" not in repr(shown)
    assert shown["type"] == "Opaque"
    assert set(shown) == {*HEAD, *body, "type"}


def test_equal_values_have_equal_names() -> None:
    """INV-25: a keyed name follows the stars; what is written in `data` and in `stringData` is the same value."""

    def name(value: bytes) -> str:
        return hashlib.sha256(b"key" + value).hexdigest()[:8]

    encoded = base64.b64encode(b"hunter2").decode()
    body = {**HEAD, "data": {"a": encoded, "b": "b3RoZXI=", "c": {"x": 1}}, "stringData": {"a": "hunter2!"}}
    shown = masked(body, name)
    assert shown["data"]["a"] == f"*** ({name(b'hunter2')})"
    assert shown["data"]["b"] != shown["data"]["a"]
    assert shown["data"]["c"] == "***"
    assert shown["stringData"]["a"] == f"*** ({name(b'hunter2!')})"
    assert "hunter2" not in repr(shown)


def test_what_holds_an_encrypted_value_is_hidden() -> None:
    """INV-25: by its mark, wherever the value stands; what it is called is shown."""
    annotations = {ENCRYPTED: "true", "x": "hunter2"}
    metadata = {"name": "a", "annotations": annotations, "labels": {"y": "hunter2"}, "finalizers": ["hunter2"]}
    spec = {"a": ["hunter2", 7, True], "b": {"c": "hunter2"}}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {"said": "hunter2"}}
    shown = masked(body)
    assert "hunter2" not in repr(shown)
    assert shown["spec"] == {"a": ["***", "***", True], "b": {"c": "***"}}
    assert (shown["kind"], shown["metadata"]["name"]) == ("Pod", "a")


def test_what_is_no_secret_is_shown() -> None:
    for head in ({"apiVersion": "v1", "kind": "ConfigMap"}, {"apiVersion": "example.com/v1", "kind": "Secret"}):
        body = {**head, "data": {"k": "v"}, "metadata": {"annotations": {LAST_APPLIED: "{}"}}}
        assert masked(body) == body


def test_other_annotations_of_a_secret_stay() -> None:
    body = {**HEAD, "metadata": {"annotations": {"a": "1"}}, "data": None}
    assert masked(body) == body

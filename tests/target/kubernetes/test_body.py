"""What of a manifest is sent: nothing of the server's, nothing that owns a field by saying nothing."""

from typing import Any

import pytest

from tests.target.kubernetes.fake import CONFIG_MAP, NAMESPACE, SECRET
from trueline.target.kubernetes.body import cleaned, declared_mark, marked
from trueline.target.kubernetes.mark import LABEL
from trueline.target.kubernetes.resource_type import ResourceType

THING = ResourceType(group="example.com", version="v1", kind="Thing", plural="things", namespaced=True)
OF_THE_SERVER = {
    "creationTimestamp": "2026-01-01T00:00:00Z",
    "generation": 4,
    "managedFields": [{"manager": "kubectl"}],
    "namespace": "elsewhere",
    "resourceVersion": "7",
    "uid": "u1",
    "deletionTimestamp": "2026-01-01T00:00:00Z",
    "deletionGracePeriodSeconds": 30,
    "selfLink": "/x",
}


def sent(body: dict[str, Any], resource_type: ResourceType = CONFIG_MAP, namespace: str = "shop") -> dict[str, Any]:
    """The one call."""
    return cleaned(body, resource_type, name="web", namespace=namespace)


def test_what_is_the_servers_is_left_out() -> None:
    """INV-15, INV-19: a copied object does not carry the precondition or the owners of the one it was copied from."""
    body = {"kind": "ConfigMap", "metadata": {**OF_THE_SERVER, "labels": {}, "annotations": {"a": "1", "b": None}}}
    assert sent(body) == {
        "kind": "ConfigMap",
        "metadata": {"annotations": {"a": "1"}, "name": "web", "namespace": "shop"},
    }
    assert sent({"kind": "Namespace", "metadata": {}}, NAMESPACE, "") == {
        "kind": "Namespace",
        "metadata": {"name": "web"},
    }


def test_a_null_says_nothing_except_to_a_custom_resource() -> None:
    body = {"metadata": {"name": "web"}, "spec": {"a": None, "b": [{"c": None, "d": 1}]}}
    assert sent(body)["spec"] == {"b": [{"d": 1}]}
    assert sent(body, THING)["spec"] == body["spec"]


SECRETS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("alone", {"stringData": {"k": "hunter2"}}, {"data": {"k": "aHVudGVyMg=="}}),
    ("over data", {"stringData": {"k": "b"}, "data": {"k": "YQ==", "o": "YQ=="}}, {"data": {"k": "Yg==", "o": "YQ=="}}),
    ("of a wrong type", {"stringData": {"k": 1}}, {"stringData": {"k": 1}}),
    ("empty", {"stringData": {}}, {}),
]


@pytest.mark.parametrize(("case", "declared", "expected"), SECRETS)
def test_string_data_becomes_data(case: str, declared: dict[str, Any], expected: dict[str, Any]) -> None:
    """INV-16: sent as it stands it would hide `data`, and a change of that would be no drift."""
    head = {"apiVersion": "v1", "kind": "Secret", "metadata": {}}
    body = sent({**head, **declared}, SECRET)
    assert {key: value for key, value in body.items() if key not in head} == expected, case


def test_a_mark_is_put_beside_other_labels() -> None:
    body = {"metadata": {"labels": {"a": "1", LABEL: "theirs"}}}
    assert declared_mark(body) == "theirs"
    assert marked(body, "one.shop")["metadata"]["labels"] == {"a": "1", LABEL: "one.shop"}
    assert declared_mark({"metadata": {"labels": ["a"]}}) is None
    assert marked({"metadata": {"labels": ["a"]}}, "one.shop") == {"metadata": {"labels": ["a"]}}

"""An object field by field: declared beside live, with who owns what."""

from typing import Any

import msgspec
import pytest

from trueline.target.insight import FieldSight
from trueline.target.kubernetes.field_view import FIELDS_MAX, field_view
from trueline.target.kubernetes.wire import ManagedFields


def entry(manager: str, fields: dict[str, Any], subresource: str = "") -> ManagedFields:
    raw = msgspec.Raw(msgspec.json.encode(fields))
    return ManagedFields(manager=manager, operation="Apply", subresource=subresource, fieldsV1=raw)


def view(
    declared: dict[str, Any] | None,
    live: dict[str, Any],
    *entries: ManagedFields,
    shown: tuple[dict[str, Any] | None, dict[str, Any]] | None = None,
) -> dict[str, FieldSight]:
    return {
        one.path: one
        for one in field_view(declared, live, entries, manager="trueline:i", shown=shown or (declared, live))[0]
    }


def test_a_field_that_somebody_took() -> None:
    found = view(
        {"apiVersion": "v1", "data": {"a": "1", "b": "2"}},
        {"apiVersion": "v1", "data": {"a": "by hand", "b": "2"}},
        entry("trueline:i", {"f:data": {"f:b": {}}}),
        entry("kubectl-edit", {"f:data": {"f:a": {}}}),
    )
    assert list(found) == ["data.a", "data.b"]
    taken = found["data.a"]
    assert (taken.declared, taken.live, taken.is_same, taken.managers) == ("1", "by hand", False, ("kubectl-edit",))
    assert (found["data.b"].is_same, found["data.b"].managers) == (True, ("trueline:i",))


def test_elements_are_named_by_their_keys_whatever_their_order() -> None:
    key: dict[str, Any] = {'k:{"name":"web"}': {".": {}, "f:image": {}}, 'k:{"name":"proxy"}': {".": {}, "f:image": {}}}
    web, proxy = {"name": "web", "image": "a:1"}, {"name": "proxy", "image": "p:1"}
    found = view(
        {"spec": {"containers": [web, proxy]}},
        {"spec": {"containers": [proxy, {**web, "image": "a:2"}]}},
        entry("trueline:i", {"f:spec": {"f:containers": key}}),
    )
    image = found["spec.containers[name=web].image"]
    assert (image.declared, image.live, image.is_same) == ("a:1", "a:2", False)
    assert found["spec.containers[name=proxy].image"].is_same


def test_an_element_that_leaves_a_key_to_its_default() -> None:
    key: dict[str, Any] = {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}, "f:name": {}}}
    found = view(
        {"spec": {"ports": [{"port": 80, "name": "http"}]}},
        {"spec": {"ports": [{"port": 80, "name": "http", "protocol": "TCP"}]}},
        entry("trueline:i", {"f:spec": {"f:ports": key}}),
    )
    assert found["spec.ports[port=80,protocol=TCP].name"].is_same


@pytest.mark.parametrize(("manager", "is_same"), [("trueline:i", True), ("kubectl-edit", False)])
def test_what_the_server_writes_in_another_form_is_the_same_where_nobody_else_wrote_it(
    manager: str, *, is_same: bool
) -> None:
    """Whoever makes `1` of `1000m` by hand has changed a text, whatever both mean."""
    fields: dict[str, Any] = {"f:spec": {"f:cpu": {}}}
    found = view({"spec": {"cpu": "1000m"}}, {"spec": {"cpu": "1"}}, entry(manager, fields))
    assert found["spec.cpu"].is_same is is_same


def test_a_list_without_keys_is_one_value() -> None:
    found = view(
        {"spec": {"args": ["a", "b"]}},
        {"spec": {"args": ["a", "c"]}},
        entry("trueline:i", {"f:spec": {"f:args": {}}}),
    )
    assert (found["spec.args"].declared, found["spec.args"].live) == (["a", "b"], ["a", "c"])


def test_what_others_have_there_comes_after_what_is_declared() -> None:
    found = view(
        {"spec": {"replicas": 2}},
        {"spec": {"replicas": 2, "paused": True}, "status": {"ready": 2}},
        entry("trueline:i", {"f:spec": {"f:replicas": {}}}),
        entry("kubectl-patch", {"f:spec": {"f:paused": {}}}),
        entry("kube-controller-manager", {"f:status": {"f:ready": {}}}, subresource="status"),
    )
    assert list(found) == ["spec.replicas", "spec.paused"]
    assert (found["spec.paused"].is_declared, found["spec.paused"].managers) == (False, ("kubectl-patch",))


def test_what_is_declared_and_gone() -> None:
    found = view({"data": {"a": "1"}}, {"data": {}}, entry("trueline:i", {"f:data": {}}))
    assert (found["data.a"].is_live, found["data.a"].is_same) == (False, False)


def test_what_is_behind_a_mask_is_compared() -> None:
    """INV-25: the values are never shown, and two that differ are not said to be the same."""
    found = view(
        {"data": {"password": "b25l"}},
        {"data": {"password": "dHdv"}},
        entry("trueline:i", {"f:data": {"f:password": {}}}),
        shown=({"data": {"password": "***"}}, {"data": {"password": "***"}}),
    )
    assert found["data.password"] == FieldSight(
        path="data.password", is_declared=True, is_live=True, declared="***", live="***", managers=("trueline:i",)
    )


def test_an_object_that_nobody_declares() -> None:
    found = view(None, {"spec": {"nodeName": "n1"}}, entry("kube-scheduler", {"f:spec": {"f:nodeName": {}}}))
    assert [(one.path, one.is_declared, one.live) for one in found.values()] == [("spec.nodeName", False, "n1")]


def test_an_object_with_too_many_fields_is_cut() -> None:
    data = {f"key{number:05}": "" for number in range(FIELDS_MAX + 10)}
    assert len(view({"data": data}, {"data": data})) == FIELDS_MAX

"""What differs is told, what means the same is not, and what is secret is not shown."""

from typing import Any

import pytest

from trueline.target.kubernetes.difference import changes, is_same, is_within, overruled


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("1000m", "1", True),
        (1, "1", True),
        ("0.5", "500m", True),
        ("1Gi", "1024Mi", True),
        ("1e3", "1k", True),
        ("1G", "1Gi", False),
        ("60m", "1h0m0s", True),
        ("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00Z", True),
        ("YWJj\nZGVm\n", "YWJjZGVm", True),
        ("a b", "ab", False),
        (True, 1, False),
        (True, "true", False),
        (80, 81, False),
        ("", None, False),
    ],
)
def test_what_means_the_same(left: Any, right: Any, same: bool) -> None:
    assert is_same(left, right) is same


def test_what_was_declared_is_within_what_has_defaults() -> None:
    assert is_within({"a": [{"b": 1}], "c": {}, "d": []}, {"a": [{"b": 1, "x": 2}]})
    assert not is_within({"a": {"b": 1}}, {})
    assert not is_within([1], [1, 2])


def test_only_what_we_own_can_be_overruled() -> None:
    declared = {"data": {"a": "1", "b": "2"}, "spec": {"containers": [{"name": "web", "image": "i"}]}}
    live = {"data": {"a": "9", "b": "9"}, "spec": {"containers": [{"name": "x"}, {"name": "web", "image": "j"}]}}
    owned = {
        "f:data": {"f:a": {}},
        "f:spec": {"f:containers": {'k:{"name":"web"}': {".": {}, "f:name": {}, "f:image": {}}}},
    }
    assert overruled(declared, live, owned) == ("data.a", "spec.containers[name=web].image")


def test_a_declared_field_that_was_dropped_is_overruled() -> None:
    assert overruled({"data": {"a": "1"}}, {}, {"f:data": {"f:a": {}}}) == ("data",)


def test_changes_leave_out_what_is_the_servers() -> None:
    before = {"metadata": {"name": "a", "resourceVersion": "1", "managedFields": []}, "status": {"x": 1}, "data": {}}
    after = {"metadata": {"name": "a", "resourceVersion": "2", "labels": {"l": "1"}}, "data": {"k": "v"}}
    assert [(one.path, one.before, one.after) for one in changes(before, after)] == [
        ("metadata.labels", "", '{"l":"1"}'),
        ("data.k", "", "v"),
    ]


def test_a_secret_made_or_changed_shows_nothing() -> None:
    note = {"kubectl.kubernetes.io/last-applied-configuration": "hunter2"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"annotations": note}, "data": {"k": "hunter2"}}
    assert "hunter2" not in repr(changes({}, secret))
    assert "hunter2" not in repr(changes(secret, {}))
    assert "hunter2" not in repr(changes({**secret, "metadata": {}, "data": None}, secret))

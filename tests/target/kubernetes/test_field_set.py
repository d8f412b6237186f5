"""Ownership is what stands in the sets: neither order, time, API version nor `status` changes its digest."""

from typing import Any

import msgspec
import pytest

from trueline.target.kubernetes.field_set import Ownership, applied_at, owns, read_ownership, union
from trueline.target.kubernetes.wire import ManagedFields

MANAGER = "trueline:one"
LABELLED: dict[str, Any] = {"f:metadata": {"f:labels": {"f:trueline.dev/application": {}}}}


def entry(manager: str, fields: dict[str, Any], *, operation: str = "Update", **more: str) -> ManagedFields:
    return ManagedFields(
        manager=manager, operation=operation, fieldsV1=msgspec.Raw(msgspec.json.encode(fields)), **more
    )


def ours(fields: dict[str, Any], **more: str) -> ManagedFields:
    return entry(MANAGER, fields, operation="Apply", **more)


THEIRS = entry("kubectl", {"f:data": {"f:b": {}}}, time="2026-01-01T00:00:00Z")
SAME: dict[str, tuple[list[ManagedFields], list[ManagedFields]]] = {
    "order": ([ours({"f:a": {}, "f:b": {}}), THEIRS], [THEIRS, ours({"f:b": {}, "f:a": {}})]),
    "time and version": ([ours({"f:a": {}})], [ours({"f:a": {}}, time="2026-01-01T00:00:00Z", apiVersion="v2")]),
    "status entry": ([THEIRS], [THEIRS, entry("kubelet", {"f:metadata": {}}, subresource="status")]),
    "status fields": (
        [THEIRS],
        [entry("kubectl", {"f:data": {"f:b": {}}, "f:status": {"f:x": {}}}), entry("k", {"f:status": {}})],
    ),
}


@pytest.mark.parametrize(("left", "right"), SAME.values(), ids=SAME.keys())
def test_what_is_no_difference(left: list[ManagedFields], right: list[ManagedFields]) -> None:
    assert read_ownership(left, MANAGER) == read_ownership(right, MANAGER)


def test_our_entry_is_the_applied_one_without_subresource() -> None:
    for stranger in (
        entry(MANAGER, LABELLED),
        entry(MANAGER, LABELLED, operation="Apply", subresource="scale"),
        entry("trueline:two", LABELLED, operation="Apply"),
    ):
        read = read_ownership([stranger], MANAGER)
        assert (read.ours, read.mark_is_ours) == (b"", False)
        assert read.managers == (stranger.manager,)
    assert read_ownership([ours(LABELLED)], MANAGER).mark_is_ours


def test_when_we_applied_last_is_told_by_our_entry_alone() -> None:
    assert applied_at([THEIRS, ours({}, time="1970-01-02T00:00:01Z")], MANAGER) == 24 * 3600 + 1
    for entries in (None, [THEIRS], [ours({})], [ours({}, time="lately")]):
        assert applied_at(entries, MANAGER) == 0


def test_nothing_is_nothing() -> None:
    assert read_ownership(None, MANAGER) == Ownership()
    assert read_ownership([ours({})], MANAGER).ours != b""


def test_a_union_keeps_leaves_beside_maps() -> None:
    united = union({"f:a": {}}, {"f:a": {"f:b": {}}})
    assert united == {"f:a": {".": {}, "f:b": {}}}
    assert owns(united, ("f:a",))
    assert owns(united, ("f:a", "f:b"))
    assert not owns({"f:a": {"f:b": {}}}, ("f:a",))

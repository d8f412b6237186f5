"""Each case gets its judgement, and nothing that a server could answer makes the judge raise."""

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from tests.health import api_case, pod_case, workload_case
from tests.health.case import Body, Case, check
from trueline.health.reason import Reason
from trueline.health.status import Status
from trueline.health.table import HEALTHY_ONCE_THERE, RULES, judge, judge_absent, needs_status

CASES = (*workload_case.CASES, *pod_case.CASES, *api_case.CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    check(case)


def test_absent() -> None:
    assert str(judge_absent()) == "○ Missing  Absent: it is not there"


def test_no_kind_is_in_both_lists() -> None:
    assert not HEALTHY_ONCE_THERE & RULES.keys()
    assert all(needs_status(kind) for kind in RULES)


def test_every_rule_has_a_healthy_case() -> None:
    kinds = {case.live["kind"] for case in CASES if case.health.startswith("Healthy")}
    assert {kind.partition(".")[0] for kind in RULES} <= kinds


@pytest.mark.parametrize("live", [{}, {"kind": "Pod"}, {"kind": 1, "apiVersion": "v1"}, [], None, "x"], ids=repr)
def test_what_is_no_object_is_unknown(live: Any) -> None:
    assert judge(live).reason == Reason.MALFORMED_STATUS


def test_what_a_container_wrote_is_not_repeated() -> None:
    assert not any("hunter2" in judge(case.live).message for case in CASES)


def test_a_long_message_is_cut() -> None:
    found = [{"type": "Ready", "status": "False", "message": "x\n" * 10_000}]
    live = {"apiVersion": "example.com/v1", "kind": "Thing", "status": {"conditions": found}}
    assert len(judge(live).message) == 300


def test_deep_json_in_the_annotation_is_malformed() -> None:
    annotations = {"autoscaling.alpha.kubernetes.io/conditions": "[" * 100_000}
    live = {"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"annotations": annotations}}
    assert judge(live).reason == Reason.MALFORMED_STATUS


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner), max_leaves=8
)
kinds = st.sampled_from([*sorted(RULES), "Thing.example.com", "ConfigMap"])


@given(kind=kinds, spec=anything, status=anything, metadata=anything)
def test_arbitrary_json_never_raises(kind: str, spec: Any, status: Any, metadata: Any) -> None:
    """INV-30: a status can be anything."""
    name, _, group = kind.partition(".")
    version = f"{group}/v1" if group else "v1"
    health = judge({"apiVersion": version, "kind": name, "metadata": metadata, "spec": spec, "status": status})
    assert isinstance(health.status, Status)


def spoiled(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """`body` with one field replaced."""
    if not path:
        return value
    if isinstance(body, list):
        return [spoiled(item, path[1:], value) if i == path[0] else item for i, item in enumerate(body)]
    return {**body, path[0]: spoiled(body[path[0]], path[1:], value)}


def paths(body: Any) -> list[tuple[Any, ...]]:
    """Every place in `body`."""
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [(), *((key, *rest) for key, value in items for rest in paths(value))]


@settings(max_examples=300)
@given(data=st.data(), case=st.sampled_from(CASES), value=anything)
def test_a_real_object_with_one_field_spoiled_never_raises(data: st.DataObject, case: Case, value: Any) -> None:
    live: Body = spoiled(case.live, data.draw(st.sampled_from(paths(case.live))), value)
    assert isinstance(judge(live).status, Status)

"""Where one judgement ends and the next begins: the numbers and words on both sides of each bound."""

import json
from typing import Any

import pytest

from trueline.health.reason import Reason
from trueline.health.status import Status
from trueline.health.table import judge


def judged(kind: str, version: str = "apps/v1", **body: Any) -> tuple[Status, str, str]:
    found = judge({"apiVersion": version, "kind": kind, **body})
    return found.status, found.reason, found.message


def test_the_signs() -> None:
    assert "".join(status.sign for status in Status) == "●◌◐○■?"


@pytest.mark.parametrize("kind", ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"])
def test_a_status_that_was_not_written_yet_says_nothing(kind: str) -> None:
    """INV-38: their controllers always write of which generation they speak."""
    spec = {"replicas": 0}
    assert judged(kind, metadata={"generation": 1}, spec=spec, status={})[1] == Reason.NOT_OBSERVED
    assert judged(kind, metadata={"generation": 1}, spec=spec, status={"observedGeneration": 1})[0] is Status.HEALTHY


@pytest.mark.parametrize(("kind", "version"), [("PodDisruptionBudget", "policy/v1"), ("ReplicationController", "v1")])
def test_nor_does_that_of_these(kind: str, version: str) -> None:
    body = {"metadata": {"generation": 1}, "spec": {"replicas": 0}}
    assert judged(kind, version, **body, status={})[1] == Reason.NOT_OBSERVED
    assert judged(kind, version, **body, status={"observedGeneration": 1})[0] is Status.HEALTHY


@pytest.mark.parametrize(
    ("number", "is_read"), [(2**63 - 1, True), (2**63, False), (-(2**63) + 1, True), (-(2**63), False)]
)
def test_a_number_is_one_of_the_api(number: int, *, is_read: bool) -> None:
    status = {"observedGeneration": 1, "replicas": number}
    found = judged("ReplicaSet", metadata={"generation": 1}, spec={"replicas": 1}, status=status)
    assert (found[1] != Reason.MALFORMED_STATUS) is is_read


@pytest.mark.parametrize(("length", "is_whole"), [(300, True), (301, False)])
def test_a_message_is_repeated_up_to_its_bound(length: int, *, is_whole: bool) -> None:
    conditions = [{"type": "Ready", "status": "False", "message": "x" * length}]
    message = judged("Widget", "example.test/v1", status={"conditions": conditions})[2]
    assert ("x" * length in message) is is_whole


def test_an_object_without_a_kind_says_which_word_it_lacks() -> None:
    assert judge({"apiVersion": "v1"}).message.startswith("kind is")
    assert judge({"kind": "Pod"}).message.startswith("apiVersion is")


def test_what_waits_for_an_end_is_named_where_it_is_a_name() -> None:
    metadata = {"deletionTimestamp": "2026-07-01T12:00:00Z", "finalizers": [1, "a.test/one", None]}
    assert judged("ConfigMap", "v1", metadata=metadata)[2].endswith("; it waits for a.test/one")


def test_a_namespace_names_what_holds_it_and_no_more_than_four() -> None:
    kinds = [f"Namespace{letter}" for letter in "ABCDE"]
    conditions = [{"type": kind, "status": "True"} for kind in kinds]
    conditions[:0] = [{"type": "NamespaceZ", "status": "False"}, {"type": "Other", "status": "True"}]
    message = judged("Namespace", "v1", status={"phase": "Terminating", "conditions": conditions})[2]
    assert [kind for kind in (*kinds, "NamespaceZ", "Other") if kind in message] == kinds[:4]


@pytest.mark.parametrize(("failed", "reason"), [(0, Reason.RUNS_TO_COMPLETION), (1, Reason.RETRYING)])
def test_a_job_that_failed_once_is_retried(failed: int, reason: str) -> None:
    status, found, message = judged("Job", "batch/v1", status={"failed": failed})
    assert (status, found) == (Status.PROGRESSING, reason)
    assert ("gives up after more than 6 failures" in message) is bool(failed)


@pytest.mark.parametrize(("restarts", "is_told"), [(1, False), (2, True)])
def test_restarts_are_told_from_the_second_one_on(restarts: int, *, is_told: bool) -> None:
    box = {"name": "web", "restartCount": restarts, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    message = judged("Pod", "v1", status={"phase": "Running", "containerStatuses": [box]})[2]
    assert (f"({restarts} restarts)" in message) is is_told


def test_an_annotation_of_the_older_version_is_read_there_alone() -> None:
    told = json.dumps([{"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric"}])
    metadata = {"annotations": {"autoscaling.alpha.kubernetes.io/conditions": told}}
    older = judged("HorizontalPodAutoscaler", "autoscaling/v1", metadata=metadata)
    newer = judged("HorizontalPodAutoscaler", "autoscaling/v2", metadata=metadata)
    assert (older[1], newer[1]) == (Reason.METRICS_UNAVAILABLE, Reason.CONDITIONS_PENDING)


@pytest.mark.parametrize(
    ("current", "needed", "expected", "is_short"),
    [(2, 3, 5, True), (3, 3, 5, False), (3, 5, 3, False), (2, 5, 3, True)],
)
def test_a_budget_is_short_below_both(current: int, needed: int, expected: int, *, is_short: bool) -> None:
    status = {"observedGeneration": 1, "expectedPods": expected, "currentHealthy": current, "desiredHealthy": needed}
    found = judged("PodDisruptionBudget", "policy/v1", metadata={"generation": 1}, status=status)
    assert (found[1] == Reason.TOO_FEW_HEALTHY_PODS) is is_short


def stateful(strategy: dict[str, Any], **status: Any) -> str:
    spec = {"replicas": 3, "updateStrategy": strategy}
    known = {"observedGeneration": 1, "replicas": 3, "availableReplicas": 3} | status
    return judged("StatefulSet", metadata={"generation": 1}, spec=spec, status=known)[1]


@pytest.mark.parametrize(
    ("partition", "updated", "reason"),
    [
        (0, 3, Reason.AVAILABLE),
        (1, 2, Reason.PARTITION_REACHED),
        (1, 1, Reason.NOT_UPDATED),
        (3, 0, Reason.PARTITION_REACHED),
        (4, 0, Reason.PARTITION_REACHED),
    ],
)
def test_a_partition_is_reached(partition: int, updated: int, reason: str) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}
    assert stateful(strategy, updatedReplicas=updated) == reason


def test_what_is_not_available_is_no_strategy_of_an_update() -> None:
    assert stateful({"type": "OnDelete"}, availableReplicas=2) == Reason.NOT_AVAILABLE


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"currentRevision": "a"}, Reason.AVAILABLE),
        ({"currentRevision": "a", "updateRevision": "a"}, Reason.AVAILABLE),
        ({"currentRevision": "a", "updateRevision": "b"}, Reason.NOT_UPDATED),
    ],
)
def test_a_set_moves_between_two_revisions_that_it_names(status: dict[str, Any], reason: str) -> None:
    assert stateful({"type": "RollingUpdate"}, **status) == reason

"""Health of what guards or sets a number of Pods: HorizontalPodAutoscaler and PodDisruptionBudget."""

import json

from trueline.health.field import Condition, Fields, Malformed, conditions, fails, holds
from trueline.health.reason import Reason
from trueline.health.status import Health, degraded, healthy, progressing, suspended
from trueline.health.workload import count, of

_V1_CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"


def judge_autoscaler(live: Fields) -> Health:
    """By its three conditions; `autoscaling/v1` has them as JSON in an annotation."""
    found = _conditions(live)
    unable, inactive = fails(found, "AbleToScale"), fails(found, "ScalingActive")
    if unable:
        return degraded(Reason.TARGET_UNAVAILABLE, str(unable))
    if inactive:
        return _judge_inactive(inactive)
    limited = holds(found, "ScalingLimited")
    if limited:
        return healthy(Reason.SCALING_LIMITED, f"{_figures(live)}; {limited}")
    if holds(found, "AbleToScale") or holds(found, "ScalingActive"):
        return healthy(Reason.SCALING, _figures(live))
    return progressing(Reason.CONDITIONS_PENDING, "the autoscaler has not said yet whether it can scale")


def _judge_inactive(inactive: Condition) -> Health:
    if inactive.reason == Reason.SCALING_DISABLED:
        return suspended(Reason.SCALING_DISABLED, str(inactive))
    if inactive.reason.startswith("FailedGet") or inactive.reason == "FailedComputeMetricsReplicas":
        return progressing(Reason.METRICS_UNAVAILABLE, str(inactive))
    return degraded(Reason.SCALING_INACTIVE, str(inactive))


def _conditions(live: Fields) -> dict[str, Condition]:
    annotation = live.at("metadata", "annotations").body.get(_V1_CONDITIONS)
    if live.text("apiVersion") != "autoscaling/v1" or annotation is None:
        return conditions(live.at("status"))
    try:
        return conditions(Fields({"conditions": json.loads(annotation)}, _V1_CONDITIONS))
    except (TypeError, ValueError, RecursionError) as error:
        raise Malformed(_V1_CONDITIONS, "a list in JSON", annotation) from error


def _figures(live: Fields) -> str:
    status, spec = live.at("status"), live.at("spec")
    current, least, most = status.count("currentReplicas"), spec.count("minReplicas", 1), spec.count("maxReplicas")
    return f"{count(current, 'replica')} now, {status.count('desiredReplicas')} wanted, within {least} to {most}"


def judge_budget(live: Fields) -> Health:
    """A budget is healthy when the Pods it guards are; that it allows no disruption now may be meant so."""
    status = live.at("status")
    failed = fails(conditions(status), "DisruptionAllowed")
    if failed and failed.reason == Reason.SYNC_FAILED:
        return degraded(Reason.SYNC_FAILED, str(failed))
    expected, current, needed = (
        status.count(f"{word}") for word in ("expectedPods", "currentHealthy", "desiredHealthy")
    )
    if expected == 0:
        return healthy(Reason.NOTHING_TO_PROTECT, "no Pod matches its selector")
    figures = f"{of(current, expected, 'Pod')} healthy, {needed} needed"
    if current < needed and current < expected:
        return progressing(Reason.TOO_FEW_HEALTHY_PODS, figures)
    allowed = status.count("disruptionsAllowed")
    if allowed > 0:
        return healthy(Reason.DISRUPTION_ALLOWED, f"{figures}; evictions allowed now: {allowed}")
    return healthy(Reason.NO_DISRUPTION_ALLOWED, f"{figures}; an eviction would be refused now")

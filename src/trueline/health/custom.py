"""Health of any other kind, by the conditions that the API conventions and kstatus agree on.

It never asks what the kind means: fields that are no convention are not read.
"""

from collections.abc import Callable, Mapping

from trueline.health.field import Condition, Fields, conditions, fails, holds
from trueline.health.reason import Reason
from trueline.health.status import Health, degraded, healthy, progressing, suspended

Verdict = Callable[[str, str], Health]

_BAD = (("Stalled", Reason.STALLED), ("Failed", Reason.FAILED), ("Degraded", Reason.DEGRADED))
_GOOD = (
    ("Ready", Reason.READY, Reason.NOT_READY),
    ("Available", Reason.AVAILABLE, Reason.NOT_AVAILABLE),
    ("Succeeded", Reason.SUCCEEDED, Reason.IN_PROGRESS),
)
_SWITCHES = ("suspend", "suspended", "paused")


def judge_custom(live: Fields) -> Health:
    """Suspended by its spec; else by the condition that decides; without any, Healthy."""
    switch = _find_switch(live.body.get("spec"))
    if switch:
        return suspended(Reason.SUSPENDED, f"spec.{switch} is true")
    found = conditions(live.at("status"))
    if not found:
        return healthy(Reason.NO_CONDITIONS, "it exists and reports no conditions")
    verdict, reason, condition = _decide(found)
    if condition is None:
        return verdict(reason, f"it exists; none of its {len(found)} conditions tells of health")
    generation = live.at("metadata").count("generation")
    if 0 < condition.observed_generation < generation:
        seen = condition.observed_generation
        return progressing(Reason.NOT_OBSERVED, f"{condition.kind} is of generation {seen}, the object of {generation}")
    return verdict(reason, str(condition))


def _find_switch(spec: object) -> str:
    """The switch that is on. A custom spec may use these names for anything, so only `true` itself counts."""
    if not isinstance(spec, Mapping):
        return ""
    return next((name for name in _SWITCHES if spec.get(name) is True), "")


def _decide(found: Mapping[str, Condition]) -> tuple[Verdict, Reason, Condition | None]:
    for kind, reason in _BAD:
        if condition := holds(found, kind):
            return degraded, reason, condition
    if condition := holds(found, "Reconciling"):
        return progressing, Reason.RECONCILING, condition
    late = fails(found, "Progressing")
    if late and late.reason == Reason.PROGRESS_DEADLINE_EXCEEDED:
        return degraded, Reason.PROGRESS_DEADLINE_EXCEEDED, late
    return _decide_good(found)


def _decide_good(found: Mapping[str, Condition]) -> tuple[Verdict, Reason, Condition | None]:
    """The first of Ready, Available, Succeeded decides; Progressing only where there is none of them.

    For a rollout keeps `Progressing=True` when it has arrived.
    """
    for kind, good, not_yet in _GOOD:
        condition = found.get(kind)
        if condition is None:
            continue
        if condition.is_true:
            return healthy, good, condition
        if condition.is_false and kind == "Succeeded":
            return degraded, Reason.FAILED, condition
        return progressing, not_yet, condition
    if condition := holds(found, "Progressing"):
        return progressing, Reason.IN_PROGRESS, condition
    return healthy, Reason.NO_CONDITIONS, None

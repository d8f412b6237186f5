"""Autoscalers that find nothing to do, disruption budgets, and the use of quotas after something is gone."""

import math
from collections.abc import Mapping
from typing import Any

from trueline.embedded.controller.hand import Hand, conditions
from trueline.embedded.controller.replica import PODS, is_ready
from trueline.embedded.store import Kept

_SCALED = {"Deployment": "/apps/deployments", "StatefulSet": "/apps/statefulsets", "ReplicaSet": "/apps/replicasets"}


async def look_at_autoscaler(hand: Hand, kept: Kept) -> None:
    """An autoscaler can read its target and keeps it between its bounds."""
    spec, target = kept.body["spec"], kept.body["spec"]["scaleTargetRef"]
    scaled = hand.get(f"{_SCALED.get(target['kind'], '')}/{kept.metadata.namespace}/{target['name']}")
    if scaled is None:
        said = [
            {
                "type": "AbleToScale",
                "status": "False",
                "reason": "FailedGetScale",
                "message": "the target was not found",
            }
        ]
        await hand.patch(kept, {"status": {"conditions": conditions(kept, hand.now(), said)}}, "status")
        return
    have = scaled.body["spec"].get("replicas", 1)
    wanted = min(max(have, spec.get("minReplicas", 1)), spec["maxReplicas"])
    if have not in {0, wanted}:
        await hand.patch(scaled, {"spec": {"replicas": wanted}})
    said = [
        {
            "type": "AbleToScale",
            "status": "True",
            "reason": "ReadyForNewScale",
            "message": "recommended size matches current size",
        },
        {
            "type": "ScalingActive",
            "status": "True",
            "reason": "ValidMetricFound",
            "message": "a replica count was calculated",
        },
        {
            "type": "ScalingLimited",
            "status": "False",
            "reason": "DesiredWithinRange",
            "message": "the desired count is within the acceptable range",
        },
    ]
    status = {"currentReplicas": have, "desiredReplicas": wanted, "conditions": conditions(kept, hand.now(), said)}
    await hand.patch(kept, {"status": status | {"currentMetrics": None}}, "status")


async def look_at_budget(hand: Hand, kept: Kept) -> None:
    """A budget counts the pods that it covers."""
    if kept.metadata.deletion_timestamp:
        return
    spec = kept.body["spec"]
    wanted: Mapping[str, str] = (spec.get("selector") or {}).get("matchLabels") or {}
    pods = [p for p in hand.under(f"{PODS}{kept.metadata.namespace}/") if wanted.items() <= p.metadata.labels.items()]
    healthy, total = sum(map(is_ready, pods)), len(pods)
    least = (
        _number(spec["minAvailable"], total)
        if "minAvailable" in spec
        else total - _number(spec.get("maxUnavailable", 0), total)
    )
    allowed = max(healthy - least, 0)
    reason = "SufficientPods" if allowed else "InsufficientPods"
    said = {"type": "DisruptionAllowed", "status": "True" if allowed else "False", "reason": reason, "message": ""}
    status = {
        "observedGeneration": kept.metadata.generation,
        "currentHealthy": healthy,
        "desiredHealthy": max(least, 0),
        "expectedPods": total,
        "disruptionsAllowed": allowed,
        "conditions": conditions(kept, hand.now(), [said]),
    }
    await hand.patch(kept, {"status": status}, "status")


def _number(value: int | str, total: int) -> int:
    return value if isinstance(value, int) else math.ceil(int(value.rstrip("%")) * total / 100)


async def look_at_quota(hand: Hand, kept: Kept) -> None:
    """A quota begins with its limits, and what is gone is no longer counted."""
    hard = kept.body["spec"].get("hard") or {}
    used = dict(kept.body.get("status", {}).get("used") or {})
    for name in hard:
        counted = _counted(hand, kept.metadata.namespace, name)
        if counted is not None:
            used[name] = str(counted)
        used.setdefault(name, "0")
    status: dict[str, Any] = {"hard": hard, "used": used}
    await hand.patch(kept, {"status": status}, "status")


_COUNTED = {
    "pods",
    "services",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "resourcequotas",
}


def _counted(hand: Hand, namespace: str, name: str) -> int | None:
    if name in _COUNTED:
        return len(hand.under(f"/core/{name}/{namespace}/"))
    if name.startswith("count/"):
        plural, _, group = name.removeprefix("count/").partition(".")
        return len(hand.under(f"/{group or 'core'}/{plural}/{namespace}/"))
    return None

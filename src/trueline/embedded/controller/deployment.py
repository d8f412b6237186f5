"""Deployments: one ReplicaSet for each template; the newest takes over, the older ones go down to nothing."""

from http import HTTPStatus
from typing import Any

from trueline.embedded.controller.hand import Hand, conditions, digest, owner_reference
from trueline.embedded.controller.replica import FAILURE
from trueline.embedded.store import Kept

SETS = "/apps/replicasets/"
_HASH = "pod-template-hash"
_REVISION = "deployment.kubernetes.io/revision"


async def look(hand: Hand, kept: Kept) -> None:
    """The next step of a rollout, and a status that says how far it is."""
    if kept.metadata.deletion_timestamp:
        return None
    mark = digest(kept.body["spec"]["template"])
    sets = hand.owned(kept.metadata, SETS)
    newest = next((s for s in sets if s.metadata.labels.get(_HASH) == mark), None)
    if newest is None and not kept.body["spec"].get("paused"):
        is_made = await _make(hand, kept, mark, sets)
        sets = hand.owned(kept.metadata, SETS)
        if is_made and all(one.metadata.labels.get(_HASH) != mark for one in sets):
            return None  # it is not among what is known yet: its own event has us look again
        return await _tell(hand, kept, sets, mark)
    wanted = kept.body["spec"].get("replicas", 1)
    if newest is not None:
        await _scale(hand, newest, wanted)
        if newest.body.get("status", {}).get("availableReplicas", 0) >= wanted:
            for older in sets:
                if older.key != newest.key:
                    await _scale(hand, older, 0)
    return await _tell(hand, kept, hand.owned(kept.metadata, SETS), mark)


async def _scale(hand: Hand, replica_set: Kept, replicas: int) -> None:
    await hand.patch(replica_set, {"spec": {"replicas": replicas}})


def _revision(sets: list[Kept]) -> int:
    return max((int(s.body["metadata"].get("annotations", {}).get(_REVISION, 0)) for s in sets), default=0)


async def _make(hand: Hand, kept: Kept, mark: str, sets: list[Kept]) -> bool:
    """Make the ReplicaSet of a template; whether there is a new one."""
    spec = kept.body["spec"]
    template = dict(spec["template"])
    template["metadata"] = dict(template.get("metadata") or {})
    template["metadata"]["labels"] = dict(template["metadata"].get("labels") or {}) | {_HASH: mark}
    body: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{kept.metadata.name[:240]}-{mark}",
            "labels": template["metadata"]["labels"],
            "annotations": {_REVISION: str(_revision(sets) + 1)},
            "ownerReferences": [owner_reference(kept)],
        },
        "spec": {
            "replicas": spec.get("replicas", 1),
            "selector": {**spec["selector"], "matchLabels": {**spec["selector"].get("matchLabels", {}), _HASH: mark}},
            "template": template,
        },
    }
    made = await hand.create(f"/apis/apps/v1/namespaces/{kept.metadata.namespace}/replicasets", body)
    return made.status == HTTPStatus.CREATED


async def _tell(hand: Hand, kept: Kept, sets: list[Kept], mark: str) -> None:
    now = hand.get(kept.key)
    if now is None:
        return
    wanted = kept.body["spec"].get("replicas", 1)
    newest = [s for s in sets if s.metadata.labels.get(_HASH) == mark]
    total, updated = _sum(sets, "replicas"), _sum(newest, "replicas")
    ready, available = _sum(sets, "readyReplicas"), _sum(sets, "availableReplicas")
    done = bool(newest) and _sum(newest, "availableReplicas") >= wanted and total == updated
    said = [*_said(kept, newest, done=done, is_available=available >= wanted), *_failures(newest)]
    status = {
        "observedGeneration": kept.metadata.generation,
        "replicas": total,
        "updatedReplicas": updated,
        "readyReplicas": ready,
        "availableReplicas": available,
        "unavailableReplicas": max(wanted - available, 0),
        "conditions": [
            condition
            for condition in conditions(now, hand.now(), said, "lastTransitionTime", "lastUpdateTime")
            if condition["type"] in {told["type"] for told in said}
        ],
    }
    change: dict[str, Any] = {"status": status}
    if sets:
        change["metadata"] = {"annotations": {_REVISION: str(_revision(newest or sets))}}
    await hand.patch(now, change, "status")


def _said(kept: Kept, newest: list[Kept], *, done: bool, is_available: bool) -> list[dict[str, str]]:
    name = newest[0].metadata.name if newest else kept.metadata.name
    available = {
        "type": "Available",
        "status": "True" if is_available else "False",
        "reason": "MinimumReplicasAvailable" if is_available else "MinimumReplicasUnavailable",
        "message": f"Deployment {'has' if is_available else 'does not have'} minimum availability.",
    }
    progressing = {
        "type": "Progressing",
        "status": "True",
        "reason": "NewReplicaSetAvailable" if done else "ReplicaSetUpdated",
        "message": f'ReplicaSet "{name}" {"has successfully progressed" if done else "is progressing"}.',
    }
    return [available, progressing]


def _failures(sets: list[Kept]) -> list[dict[str, str]]:
    """Why pods cannot be made."""
    found = [c for s in sets for c in s.body.get("status", {}).get("conditions") or () if c["type"] == FAILURE]
    return [{name: c[name] for name in ("type", "status", "reason", "message")} for c in found[:1]]


def _sum(sets: list[Kept], count: str) -> int:
    return sum(s.body.get("status", {}).get(count, 0) for s in sets)

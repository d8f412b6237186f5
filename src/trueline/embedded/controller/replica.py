"""ReplicaSets, and how pods are made for anything that makes them from a template."""

from collections.abc import Mapping
from typing import Any

import msgspec

from trueline.embedded.controller.hand import Hand, conditions, digest, owner_reference
from trueline.embedded.store import Kept

PODS = "/core/pods/"
RETRY_S = 2.0
FAILURE = "ReplicaFailure"
_FINE = frozenset({201, 409})


class _Refused(msgspec.Struct, frozen=True):
    message: str = ""


def is_ready(pod: Kept) -> bool:
    """Whether a pod serves."""
    found = pod.body.get("status", {}).get("conditions") or ()
    return any(c["type"] == "Ready" and c["status"] == "True" for c in found)


def is_ended(pod: Kept) -> bool:
    """Whether a pod has run to its end."""
    return pod.body.get("status", {}).get("phase") in {"Succeeded", "Failed"}


async def make_pod(
    hand: Hand,
    owner: Kept,
    name: str,
    *,
    labels: Mapping[str, str] | None = None,
    spec: Mapping[str, Any] | None = None,
) -> str:
    """Make a pod from the owner's template, with more labels and another spec where given.

    The answer says why it was refused; empty: it is there. What was refused is tried again by and by.
    """
    template = owner.body["spec"]["template"]
    metadata = dict(template.get("metadata") or {})
    metadata |= {"name": name, "ownerReferences": [owner_reference(owner)]}
    metadata["labels"] = dict(metadata.get("labels") or {}) | dict(labels or {})
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec or template["spec"]}
    response = await hand.create(f"/api/v1/namespaces/{owner.metadata.namespace}/pods", body)
    if response.status in _FINE:
        return ""
    hand.look_after(owner.key, RETRY_S)
    return msgspec.json.decode(response.body, type=_Refused).message


async def look(hand: Hand, kept: Kept) -> None:
    """As many pods as are wanted, and a status that says so."""
    if kept.metadata.deletion_timestamp:
        return
    wanted = kept.body["spec"].get("replicas", 1)
    pods = [p for p in hand.owned(kept.metadata, PODS) if not p.metadata.deletion_timestamp and not is_ended(p)]
    for pod in pods[wanted:]:
        await hand.delete(pod)
    names, refused = {pod.metadata.name for pod in pods}, ""
    for name in _names(kept):
        if len(names) >= wanted or refused:
            break
        if name not in names:
            names.add(name)
            refused = await make_pod(hand, kept, name)
    await _tell(hand, kept, refused)


def _names(kept: Kept) -> list[str]:
    wanted = kept.body["spec"].get("replicas", 1)
    uid, base = kept.metadata.uid, kept.metadata.name[:240]
    return [f"{base}-{digest(uid, number, letters=5)}" for number in range(2 * wanted + 2)]


async def _tell(hand: Hand, kept: Kept, refused: str) -> None:
    now = hand.get(kept.key)
    if now is None:
        return
    pods = [p for p in hand.owned(kept.metadata, PODS) if not p.metadata.deletion_timestamp and not is_ended(p)]
    ready = sum(map(is_ready, pods))
    failure = {"type": FAILURE, "status": "True", "reason": "FailedCreate", "message": refused}
    status = {
        "replicas": len(pods),
        "fullyLabeledReplicas": len(pods),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "observedGeneration": now.metadata.generation,
        "conditions": conditions(now, hand.now(), [failure]) if refused else None,
    }
    await hand.patch(now, {"status": status}, "status")

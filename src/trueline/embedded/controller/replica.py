"""ReplicaSets, and how pods are made for anything that makes them from a template."""

from collections.abc import Mapping
from typing import Any

from trueline.embedded.controller.hand import Hand, digest, owner_reference
from trueline.embedded.store import Kept

PODS = "/core/pods/"


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
) -> None:
    """Make a pod from the owner's template, with more labels and another spec where given."""
    template = owner.body["spec"]["template"]
    metadata = dict(template.get("metadata") or {})
    metadata |= {"name": name, "ownerReferences": [owner_reference(owner)]}
    metadata["labels"] = dict(metadata.get("labels") or {}) | dict(labels or {})
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec or template["spec"]}
    await hand.create(f"/api/v1/namespaces/{owner.metadata.namespace}/pods", body)


async def look(hand: Hand, kept: Kept) -> None:
    """As many pods as are wanted, and a status that says so."""
    if kept.metadata.deletion_timestamp:
        return
    wanted = kept.body["spec"].get("replicas", 1)
    pods = [p for p in hand.owned(kept.metadata, PODS) if not p.metadata.deletion_timestamp and not is_ended(p)]
    for pod in pods[wanted:]:
        await hand.delete(pod)
    names = {pod.metadata.name for pod in pods}
    for name in _names(kept):
        if len(names) >= wanted:
            break
        if name not in names:
            names.add(name)
            await make_pod(hand, kept, name)
    await _tell(hand, kept)


def _names(kept: Kept) -> list[str]:
    wanted = kept.body["spec"].get("replicas", 1)
    uid, base = kept.metadata.uid, kept.metadata.name[:240]
    return [f"{base}-{digest(uid, number, letters=5)}" for number in range(2 * wanted + 2)]


async def _tell(hand: Hand, kept: Kept) -> None:
    now = hand.get(kept.key)
    if now is None:
        return
    pods = [p for p in hand.owned(kept.metadata, PODS) if not p.metadata.deletion_timestamp and not is_ended(p)]
    ready = sum(map(is_ready, pods))
    status = {
        "replicas": len(pods),
        "fullyLabeledReplicas": len(pods),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "observedGeneration": now.metadata.generation,
    }
    await hand.patch(now, {"status": status}, "status")

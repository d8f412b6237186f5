"""StatefulSets: pods with a number, each with its claims, made and replaced one after the other."""

from typing import Any

from trueline.embedded.controller.hand import Hand, digest
from trueline.embedded.controller.replica import PODS, is_ready, make_pod
from trueline.embedded.store import Kept

_HASH = "controller-revision-hash"


async def look(hand: Hand, kept: Kept) -> None:
    """The next pod that is missing, old or too much, and a status that says so."""
    if kept.metadata.deletion_timestamp:
        return
    spec, name = kept.body["spec"], kept.metadata.name
    wanted, mark = spec.get("replicas", 1), f"{name}-{digest(spec['template'])}"
    pods = {p.metadata.name: p for p in hand.owned(kept.metadata, PODS)}
    for number in range(wanted):
        pod = pods.get(f"{name}-{number}")
        if pod is None:
            await _make(hand, kept, number, mark)
            break
        if pod.metadata.labels.get(_HASH) != mark and not pod.metadata.deletion_timestamp:
            await hand.delete(pod)
            break
        if not is_ready(pod) and spec.get("podManagementPolicy") != "Parallel":
            break
    for extra in sorted(set(pods) - {f"{name}-{number}" for number in range(wanted)}, reverse=True):
        if not pods[extra].metadata.deletion_timestamp:
            await hand.delete(pods[extra])
    await _tell(hand, kept, mark)


async def _make(hand: Hand, kept: Kept, number: int, mark: str) -> None:
    spec, name = kept.body["spec"], f"{kept.metadata.name}-{number}"
    volumes: list[dict[str, Any]] = []
    for template in spec.get("volumeClaimTemplates") or ():
        own = template["metadata"]["name"]
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": template["spec"]}
        claim["metadata"] = {"name": f"{own}-{name}", "labels": spec["selector"].get("matchLabels", {})}
        await hand.create(f"/api/v1/namespaces/{kept.metadata.namespace}/persistentvolumeclaims", claim)
        volumes.append({"name": own, "persistentVolumeClaim": {"claimName": f"{own}-{name}"}})
    pod = dict(spec["template"]["spec"])
    pod["volumes"] = [*(pod.get("volumes") or ()), *volumes]
    pod["hostname"] = name
    labels = {_HASH: mark, "statefulset.kubernetes.io/pod-name": name, "apps.kubernetes.io/pod-index": str(number)}
    await make_pod(hand, kept, name, labels=labels, spec=pod)


async def _tell(hand: Hand, kept: Kept, mark: str) -> None:
    now = hand.get(kept.key)
    if now is None:
        return
    pods = [p for p in hand.owned(kept.metadata, PODS) if not p.metadata.deletion_timestamp]
    updated = sum(p.metadata.labels.get(_HASH) == mark for p in pods)
    ready, wanted = sum(map(is_ready, pods)), kept.body["spec"].get("replicas", 1)
    before = now.body.get("status", {}).get("currentRevision") or mark
    status = {
        "observedGeneration": kept.metadata.generation,
        "replicas": len(pods),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "currentReplicas": updated if before == mark else len(pods) - updated,
        "updatedReplicas": updated,
        "updateRevision": mark,
        "currentRevision": mark if updated == wanted == ready else before,
        "collisionCount": 0,
    }
    await hand.patch(now, {"status": status}, "status")

"""DaemonSets: one pod on each node."""

from trueline.embedded.controller.hand import Hand, digest
from trueline.embedded.controller.replica import PODS, is_ready, make_pod
from trueline.embedded.store import Kept

_HASH = "controller-revision-hash"


async def look(hand: Hand, kept: Kept) -> None:
    """A pod of the newest template on each node, and a status that says so."""
    if kept.metadata.deletion_timestamp:
        return
    template = kept.body["spec"]["template"]
    mark = digest(template)
    pods = {p.body["spec"].get("nodeName", ""): p for p in hand.owned(kept.metadata, PODS)}
    nodes = [node.metadata.name for node in hand.under("/core/nodes/")]
    for node in nodes:
        pod = pods.get(node)
        if pod is None:
            name = f"{kept.metadata.name[:240]}-{digest(kept.metadata.uid, node, mark, letters=5)}"
            spec = dict(template["spec"]) | {"nodeName": node}
            await make_pod(hand, kept, name, labels={_HASH: mark}, spec=spec)
        elif pod.metadata.labels.get(_HASH) != mark and not pod.metadata.deletion_timestamp:
            await hand.delete(pod)
    await _tell(hand, kept, mark, len(nodes))


async def _tell(hand: Hand, kept: Kept, mark: str, nodes: int) -> None:
    now = hand.get(kept.key)
    if now is None:
        return
    pods = [p for p in hand.owned(kept.metadata, PODS) if not p.metadata.deletion_timestamp]
    ready = sum(map(is_ready, pods))
    status = {
        "observedGeneration": kept.metadata.generation,
        "desiredNumberScheduled": nodes,
        "currentNumberScheduled": len(pods),
        "updatedNumberScheduled": sum(p.metadata.labels.get(_HASH) == mark for p in pods),
        "numberReady": ready,
        "numberAvailable": ready,
        "numberUnavailable": nodes - ready,
        "numberMisscheduled": 0,
    }
    await hand.patch(now, {"status": status}, "status")

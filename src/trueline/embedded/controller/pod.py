"""Pods and nodes, the scheduler's and kubelet's part: a pod is bound, runs at once, and ends where its kind ends.

Two things fail on purpose, so that failure can be shown: an image of a registry under `.invalid` cannot be pulled, and
a container whose command is `false` or ends with `exit N` fails.
"""

import re
from collections.abc import Mapping
from typing import Any

from trueline.embedded.controller.hand import Hand, conditions
from trueline.embedded.store import Kept

_FAILS = re.compile(r"(^|[\s/])(false|exit [1-9]\d*)\s*$")
_NO_REGISTRY = re.compile(r"^[^/]+\.invalid(:\d+)?/")


async def look(hand: Hand, kept: Kept) -> None:
    """The next step in the life of a pod."""
    if kept.metadata.deletion_timestamp:
        await hand.delete(kept, gracePeriodSeconds=0)
        return
    nodes = hand.under("/core/nodes/")
    if not kept.body["spec"].get("nodeName"):
        if nodes:
            await _bind(hand, kept, nodes[0].metadata.name)
        return
    if kept.body.get("status", {}).get("phase") in {None, "", "Pending"}:
        await hand.patch(kept, {"status": _status(hand, kept)}, "status")


async def look_at_node(hand: Hand, kept: Kept) -> None:
    """A node is ready."""
    said = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"}
    room = {"cpu": "64", "memory": "256Gi", "pods": "10000"}
    status = {"conditions": conditions(kept, hand.now(), [said]), "capacity": room, "allocatable": room}
    await hand.patch(kept, {"status": status}, "status")


async def _bind(hand: Hand, kept: Kept, node: str) -> None:
    name = kept.metadata.name
    target = {"apiVersion": "v1", "kind": "Node", "name": node}
    body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
    await hand.create(hand.path(kept.key, "binding"), body)


def _status(hand: Hand, kept: Kept) -> dict[str, Any]:
    spec, now = kept.body["spec"], hand.now()
    if any(_NO_REGISTRY.search(c["image"]) for c in spec["containers"]):
        return _unpulled(kept, now)
    ends = spec.get("restartPolicy", "Always") != "Always"
    failed = ends and any(_fails(container) for container in spec["containers"])
    phase = ("Failed" if failed else "Succeeded") if ends else "Running"
    ready = "False" if ends else "True"
    said = [
        {"type": "Initialized", "status": "True"},
        {"type": "Ready", "status": ready} | ({"reason": "PodCompleted"} if ends else {}),
        {"type": "ContainersReady", "status": ready} | ({"reason": "PodCompleted"} if ends else {}),
        {"type": "PodScheduled", "status": "True"},
    ]
    state = _state(ends=ends, failed=failed, now=now)
    return {
        "phase": phase,
        "startTime": now,
        "hostIP": "192.0.2.1",
        "podIP": "10.244.0.1",
        "podIPs": [{"ip": "10.244.0.1"}],
        "conditions": conditions(kept, now, said),
        "containerStatuses": [_container(c, state, is_ready=not ends) for c in spec["containers"]],
    }


def _state(*, ends: bool, failed: bool, now: str) -> dict[str, Any]:
    if not ends:
        return {"running": {"startedAt": now}}
    said = {"exitCode": 1, "reason": "Error"} if failed else {"exitCode": 0, "reason": "Completed"}
    return {"terminated": said | {"startedAt": now, "finishedAt": now}}


def _unpulled(kept: Kept, now: str) -> dict[str, Any]:
    reason, message = "ContainersNotReady", "containers with unready status"
    state = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}
    said = [
        {"type": name, "status": "False", "reason": reason, "message": message} for name in ("Ready", "ContainersReady")
    ]
    return {
        "phase": "Pending",
        "startTime": now,
        "conditions": conditions(kept, now, said),
        "containerStatuses": [_container(c, state, is_ready=False) for c in kept.body["spec"]["containers"]],
    }


def _container(container: Mapping[str, Any], state: Mapping[str, Any], *, is_ready: bool) -> dict[str, Any]:
    image = container["image"]
    return {
        "name": container["name"],
        "image": image,
        "imageID": "",
        "restartCount": 0,
        "ready": is_ready,
        "started": is_ready,
        "state": state,
    }


def _fails(container: Mapping[str, Any]) -> bool:
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    return bool(words) and bool(_FAILS.search(words[-1]))

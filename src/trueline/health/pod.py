"""Health of a Pod, by its phase and its containers.

Never repeats what a container wrote when it ended: that may be anything, a secret too.
"""

from collections.abc import Iterator

from trueline.health.field import Condition, Fields, conditions, fails, holds
from trueline.health.reason import Reason
from trueline.health.status import Health, degraded, healthy, progressing, suspended, unknown
from trueline.health.workload import count

_WAITS_IN_VAIN = frozenset(
    {
        Reason.CRASH_LOOP_BACK_OFF,
        Reason.CREATE_CONTAINER_CONFIG_ERROR,
        Reason.CREATE_CONTAINER_ERROR,
        Reason.ERR_IMAGE_NEVER_PULL,
        Reason.ERR_IMAGE_PULL,
        Reason.IMAGE_PULL_BACK_OFF,
        Reason.INVALID_IMAGE_NAME,
        Reason.RUN_CONTAINER_ERROR,
    }
)


def judge_pod(live: Fields) -> Health:
    """By phase; a container that waits in vain is told before the phase, which hides it."""
    status = live.at("status")
    match status.text("phase"):
        case "Succeeded":
            return healthy(Reason.COMPLETED, "all containers ended well")
        case "Failed":
            return _judge_failed(status)
        case "Pending" | "":
            return _find_fault(status) or _judge_pending(status)
        case "Running":
            return _find_fault(status) or _judge_running(live)
        case "Unknown":
            return unknown(Reason.PHASE_UNKNOWN, "the node does not answer")
        case _:
            return unknown(Reason.PHASE_UNKNOWN, f"the phase {status.phrase('phase')} is not known")


def _judge_failed(status: Fields) -> Health:
    told = ": ".join(part for part in (status.phrase("reason"), status.phrase("message")) if part)
    reason = Reason.EVICTED if status.text("reason") == Reason.EVICTED else Reason.POD_FAILED
    ends = "; ".join(end for end in (_describe_end(name, box.at("state")) for name, box in _containers(status)) if end)
    return degraded(reason, "; ".join(part for part in (told, ends) if part) or "a container failed")


def _find_fault(status: Fields) -> Health | None:
    """The first container that cannot start, init containers first."""
    for name, box in _containers(status):
        waiting = box.at("state", "waiting")
        reason = waiting.text("reason")
        if _is_in_vain(reason):
            known = Reason(reason) if reason in _WAITS_IN_VAIN else Reason.CONTAINER_CANNOT_START
            parts = (waiting.phrase("reason"), waiting.phrase("message"), _describe_end("", box.at("lastState")))
            restarts = box.count("restartCount")
            tail = f" ({restarts} restarts)" if restarts > 1 else ""
            return degraded(known, f"{name}: {'; '.join(part for part in parts if part)}{tail}")
    return None


def _is_in_vain(reason: str) -> bool:
    """The kubelet's reasons are an open list with a grammar: what begins or ends like this is a failure."""
    return reason in _WAITS_IN_VAIN or reason.startswith("Err") or reason.endswith(("Error", "BackOff"))


def _judge_pending(status: Fields) -> Health:
    found = conditions(status)
    scheduled = fails(found, "PodScheduled")
    if scheduled and scheduled.reason == Reason.SCHEDULING_GATED:
        return suspended(Reason.SCHEDULING_GATED, str(scheduled))
    if scheduled:
        return progressing(Reason.UNSCHEDULABLE, str(scheduled))
    boxes = tuple(status.each("initContainerStatuses"))
    if boxes:
        done = sum(1 for box in boxes if _is_done(box))
        return progressing(Reason.INITIALIZING, f"{done} of {len(boxes)} init containers have done their part")
    return progressing(Reason.PENDING, "its containers are being made")


def _is_done(box: Fields) -> bool:
    """An init container that ended well, or one that stays beside the others (a sidecar) and has started."""
    ended = box.at("state", "terminated")
    return (ended.has("exitCode") and ended.count("exitCode") == 0) or box.is_true("started")


def _judge_running(live: Fields) -> Health:
    status, policy = live.at("status"), live.at("spec").text("restartPolicy")
    if policy in ("Never", "OnFailure"):
        return progressing(Reason.RUNS_TO_COMPLETION, f"it runs to its end (restartPolicy {policy})")
    found = conditions(status)
    if holds(found, "Ready"):
        return healthy(Reason.READY, "it is ready")
    return _find_end(status) or progressing(Reason.NOT_READY, _describe_unready(status, found.get("Ready")))


def _find_end(status: Fields) -> Health | None:
    """A container that ended and is not ready again: told between two crashes too, so that a loop does not flap."""
    for box in status.each("containerStatuses"):
        end = _describe_end("", box.at("state")) or _describe_end("", box.at("lastState"))
        if end and not box.is_true("ready"):
            message = f"container {box.phrase('name')}: {end} ({count(box.count('restartCount'), 'restart')})"
            return degraded(Reason.CONTAINER_TERMINATED, message)
    return None


def _describe_unready(status: Fields, ready: Condition | None) -> str:
    names = [box.phrase("name") for box in status.each("containerStatuses") if not box.is_true("ready")]
    if names:
        return f"not ready: {', '.join(names)}"
    return str(ready) if ready else "it does not yet say that it is ready"


def _describe_end(name: str, state: Fields) -> str:
    """How a container ended; empty where it did not, or where it ended well and `name` says whose end is told."""
    if not state.has("terminated"):
        return ""
    terminated = state.at("terminated")
    code = terminated.count("exitCode")
    if name and code == 0:
        return ""
    reason = terminated.phrase("reason")
    return f"{name + ' ' if name else ''}ended with exit code {code}{f' ({reason})' if reason else ''}"


def _containers(status: Fields) -> Iterator[tuple[str, Fields]]:
    """Each container's status with the words that name it."""
    for box in status.each("initContainerStatuses"):
        yield f"init container {box.phrase('name')}", box
    for box in status.each("containerStatuses"):
        yield f"container {box.phrase('name')}", box

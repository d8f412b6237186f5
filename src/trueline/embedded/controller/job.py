"""Jobs: pods until as many have succeeded as are wanted, or too many have failed."""

from datetime import datetime
from typing import Any

from trueline.embedded.controller.hand import Hand, conditions, digest
from trueline.embedded.controller.replica import PODS, is_ended, make_pod
from trueline.embedded.store import Kept


async def look(hand: Hand, kept: Kept) -> None:
    """The next pods of a job, or its end."""
    spec, status = kept.body["spec"], kept.body.get("status", {})
    if kept.metadata.deletion_timestamp or spec.get("suspend"):
        return
    if ended := _ended(status):
        await _clean_up(hand, kept, ended)
        return
    if not status.get("startTime"):
        await hand.patch(kept, {"status": {"startTime": hand.now()}}, "status")
        return
    pods = hand.owned(kept.metadata, PODS)
    succeeded = _count(pods, "Succeeded")
    failed = _count(pods, "Failed")
    wanted = spec.get("completions", 1)
    if failed > spec.get("backoffLimit", 6):
        await _end(hand, kept, succeeded, failed, "Failed")
    elif succeeded >= wanted:
        await _end(hand, kept, succeeded, failed, "Complete")
    else:
        await _go_on(hand, kept, pods, wanted - succeeded)


def _ended(status: dict[str, Any]) -> str:
    """When it ended; empty while it runs."""
    found = status.get("conditions") or ()
    times = [c["lastTransitionTime"] for c in found if c["type"] in {"Complete", "Failed"} and c["status"] == "True"]
    return times[0] if times else ""


async def _clean_up(hand: Hand, kept: Kept, ended: str) -> None:
    """Delete it when its time is over."""
    if (most_s := kept.body["spec"].get("ttlSecondsAfterFinished")) is None:
        return
    left_s = most_s - (hand.front.clock.now() - datetime.fromisoformat(ended)).total_seconds()
    if left_s > 0:
        hand.look_after(kept.key, left_s)
    else:
        await hand.delete(kept, propagationPolicy="Foreground")


def _count(pods: list[Kept], phase: str) -> int:
    return sum(pod.body.get("status", {}).get("phase") == phase for pod in pods)


async def _go_on(hand: Hand, kept: Kept, pods: list[Kept], missing: int) -> None:
    active = sum(not is_ended(pod) for pod in pods)
    for number in range(min(kept.body["spec"].get("parallelism", 1), missing) - active):
        name = f"{kept.metadata.name[:240]}-{digest(kept.metadata.uid, len(pods) + number, letters=5)}"
        if await make_pod(hand, kept, name):
            break
        active += 1
    if now := hand.get(kept.key):
        status = {"active": active, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {}}
        await hand.patch(now, {"status": status}, "status")


async def _end(hand: Hand, kept: Kept, succeeded: int, failed: int, kind: str) -> None:
    reason = "CompletionsReached" if kind == "Complete" else "BackoffLimitExceeded"
    first = "SuccessCriteriaMet" if kind == "Complete" else "FailureTarget"
    message = (
        "Reached expected number of succeeded pods"
        if kind == "Complete"
        else "Job has reached the specified backoff limit"
    )
    said = [{"type": name, "status": "True", "reason": reason, "message": message} for name in (first, kind)]
    now = hand.now()
    status: dict[str, Any] = {
        "active": None,
        "ready": 0,
        "terminating": 0,
        "succeeded": succeeded,
        "failed": failed or None,
        "uncountedTerminatedPods": {},
        "conditions": conditions(kept, now, said, "lastTransitionTime", "lastProbeTime"),
    }
    if kind == "Complete":
        status["completionTime"] = now
    await hand.patch(kept, {"status": status}, "status")

"""Health of a claim to storage."""

from trueline.health.field import Fields, Malformed
from trueline.health.reason import Reason
from trueline.health.status import Health, degraded, healthy, progressing, unknown


def judge_claim(live: Fields) -> Health:
    """By phase. Pending is no error: a class may bind only when the first Pod uses the claim."""
    status = live.at("status")
    match status.text("phase"):
        case "Bound":
            return _judge_resize(live)
        case "Lost":
            return degraded(Reason.LOST, f"its volume {live.at('spec').phrase('volumeName')} is gone")
        case "Pending" | "":
            return progressing(Reason.VOLUME_PENDING, _describe_wait(live.at("spec")))
        case _:
            return unknown(Reason.PHASE_UNKNOWN, f"the phase {status.phrase('phase')} is not known")


def _describe_wait(spec: Fields) -> str:
    name = spec.phrase("storageClassName")
    of_class = f" of class {name}" if name else ""
    return f"no volume{of_class} is bound yet; with WaitForFirstConsumer it is bound when a Pod first uses the claim"


def _judge_resize(live: Fields) -> Health:
    resizes = live.at("status", "allocatedResourceStatuses")
    for name, state in resizes.body.items():
        if not isinstance(state, str):
            raise Malformed(f"{resizes.path}.{name}", "a text", state)
        if state.endswith("Infeasible"):
            return degraded(Reason.RESIZE_FAILED, f"the volume cannot have the size asked for: {resizes.phrase(name)}")
    return healthy(Reason.BOUND, f"it is bound to {live.at('spec').phrase('volumeName') or 'a volume'}")

"""Health of what the API itself is made of: CustomResourceDefinition, APIService, Namespace."""

from trueline.health.field import Condition, Fields, conditions, fails, holds
from trueline.health.reason import Reason
from trueline.health.status import Health, degraded, healthy, progressing


def judge_definition(live: Fields) -> Health:
    """A CustomResourceDefinition: names first, for what is not accepted is never established."""
    found = conditions(live.at("status"))
    terminating = holds(found, "Terminating")
    if terminating:
        return progressing(Reason.BEING_DELETED, f"it is being deleted; {terminating}")
    refused = fails(found, "NamesAccepted")
    if refused:
        return degraded(Reason.NAMES_NOT_ACCEPTED, str(refused))
    established = found.get("Established")
    if established and established.is_true:
        return healthy(Reason.ESTABLISHED, "its objects can be stored")
    if established and established.is_false and established.reason != "Installing":
        return degraded(Reason.NOT_ESTABLISHED, str(established))
    return progressing(Reason.NOT_ESTABLISHED, "the server does not serve it yet")


def judge_api_service(live: Fields) -> Health:
    """Not available is on its way: what serves it has a health of its own."""
    available = conditions(live.at("status")).get("Available")
    if available is None:
        return progressing(Reason.NOT_AVAILABLE, "the server has not looked at it yet")
    if available.is_true:
        return healthy(Reason.AVAILABLE, str(available))
    return progressing(Reason.NOT_AVAILABLE, str(available))


def judge_namespace(live: Fields) -> Health:
    """Active, or on its way out with what holds it there."""
    status = live.at("status")
    if status.text("phase") != "Terminating" and not live.at("metadata").has("deletionTimestamp"):
        return healthy(Reason.ACTIVE, "it is active")
    blocks = [str(condition) for condition in conditions(status).values() if _is_block(condition)]
    return progressing(Reason.BEING_DELETED, "; ".join(["it is being deleted", *blocks[:4]]))


def _is_block(condition: Condition) -> bool:
    return condition.is_true and condition.kind.startswith("Namespace")

"""CustomResourceDefinitions: their names are accepted, they are served, and they end with their objects."""

from collections.abc import Iterator

from trueline.embedded.controller.hand import Hand, conditions
from trueline.embedded.kind import Catalogue, from_definition
from trueline.embedded.store import Event, Kept

_PREFIX = "/apiextensions.k8s.io/customresourcedefinitions/"
_CLEANUP = "customresourcecleanup.apiextensions.k8s.io"


def serve(catalogue: Catalogue, event: Event) -> None:
    """Serve what a definition says, from the moment it is written."""
    if event.key.startswith(_PREFIX):
        catalogue.define(event.key, from_definition(event.after.body, event.key) if event.after else ())


def of(catalogue: Catalogue, key: str) -> Iterator[str]:
    """The definition of a custom resource, which may wait for the end of its last one."""
    prefix = "/".join(key.split("/")[:3])
    return (r.definition for r in catalogue.all() if r.definition and r.prefix == prefix)


async def look(hand: Hand, kept: Kept) -> None:
    """Accept a definition's names and establish it, or end it."""
    if kept.metadata.deletion_timestamp:
        await _end(hand, kept)
        return
    if _CLEANUP not in kept.metadata.finalizers:
        await hand.patch(kept, {"metadata": {"finalizers": [*kept.metadata.finalizers, _CLEANUP]}})
        return
    rival = _rival(hand, kept)
    if rival:
        wanted = [
            {"type": "NamesAccepted", "status": "False", "reason": "KindConflict", "message": rival},
            {
                "type": "Established",
                "status": "False",
                "reason": "NotAccepted",
                "message": "not all names are accepted",
            },
        ]
        accepted = {"plural": "", "kind": ""}
    else:
        wanted = [
            {"type": "NamesAccepted", "status": "True", "reason": "NoConflicts", "message": "no conflicts found"},
            {
                "type": "Established",
                "status": "True",
                "reason": "InitialNamesAccepted",
                "message": "the initial names have been accepted",
            },
        ]
        accepted = kept.body["spec"]["names"]
    status = {"acceptedNames": accepted, "conditions": conditions(kept, hand.now(), wanted)}
    await hand.patch(kept, {"status": status}, "status")


def _rival(hand: Hand, kept: Kept) -> str:
    spec = kept.body["spec"]
    for other in hand.under(_PREFIX):
        theirs = other.body["spec"]
        accepted = other.body.get("status", {}).get("acceptedNames", {})
        is_other = other.key != kept.key and theirs["group"] == spec["group"]
        if is_other and accepted.get("kind") in {spec["names"]["kind"], spec["names"].get("listKind")}:
            return f'"{spec["names"]["kind"]}" is already in use'
    return ""


async def _end(hand: Hand, kept: Kept) -> None:
    if _CLEANUP not in kept.metadata.finalizers:
        return
    spec, left = kept.body["spec"], False
    for custom in hand.under(f"/{spec['group']}/{spec['names']['plural']}/"):
        if not custom.metadata.deletion_timestamp:
            await hand.delete(custom, propagationPolicy="Background")
        left = left or hand.get(custom.key) is not None
    now = hand.get(kept.key)
    if not left and now is not None:
        await hand.release(now, _CLEANUP)


async def end(hand: Hand, kept: Kept) -> None:
    """Nothing is done for objects without a controller."""

"""What goes over the wire, decoded no further than it is read: bodies, field sets and items stay raw."""

from typing import Final, TypeVar

import msgspec

T = TypeVar("T")
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""Client-side apply keeps a copy of the object in an annotation, a Secret's too."""


class ManagedFields(msgspec.Struct, gc=False, frozen=True):
    """One manager's entry; the field set stays as the server wrote it."""

    manager: str = ""
    operation: str = ""
    subresource: str = ""
    apiVersion: str = ""
    time: str = ""
    fieldsV1: msgspec.Raw = msgspec.Raw(b"{}")


class OwnerReference(msgspec.Struct, gc=False, frozen=True):
    """Who an object belongs to."""

    apiVersion: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class ObjectMeta(msgspec.Struct, gc=False, frozen=True):
    """What every object has. A server may write `null` where nothing stands."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resourceVersion: str = ""
    generation: int = 0
    creationTimestamp: str | None = None
    deletionTimestamp: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    managedFields: list[ManagedFields] | None = None
    ownerReferences: list[OwnerReference] | None = None
    finalizers: list[str] | None = None


class PartialObject(msgspec.Struct, gc=False, frozen=True):
    """An object as far as its metadata; a whole object decodes to it too."""

    kind: str = ""
    apiVersion: str = ""
    metadata: ObjectMeta = ObjectMeta()


class ListMeta(msgspec.Struct, gc=False, frozen=True, rename={"continue_token": "continue"}):
    """Where a list stands in time, and what asks for its next page."""

    resourceVersion: str = ""
    continue_token: str = ""


class ObjectList(msgspec.Struct, gc=False, frozen=True):
    """One page of a list. Items of a typed list carry neither kind nor API version."""

    kind: str = ""
    metadata: ListMeta = ListMeta()
    items: list[msgspec.Raw] | None = None


class WatchEvent(msgspec.Struct, gc=False, frozen=True):
    """One line of a watch."""

    type: str
    object: msgspec.Raw


class StatusCause(msgspec.Struct, gc=False, frozen=True):
    """One of the reasons of a refusal."""

    reason: str = ""
    message: str = ""
    field: str = ""


class StatusDetails(msgspec.Struct, gc=False, frozen=True):
    """What a refusal is about."""

    name: str = ""
    group: str = ""
    kind: str = ""
    uid: str = ""
    causes: list[StatusCause] | None = None
    retryAfterSeconds: int = 0


class Status(msgspec.Struct, gc=False, frozen=True):
    """The server's word where there is no object to answer with."""

    kind: str = ""
    status: str = ""
    message: str = ""
    reason: str = ""
    code: int = 0
    details: StatusDetails | None = None


_object = msgspec.json.Decoder(PartialObject)
_list = msgspec.json.Decoder(ObjectList)
_event = msgspec.json.Decoder(WatchEvent)
_status = msgspec.json.Decoder(Status)


def uncopied(seen: PartialObject) -> PartialObject:
    """An object's metadata without the copy of the object that client-side apply keeps in it."""
    annotations = seen.metadata.annotations
    if annotations is None or LAST_APPLIED not in annotations:
        return seen
    kept = {name: value for name, value in annotations.items() if name != LAST_APPLIED}
    metadata = msgspec.structs.replace(seen.metadata, annotations=kept)
    return msgspec.structs.replace(seen, metadata=metadata)


def decode_object(body: bytes | msgspec.Raw) -> PartialObject:
    """The metadata of an object.

    Raises:
        msgspec.DecodeError: it is not JSON, nested without end, or not an object's.

    """
    return _decoded(_object, body)


def decode_list(body: bytes) -> ObjectList:
    """One page of a list; raises as `decode_object`."""
    return _decoded(_list, body)


def decode_event(line: bytes) -> WatchEvent:
    """One line of a watch; raises as `decode_object`."""
    return _decoded(_event, line)


def decode_status(body: bytes | msgspec.Raw) -> Status:
    """A refusal; raises as `decode_object`."""
    return _decoded(_status, body)


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """What is nested too deep is no answer of the API, and no fault of ours (INV-30)."""
    try:
        return decoder.decode(body)
    except RecursionError:
        raise msgspec.DecodeError("it is nested too deep") from None


def encode(value: object) -> bytes:
    """JSON of what we send."""
    return msgspec.json.encode(value)

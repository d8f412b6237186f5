"""In which form an answer is wanted: the object, its metadata, or what only the toolbox can make (a table)."""

from collections.abc import Mapping
from enum import Enum

from trueline.embedded.kind import Resource
from trueline.embedded.store import Kept


class Form(Enum):
    """The forms of an answer."""

    WHOLE = "whole"
    METADATA = "metadata"
    OTHER = "other"


def wanted(headers: Mapping[str, str]) -> Form:
    """The form that the first clause of `Accept` asks for.

    >>> wanted({"accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"})
    <Form.METADATA: 'metadata'>
    """
    accept = next((value for name, value in headers.items() if name.lower() == "accept"), "")
    first, *more = [part.strip() for part in accept.split(",")]
    media, *parameters = [part.strip() for part in first.split(";")]
    options = dict(part.split("=", 1) for part in parameters if "=" in part)
    if media.startswith("application/vnd.kubernetes.protobuf") and more:
        return wanted({"accept": ",".join(more)})
    if media not in {"", "*/*", "application/*", "application/json"}:
        return Form.OTHER
    match options.get("as", ""):
        case "":
            return Form.WHOLE
        case "PartialObjectMetadata" | "PartialObjectMetadataList" if options.get("v", "v1") == "v1":
            return Form.METADATA
        case _:
            return Form.OTHER


def form_of(headers: Mapping[str, str], resource: Resource) -> Form:
    """The form that is wanted; another version than the kept one is for the toolbox."""
    form = wanted(headers)
    return Form.OTHER if form is Form.WHOLE and resource.stored != resource.api_version else form


def shown(kept: Kept, form: Form) -> bytes:
    """One object in a form that can be made here."""
    if form is Form.METADATA:
        metadata = bytes(kept.envelope.metadata)
        return b'{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":' + metadata + b"}"
    return kept.raw


def as_item(kept: Kept, form: Form, resource: Resource) -> bytes:
    """One object of a list: those of built-in kinds say nothing of kind and version there."""
    head = f'{{"kind":"{resource.kind}","apiVersion":"{resource.api_version}",'.encode()
    if form is Form.WHOLE and not resource.definition and kept.raw.startswith(head):
        return b"{" + kept.raw[len(head) :]
    return shown(kept, form)

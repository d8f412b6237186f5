"""A declared body as it may be sent: without what is the server's, without what would own fields by saying nothing.

`stringData` would hide `data` (D5), so it becomes `data` here. Nothing else of what the user wrote is changed.
"""

import base64
from typing import Any

from trueline.target.kubernetes.mark import LABEL
from trueline.target.kubernetes.mask import is_secret
from trueline.target.kubernetes.resource_type import ResourceType

_OF_THE_SERVER = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "namespace",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)


def cleaned(body: dict[str, Any], resource_type: ResourceType, *, name: str, namespace: str) -> dict[str, Any]:
    """A body with its final name and namespace.

    `null` of a custom resource is kept, for there it may be a value; elsewhere it says nothing and would yet be owned.
    """
    kept = body if _is_custom(resource_type.group) else _without_null(body)
    kept = _with_data(kept) if is_secret(kept) else kept
    if "status" in resource_type.subresources:
        kept = {key: value for key, value in kept.items() if key != "status"}
    declared = kept.get("metadata")
    metadata = _without_empty(_without_null(declared)) if isinstance(declared, dict) else {}
    metadata = {key: value for key, value in metadata.items() if key not in _OF_THE_SERVER}
    metadata = {**metadata, "name": name, **({"namespace": namespace} if namespace else {})}
    return {**kept, "metadata": metadata}


def declared_mark(body: dict[str, Any]) -> str | None:
    """The mark that a manifest says of itself, whatever its type."""
    labels = body["metadata"].get("labels")
    value = labels.get(LABEL) if isinstance(labels, dict) else None
    return None if value is None else str(value)


def marked(body: dict[str, Any], mark: str) -> dict[str, Any]:
    """A body with our mark; labels of a wrong type are left for the schema to complain of."""
    labels = body["metadata"].get("labels", {})
    if not isinstance(labels, dict):
        return body
    return {**body, "metadata": {**body["metadata"], "labels": {**labels, LABEL: mark}}}


def _is_custom(group: str) -> bool:
    return "." in group and not group.endswith(".k8s.io")


def _without_null(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_null(each) for key, each in value.items() if each is not None}
        case list():
            return [_without_null(each) for each in value]
        case _:
            return value


def _without_empty(metadata: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in metadata.items() if value not in ({}, [])}


def _with_data(body: dict[str, Any]) -> dict[str, Any]:
    """`stringData` wins over `data`, as on the server; a value of a wrong type stays for the schema."""
    plain, data = body.get("stringData"), body.get("data", {})
    if not isinstance(plain, dict) or not isinstance(data, dict) or not all(isinstance(v, str) for v in plain.values()):
        return body
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
    rest = {key: value for key, value in body.items() if key not in {"stringData", "data"}}
    return {**rest, "data": {**data, **encoded}} if data or encoded else rest

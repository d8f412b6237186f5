"""What may be shown of a body. The values of a Secret never leave this adapter, wherever they stand in the object."""

from typing import Any

from trueline.model.masked import MASK

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_VALUES = ("data", "stringData")


def is_secret(body: Any) -> bool:
    """Whether a body is a Secret's."""
    return isinstance(body, dict) and body.get("kind") == "Secret" and body.get("apiVersion") == "v1"


def masked(body: dict[str, Any]) -> dict[str, Any]:
    """A body with each value of a Secret as `***` (INV-25), also in the copy that client-side apply keeps.

    >>> masked({"apiVersion": "v1", "kind": "Secret", "data": {"k": "aHVudGVyMg=="}})
    {'apiVersion': 'v1', 'kind': 'Secret', 'data': {'k': '***'}}
    """
    if not is_secret(body):
        return body
    hidden = {key: _hidden(value) if key in _VALUES and value is not None else value for key, value in body.items()}
    metadata = hidden.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(metadata, dict) and isinstance(annotations, dict) and LAST_APPLIED in annotations:
        hidden["metadata"] = {**metadata, "annotations": {**annotations, LAST_APPLIED: MASK}}
    return hidden


def _hidden(value: Any) -> Any:
    return dict.fromkeys(value, MASK) if isinstance(value, dict) else MASK

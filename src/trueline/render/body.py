"""The body of a resource as it is sent: what a manifest says, without what only a server writes (D5). Pure.

`null` outside `metadata` stays: server-side apply takes such a field into the applier's set and unsets it.
"""

import base64
from typing import Any, Final

from trueline.model.pointer import Path

_SERVERS_OWN: Final = frozenset(
    {"creationTimestamp", "managedFields", "resourceVersion", "uid", "generation", "selfLink"}
)


def normal(value: dict[str, Any]) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """The body, and the paths in `stringData` that hold no string.

    >>> normal({"kind": "ConfigMap", "metadata": {"name": "a", "labels": {}, "uid": "1"}, "status": {}})
    ({'kind': 'ConfigMap', 'metadata': {'name': 'a'}}, ())
    """
    body = {name: part for name, part in value.items() if name != "status"}
    metadata = {name: part for name, part in body.get("metadata", {}).items() if name not in _SERVERS_OWN}
    body["metadata"] = _without_empty(metadata)
    if is_secret(body) and "stringData" in body:
        return _encoded(body)
    return body, ()


def is_secret(body: dict[str, Any]) -> bool:
    """Whether `stringData` means something here."""
    return body.get("apiVersion") == "v1" and body.get("kind") == "Secret"


def applied_pointer(body: dict[str, Any], pointer: str) -> str:
    """Where a field of the manifest stands in the body, both as JSON pointers."""
    if is_secret(body) and (pointer == "/stringData" or pointer.startswith("/stringData/")):
        return f"/data{pointer.removeprefix('/stringData')}"
    return pointer


def _without_empty(value: dict[str, Any]) -> dict[str, Any]:
    inner = {name: _without_empty(part) if isinstance(part, dict) else part for name, part in value.items()}
    return {name: part for name, part in inner.items() if part is not None and part not in ({}, [])}


def _encoded(body: dict[str, Any]) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """`stringData` hides `data` from the field set, so it is turned into it; it wins, as on the server."""
    clear = body.pop("stringData")
    if clear is None:
        return body, ()
    if not isinstance(clear, dict):
        return body, (("stringData",),)
    wrong = tuple(("stringData", name) for name, text in clear.items() if not isinstance(text, str))
    encoded = {name: base64.b64encode(text.encode()).decode() for name, text in clear.items() if isinstance(text, str)}
    data = body.get("data")
    if data is None or isinstance(data, dict):
        body["data"] = {**(data or {}), **encoded}
    return body, wrong

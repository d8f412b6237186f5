"""What may be shown of a body. The values of a Secret never leave this adapter, wherever they stand in the object."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, TypeAlias

from trueline.model.masked import MASK
from trueline.render.private import is_private
from trueline.target.kubernetes.wire import LAST_APPLIED

_VALUES = ("data", "stringData")
_HEAD = frozenset({"apiVersion", "kind"})
_CALLED = frozenset({"name", "generateName", "namespace", "uid", "resourceVersion", "generation"})
Fingerprint: TypeAlias = Callable[[bytes], str]
"""A short name of a value under a key of ours: equal values have equal names, and no name tells its value. Where else
the value stands may follow it."""


def is_secret(body: Any) -> bool:
    """Whether a body is a Secret's."""
    return isinstance(body, dict) and body.get("kind") == "Secret" and body.get("apiVersion") == "v1"


def masked(body: dict[str, Any], fingerprint: Fingerprint | None = None) -> dict[str, Any]:
    """A body with each value of a Secret as `***` (INV-25), also in the copy that client-side apply keeps.

    With `fingerprint` a value's name follows the stars, the same for `data` and `stringData`.

    >>> masked({"apiVersion": "v1", "kind": "Secret", "data": {"k": "aHVudGVyMg=="}})
    {'apiVersion': 'v1', 'kind': 'Secret', 'data': {'k': '***'}}
    """
    if not is_secret(body):
        return _veiled(body, fingerprint) if is_private(body) else body
    hidden = {
        key: _hidden(value, fingerprint) if key in _VALUES and value is not None else value
        for key, value in body.items()
    }
    metadata = hidden.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(metadata, dict) and isinstance(annotations, dict) and LAST_APPLIED in annotations:
        hidden["metadata"] = {**metadata, "annotations": {**annotations, LAST_APPLIED: MASK}}
    return hidden


def _veiled(body: dict[str, Any], fingerprint: Fingerprint | None) -> dict[str, Any]:
    """Of an object that is no Secret and holds an encrypted value, no text or number is shown but what it is called.

    A label may hold the value, and a status repeat it.
    """
    shown = {key: value if key in _HEAD else _covered(value, fingerprint) for key, value in body.items()}
    called = {key: value for key, value in body["metadata"].items() if key in _CALLED}
    return {**shown, "metadata": {**shown["metadata"], **called}}


def _covered(value: Any, fingerprint: Fingerprint | None) -> Any:
    match value:
        case dict():
            return {key: _covered(one, fingerprint) for key, one in value.items()}
        case list():
            return [_covered(one, fingerprint) for one in value]
        case str():
            return _named(value, fingerprint)
        case int() | float() if not isinstance(value, bool):
            return MASK
        case _:
            return value


def _hidden(value: Any, fingerprint: Fingerprint | None) -> Any:
    if not isinstance(value, dict):
        return MASK
    return {key: _named(one, fingerprint) for key, one in value.items()}


def _named(value: Any, fingerprint: Fingerprint | None) -> str:
    if fingerprint is None or not isinstance(value, str):
        return MASK
    return f"{MASK} ({fingerprint(raw(value))})"


def raw(value: str) -> bytes:
    """The bytes of a value as `data` has it, or as it stands where it is no base64."""
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return value.encode()

"""What somebody put in the place of ours (D5): to edit the key of a list's item removes ours and adds another.

To apply ours again would leave the other beside it, or be refused. The same goes for a field of a union, such as the
handler of a probe; but in a map two fields usually stand side by side, so there only a refusal tells. Pure: it reads
field sets and the declared body.
"""

from typing import Any

import msgspec

from trueline.target.kubernetes.field_set import Fields

_KEY = "k:"
_FIELD = "f:"
_ITSELF = "."
_METADATA = "f:metadata"


def displaced(theirs: Fields, ours: Fields, body: Any, *, unions: bool = False) -> Fields:
    """What they own and is not declared, in lists where a declared item is no longer ours; `unions`: in maps too.

    >>> theirs = {"f:ports": {'k:{"port":81}': {".": {}, "f:port": {}}}}
    >>> displaced(theirs, {}, {"ports": [{"port": 80}]})
    {'f:ports': {'k:{"port":81}': {'.': {}, 'f:port': {}}}}
    >>> displaced(theirs, {"f:ports": {'k:{"port":80}': {}}}, {"ports": [{"port": 80}]})
    {}
    >>> probe = {"f:probe": {"f:tcpSocket": {"f:port": {}}}}
    >>> declared = {"probe": {"httpGet": {"port": 80}}}
    >>> displaced(probe, {}, declared), displaced(probe, {}, declared, unions=True)
    ({}, {'f:probe': {'f:tcpSocket': {'f:port': {}}}})
    """
    parts = {step: _below(step, theirs, ours, body, unions=unions) for step in theirs if step != _METADATA}
    return {step: part for step, part in parts.items() if part}


def _below(step: str, theirs: Fields, ours: Fields, body: dict[str, Any], *, unions: bool) -> Fields:
    """The part of what stands below a field of a map that is declared."""
    name, below, own = step.removeprefix(_FIELD), theirs[step], ours.get(step) or {}
    match body.get(name) if step.startswith(_FIELD) else None:
        case list() as items:
            return _of_list(below, own, items, unions=unions)
        case dict() as fields:
            return _of_map(below, own, fields, unions=unions)
        case _:
            return {}


def _of_map(theirs: Fields, ours: Fields, body: dict[str, Any], *, unions: bool) -> Fields:
    has_lost = unions and any(f"{_FIELD}{name}" not in ours for name in body)
    found = {}
    for step, below in theirs.items():
        name = step.removeprefix(_FIELD)
        if step.startswith(_FIELD) and name not in body and has_lost and step not in ours:
            found[step] = below
        elif part := _below(step, theirs, ours, body, unions=unions):
            found[step] = part
    return found


def _of_list(theirs: Fields, ours: Fields, body: list[Any], *, unions: bool) -> Fields:
    has_lost = sum(step.startswith(_KEY) for step in ours) < len(body)
    found = {}
    for step, below in theirs.items():
        if not step.startswith(_KEY):
            continue
        declared = _declared(step, body)
        if declared is not None:
            if part := _of_map(below, ours.get(step) or {}, declared, unions=unions):
                found[step] = part
        elif has_lost and step not in ours:
            found[step] = below or {_ITSELF: {}}
    return found


def _declared(step: str, body: list[Any]) -> dict[str, Any] | None:
    """The declared item of that key; a key field that it does not name has the server's default."""
    key: dict[str, Any] = msgspec.json.decode(step.removeprefix(_KEY), type=dict[str, Any])
    items = (item for item in body if isinstance(item, dict))
    return next((item for item in items if all(item.get(name, value) == value for name, value in key.items())), None)


def without(fields: Fields, taken: Fields) -> Fields:
    """A set without what was taken of it.

    >>> without({"f:a": {"f:x": {}, "f:y": {}}, "f:b": {}}, {"f:a": {"f:x": {}}})
    {'f:a': {'f:y': {}}, 'f:b': {}}
    """
    left = {}
    for step, below in fields.items():
        part = taken.get(step)
        if part is None:
            left[step] = below
        elif part and (rest := without(below, part)):
            left[step] = rest
    return left

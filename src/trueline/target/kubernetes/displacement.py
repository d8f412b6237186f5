"""What somebody put in the place of ours (D5): to edit the key of a list's item removes ours and adds another.

To apply ours again would leave the other beside it, or be refused. The same goes for a field of a union, such as the
handler of a probe; but in a map two fields usually stand side by side, so there only a refusal tells. And what somebody
put beside ours, where Git does not want that. Pure: it reads field sets and the declared body.
"""

from typing import Any, assert_never

import msgspec

from trueline.target.kubernetes.field_set import Fields
from trueline.target.reclaim import Reclaim

_KEY = "k:"
_VALUE = "v:"
_FIELD = "f:"
_ITSELF = "."
_METADATA = "f:metadata"
_STATUS = "f:status"


def reclaimed(theirs: Fields, ours: Fields, body: dict[str, Any], extent: Reclaim) -> Fields:
    """What of theirs shall be ours, so that the next apply of the body takes it away."""
    match extent:
        case Reclaim.ITEMS | Reclaim.FIELDS:
            return displaced(theirs, ours, body, unions=extent is Reclaim.FIELDS)
        case Reclaim.ALL:
            return undeclared(theirs, ours, body)
        case _:
            assert_never(extent)


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


_DEFAULTS = {"protocol": "TCP"}
"""What a list's key has where nobody names it; of Kubernetes' own kinds, ports alone have such a one."""


def _declared(step: str, body: list[Any]) -> dict[str, Any] | None:
    """The declared item of that key; a key field that it does not name has the server's default, or may be anything."""
    key: dict[str, Any] = msgspec.json.decode(step.removeprefix(_KEY), type=dict[str, Any])
    return next((item for item in body if isinstance(item, dict) and _has_key(item, key)), None)


def _has_key(item: dict[str, Any], key: dict[str, Any]) -> bool:
    return all(item.get(name, _DEFAULTS.get(name, value)) == value for name, value in key.items())


def undeclared(theirs: Fields, ours: Fields, body: dict[str, Any]) -> Fields:
    """What they own, is not ours and is not declared; `metadata` and `status` are everybody's.

    >>> theirs = {"f:metadata": {"f:labels": {"f:l": {}}}, "f:data": {".": {}, "f:a": {}, "f:b": {}, "f:c": {}}}
    >>> undeclared(theirs, {"f:data": {"f:b": {}}}, {"data": {"a": "1"}})
    {'f:data': {'f:c': {}}}
    """
    spoken_of = {step: below for step, below in theirs.items() if step not in {_METADATA, _STATUS}}
    return _beyond(spoken_of, ours, body)


_NOT_DECLARED = object()


def _beyond(theirs: Fields, ours: Fields, body: Any) -> Fields:
    found = {}
    for step, below in theirs.items():
        own = ours.get(step)
        declared = _at(step, body)
        if step == _ITSELF or own == {} or (declared is not _NOT_DECLARED and not below):
            continue
        if declared is _NOT_DECLARED and own is None:
            found[step] = below
        elif part := _beyond(below, own or {}, declared):
            found[step] = part
    return found


def _at(step: str, body: Any) -> Any:
    """What is declared at a step; a declared leaf, or what cannot be told, holds everything below it."""
    if body is _NOT_DECLARED:
        return body
    found: Any = body
    match body:
        case dict() if step.startswith(_FIELD):
            found = body.get(step.removeprefix(_FIELD))
        case list() if step.startswith(_KEY):
            found = _declared(step, body)
        case list() if step.startswith(_VALUE):
            found = True if msgspec.json.decode(step.removeprefix(_VALUE)) in body else None
    return _NOT_DECLARED if found is None else found


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

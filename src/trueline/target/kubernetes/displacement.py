"""Items that somebody put in the place of ours (D5): to edit the key of a list's item removes ours and adds another.

To apply ours again would leave the other beside it, or be refused. Pure: it reads field sets and the declared body.
"""

from typing import Any

import msgspec

from trueline.target.kubernetes.field_set import Fields

_KEY = "k:"
_FIELD = "f:"
_ITSELF = "."


def displaced(theirs: Fields, ours: Fields, body: Any) -> Fields:
    """What they own of items that are not declared, in lists where a declared item is no longer ours.

    >>> theirs = {"f:ports": {'k:{"port":81}': {".": {}, "f:port": {}}}}
    >>> displaced(theirs, {}, {"ports": [{"port": 80}]})
    {'f:ports': {'k:{"port":81}': {'.': {}, 'f:port': {}}}}
    >>> displaced(theirs, {"f:ports": {'k:{"port":80}': {}}}, {"ports": [{"port": 80}]})
    {}
    """
    if isinstance(body, list):
        return _of_list(theirs, ours, body)
    found = {}
    for step, below in theirs.items():
        name = step.removeprefix(_FIELD)
        if step.startswith(_FIELD) and isinstance(body, dict) and name in body:
            part = displaced(below, ours.get(step) or {}, body[name])
            if part:
                found[step] = part
    return found


def _of_list(theirs: Fields, ours: Fields, body: list[Any]) -> Fields:
    has_lost = sum(step.startswith(_KEY) for step in ours) < len(body)
    found = {}
    for step, below in theirs.items():
        if not step.startswith(_KEY):
            continue
        declared = _declared(step, body)
        if declared is not None:
            part = displaced(below, ours.get(step) or {}, declared)
        else:
            part = below or {_ITSELF: {}} if has_lost and step not in ours else {}
        if part:
            found[step] = part
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

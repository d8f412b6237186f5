"""An object field by field: what is declared, what is live, and which managers own it there. Pure.

The elements of a list are named by the keys that the field sets name them by; a list without such keys is one value.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from trueline.model import field_path
from trueline.model.field_path import Path, Step
from trueline.target.insight import FieldSight
from trueline.target.kubernetes.difference import is_within
from trueline.target.kubernetes.field_set import Fields, leaves, union
from trueline.target.kubernetes.wire import ManagedFields

FIELDS_MAX = 2_000

_SELF = "."
_CALLED = frozenset({("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")})
_SERVERS = (("status",), ("metadata", "managedFields"))


def field_view(
    declared: Mapping[str, Any] | None,
    live: Mapping[str, Any],
    entries: Sequence[ManagedFields],
    *,
    manager: str,
    shown: tuple[Mapping[str, Any] | None, Mapping[str, Any]],
) -> tuple[tuple[FieldSight, ...], int]:
    """Declared fields in their order, then what others have there; `shown` are both objects as people may see them.

    What only `manager`, who applies what is declared, owns and stands there in another form was written so by the
    server itself (`1000m` as `1`): that is the same. At most `FIELDS_MAX`, and how many there are.
    """
    owners, whole = _owners(entries)
    paths = dict.fromkeys(_declared_paths(declared, whole) if declared else ())
    for path in sorted(owners, key=field_path.text):
        if not any(path[:length] in paths for length in range(1, len(path) + 1)) and _is_above_none(path, paths):
            paths.setdefault(path)
    wanted = [path for path in paths if not _is_servers(path)]
    fields = tuple(
        _sight(path, (declared or {}, live), shown, _managers(path, owners), manager) for path in wanted[:FIELDS_MAX]
    )
    return fields, len(wanted)


def _sight(
    path: Path,
    real: tuple[Mapping[str, Any], Mapping[str, Any]],
    shown: tuple[Mapping[str, Any] | None, Mapping[str, Any]],
    managers: tuple[str, ...],
    manager: str,
) -> FieldSight:
    said, seen = field_path.find(real[0], path), field_path.find(real[1], path)
    is_same = bool(said and seen) and (said == seen or (managers == (manager,) and is_within(said[0], seen[0])))
    return FieldSight(
        path=field_path.text(path),
        is_declared=bool(said),
        is_live=bool(seen),
        declared=next(iter(field_path.find(shown[0] or {}, path)), None),
        live=next(iter(field_path.find(shown[1], path)), None),
        is_same=is_same,
        managers=managers,
    )


def _owners(entries: Iterable[ManagedFields]) -> tuple[dict[Path, set[str]], Fields]:
    """Who owns each leaf, and what is owned by anybody."""
    owners: dict[Path, set[str]] = {}
    whole: Fields = {}
    for entry in entries:
        if entry.subresource == "status":
            continue
        fields: Fields = msgspec.json.decode(entry.fieldsV1)
        whole = union(whole, fields)
        for steps in leaves(fields):
            if steps[-1] != _SELF:
                owners.setdefault(field_path.of_fields(steps), set()).add(entry.manager)
    return owners, whole


def _managers(path: Path, owners: Mapping[Path, set[str]]) -> tuple[str, ...]:
    """Who owns a field, or the list or map that it is a part of and that has one owner as a whole."""
    for length in range(len(path), 0, -1):
        if (names := owners.get(path[:length])) is not None:
            return tuple(sorted(names))
    return tuple(sorted(set().union(*(names for owned, names in owners.items() if owned[: len(path)] == path))))


def _is_above_none(path: Path, paths: Iterable[Path]) -> bool:
    return not any(one[: len(path)] == path for one in paths)


def _is_servers(path: Path) -> bool:
    return path in _CALLED or any(path[: len(one)] == one for one in _SERVERS)


def _declared_paths(value: Any, fields: Any, above: Path = ()) -> Iterator[Path]:
    """Every leaf of a body, its elements by the keys that the field sets know them by."""
    match value:
        case dict() if value:
            for name, below in value.items():
                yield from _declared_paths(below, fields.get(f"f:{name}") or {}, (*above, name))
        case [_, *_] if (steps := _element_steps(value, fields)) is not None:
            for item, (step, below) in zip(value, steps, strict=True):
                yield from _declared_paths(item, below, (*above, step))
        case _:
            yield above


def _element_steps(items: Sequence[Any], fields: Fields) -> list[tuple[Step, Fields]] | None:
    """The name of each element, and what is owned below it; `None` where the field sets name not all of them."""
    named = [(field_path.of_fields((text,))[0], below) for text, below in fields.items() if text[:2] in {"k:", "v:"}]
    found = [next(((step, below) for step, below in named if field_path.fits(item, step)), None) for item in items]
    steps = [one for one in found if one is not None]
    return steps if len(steps) == len(items) else None

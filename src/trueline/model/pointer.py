"""Paths into a body, written as people read them: `spec.template.spec.containers[0].image`."""

from collections.abc import Iterator
from typing import Any, TypeAlias, assert_never

Path: TypeAlias = tuple[str | int, ...]


def text(path: Path) -> str:
    """Write a path; a key with a dot or a slash is quoted.

    >>> text(("metadata", "labels", "app.kubernetes.io/name")), text(("spec", "ports", 0, "port"))
    ('metadata.labels["app.kubernetes.io/name"]', 'spec.ports[0].port')
    """
    out = ""
    for part in path:
        match part:
            case int():
                out += f"[{part}]"
            case str() if part and not set(part) & set('./[]" '):
                out += f".{part}" if out else part
            case str():
                out += f'["{part}"]'
            case _:
                assert_never(part)
    return out


def differences(left: Any, right: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """Walk two bodies and yield each leaf that differs, in the order of `left`; a missing side is `None`.

    >>> [(text(p), a, b) for p, a, b in differences({"a": {"x": 1}, "b": [1, 2]}, {"a": {"x": 2}, "b": [1]})]
    [('a.x', 1, 2), ('b[1]', 2, None)]
    """
    match left, right:
        case dict(), dict():
            for key in [*left, *(key for key in right if key not in left)]:
                yield from differences(left.get(key), right.get(key), (*path, key))
        case list(), list():
            for index in range(max(len(left), len(right))):
                yield from differences(_item(left, index), _item(right, index), (*path, index))
        case _ if left != right or isinstance(left, bool) != isinstance(right, bool):
            yield path, left, right
        case _:
            return


def _item(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else None

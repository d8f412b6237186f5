"""Field paths as an API server writes them: `.spec.containers[name="web"].image`, `.metadata.labels.app.example/name`.

Keys stand in such a path as they are, dots included, so a path has a meaning only together with the body it walks.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

_SELECTOR = re.compile(r"^\[((?:[^\]\"]|\"(?:[^\"\\]|\\.)*\")*)\]")
_PAIR = re.compile(r"([A-Za-z0-9_.-]*)=(\"(?:[^\"\\]|\\.)*\"|[^,\]]+)")


def has(body: Any, path: str) -> bool:
    """Whether a body declares what stands at a path.

    >>> pod = {"spec": {"containers": [{"name": "web", "image": "nginx"}]}, "metadata": {"labels": {"a.b/c": "1"}}}
    >>> has(pod, '.spec.containers[name="web"].image'), has(pod, ".metadata.labels.a.b/c"), has(pod, ".spec.replicas")
    (True, True, False)
    """
    return next(_places(body, _rooted(path)), None) is not None


def without(body: Any, path: str) -> Any:
    """The body with what stands at a path left out; the body itself is not changed.

    >>> without({"spec": {"replicas": 3, "paused": False}}, "spec.replicas")
    {'spec': {'paused': False}}
    """
    place = next(_places(body, _rooted(path)), None)
    return body if not place else _drop(body, place)


def _rooted(path: str) -> str:
    return path if path.startswith((".", "[")) else f".{path}"


def _drop(body: Any, place: tuple[str | int, ...]) -> Any:
    head, *rest = place
    if isinstance(body, dict):
        kept = {key: value for key, value in body.items() if key != head}
        return kept if not rest else {k: _drop(v, tuple(rest)) if k == head else v for k, v in body.items()}
    return [_drop(v, tuple(rest)) if i == head and rest else v for i, v in enumerate(body) if i != head or rest]


def _places(body: Any, path: str) -> Iterator[tuple[str | int, ...]]:
    """Every way to read a path in a body; the first is taken."""
    if not path:
        yield ()
    elif isinstance(body, dict):
        yield from _in_mapping(body, path)
    elif isinstance(body, list) and (found := _SELECTOR.match(path)):
        for index, item in enumerate(body):
            if _matches(index, item, found[1]):
                yield from ((index, *rest) for rest in _places(item, path[found.end() :]))


def _in_mapping(body: dict[str, Any], path: str) -> Iterator[tuple[str | int, ...]]:
    for key in sorted(body, key=len, reverse=True):
        for spelled in (f".{key}", f"[{json.dumps(key)}]", f".[{json.dumps(key)}]"):
            rest = path[len(spelled) :]
            if path.startswith(spelled) and (not rest or rest[0] in ".["):
                yield from ((key, *tail) for tail in _places(body[key], rest))


def _matches(index: int, item: Any, selector: str) -> bool:
    if selector.isdigit():
        return index == int(selector)
    pairs = _PAIR.findall(selector)
    return bool(pairs) and all(_holds(item, key, value) for key, value in pairs)


def _holds(item: Any, key: str, written: str) -> bool:
    if not key:
        return str(item) == _plain(written)
    if not isinstance(item, dict):
        return False
    held = item.get(key, "TCP" if key == "protocol" else None)  # the one associative key with a default
    return held is not None and str(held) == _plain(written)


def _plain(written: str) -> str:
    return str(json.loads(written)) if written.startswith('"') else written

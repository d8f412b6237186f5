"""Paths into a body that may name a list's element by its keys: `spec.ports[port=80,protocol=TCP].nodePort`.

The grammar is that of `model.pointer` with such elements. The API server writes the same path without quotes around
keys that hold dots (`.metadata.labels.app.kubernetes.io/name`), which only the body can resolve.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

import msgspec


@dataclass(frozen=True, slots=True)
class Key:
    """An element of a list, by some of its fields as text. An element that lacks a field has its default."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Value:
    """An element of a set, by itself."""

    text: str


Step: TypeAlias = str | int | Key | Value
Path: TypeAlias = tuple[Step, ...]

_ITEM = re.compile(r'(?P<name>[^=,\[\]"]*)=(?P<value>"(?:[^"\\]|\\.)*"|[^,\]"]*)(?:,|$)')
_ELEMENT = re.compile(r'\[((?:"(?:[^"\\]|\\.)*"|[^\]"])*)\]')
_NAME = re.compile(r"\.?([^.\[\]\"]+)")
_BARE = re.compile(r"[^.\[\]\"\s/]+")
_PLAIN = re.compile(r"[^\s,=\[\]\"]+")


def parse(text: str) -> Path:
    """Read a path as people write it.

    Raises:
        ValueError: it is no path.

    >>> parse('metadata.labels["a.b/c"]'), parse("spec.ports[port=80].name"), parse("spec.args[0]")
    (('metadata', 'labels', 'a.b/c'), ('spec', 'ports', Key(items=(('port', '80'),)), 'name'), ('spec', 'args', 0))
    """
    steps: list[Step] = []
    at = 0
    while at < len(text):
        if element := _ELEMENT.match(text, at):
            steps.append(_element(element[1]))
            at = element.end()
        elif (name := _NAME.match(text, at)) and text[at] != "." * (not steps):
            steps.append(name[1])
            at = name.end()
        else:
            raise ValueError(f"{text!r} is no path")
    return tuple(steps)


def text(path: Path) -> str:
    """Write a path as people do.

    >>> text(parse("spec.containers[name=web].image")), text(parse('spec.set[="a b"]'))
    ('spec.containers[name=web].image', 'spec.set[="a b"]')
    """
    out = ""
    for step in path:
        match step:
            case Key(items):
                out += f"[{','.join(f'{name}={_shown(value)}' for name, value in items)}]"
            case Value(value):
                out += f"[={_shown(value)}]"
            case int():
                out += f"[{step}]"
            case str() if _BARE.fullmatch(step):
                out += f".{step}" if out else step
            case str():
                out += f"[{msgspec.json.encode(step).decode()}]"
            case _:
                assert_never(step)
    return out


def of_fields(steps: tuple[str, ...]) -> Path:
    """A path of a field set (`f:spec`, `k:{"name":"web"}`, `v:"x"`, `i:0`).

    >>> text(of_fields(("f:spec", "f:containers", 'k:{"name":"web"}', "f:image")))
    'spec.containers[name=web].image'
    """
    return tuple(_of_field(step) for step in steps if step != ".")


def of_server(path: str, body: Any) -> str:
    """A path as the server writes it, as people do; what the body does not hold stays as it stands.

    >>> of_server('.metadata.labels.a.b/c', {"metadata": {"labels": {"a.b/c": "1"}}})
    'metadata.labels["a.b/c"]'
    """
    found = _resolve(body, path)
    return path.removeprefix(".") if found is None else text(found)


def child(value: Any, step: Step) -> Any:
    """What stands below; `None` where nothing does."""
    match value, step:
        case dict(), str():
            return value.get(step)
        case list(), int():
            return value[step] if step < len(value) else None
        case list(), Key() | Value():
            index = _index(value, step)
            return None if index is None else value[index]
        case _:
            return None


def has(value: Any, path: Path) -> bool:
    """Whether a body declares what a path names, be it with `null`.

    >>> has({"ports": [{"port": 80}]}, parse("ports[port=80].port")), has({"a": 1}, parse("b"))
    (True, False)
    """
    return bool(find(value, path))


def find(value: Any, path: Path) -> tuple[Any, ...]:
    """What stands at a path, alone in a tuple; an empty one where nothing does.

    >>> find({"ports": [{"port": 80, "name": None}]}, parse("ports[port=80].name")), find({"a": 1}, parse("b"))
    ((None,), ())
    """
    for step in path:
        match value, step:
            case dict(), str() if step in value:
                value = value[step]
            case list(), int() if step < len(value):
                value = value[step]
            case list(), Key() | Value() if (index := _index(value, step)) is not None:
                value = value[index]
            case _:
                return ()
    return (value,)


def indexed(value: Any, path: Path) -> Path:
    """The same path with the places of list elements, as far as a body has it.

    >>> indexed({"ports": [{"port": 53}, {"port": 80}]}, parse("ports[port=80].name"))
    ('ports', 1, 'name')
    """
    found: list[Step] = []
    for at, step in enumerate(path):
        index = _index(value, step) if isinstance(value, list) and isinstance(step, Key | Value) else None
        found.append(step if index is None else index)
        below = find(value, path[at : at + 1])
        value = below[0] if below else None
    return tuple(found)


def fits(item: Any, step: Step) -> bool:
    """Whether an element of a list is the one that a step names.

    >>> fits({"name": "web"}, Key((("name", "web"),))), fits("a", Value("b"))
    (True, False)
    """
    return isinstance(step, Key | Value) and _fits(item, step)


def removed(value: Any, path: Path) -> Any:
    """A body without what a path names, and without the maps that this leaves empty.

    >>> removed({"a": {"b": 1}, "c": [{"name": "x", "v": 1}]}, parse("a.b"))
    {'c': [{'name': 'x', 'v': 1}]}
    >>> removed({"c": [{"name": "x", "v": 1}]}, parse("c[name=x].v"))
    {'c': [{'name': 'x'}]}
    """
    step, rest = path[0], path[1:]
    match value, step:
        case dict(), str() if step in value:
            below = removed(value[step], rest) if rest else None
            kept = {key: each for key, each in value.items() if key != step}
            is_left = below is not None and below not in ({}, [])
            return {key: below if key == step else value[key] for key in value} if is_left else kept
        case list(), int() | Key() | Value():
            index = step if isinstance(step, int) else _index(value, step)
            if index is None or index >= len(value):
                return value
            below = removed(value[index], rest) if rest and not _is_key(step, rest) else None
            middle = [] if below is None else [below]
            return [*value[:index], *middle, *value[index + 1 :]]
        case _:
            return value


def _is_key(step: Step, rest: Path) -> bool:
    """An element cannot be without a key: to leave out the key is to leave out the element."""
    return isinstance(step, Key) and len(rest) == 1 and rest[0] in dict(step.items)


def _index(items: list[Any], step: Key | Value) -> int | None:
    """Of those that fit, the one that says most of the key itself: port 80 of UDP beside port 80 of the default."""
    fitting = [index for index, item in enumerate(items) if _fits(item, step)]
    return max(fitting, key=lambda index: _said(items[index], step), default=None)


def _said(item: Any, step: Key | Value) -> int:
    return sum(name in item for name, _ in step.items) if isinstance(step, Key) else 0


def _fits(item: Any, step: Key | Value) -> bool:
    match step:
        case Value(value):
            return _scalar(item) == value
        case Key(items):
            held = [_scalar(item[name]) == value for name, value in items if isinstance(item, dict) and name in item]
            return bool(held) and all(held)
        case _:
            assert_never(step)


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _shown(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else msgspec.json.encode(value).decode()


def _unquoted(value: str) -> str:
    return _scalar(msgspec.json.decode(value)) if value.startswith('"') else value


def _element(inner: str) -> Step:
    if inner.isdecimal():
        return int(inner)
    if inner.startswith('"'):
        return _unquoted(inner)
    items = tuple((match["name"], _unquoted(match["value"])) for match in _ITEM.finditer(inner))
    if not items:
        raise ValueError(f"[{inner}] names no element")
    return Value(items[0][1]) if items[0][0] == "" else Key(items)


def _of_field(step: str) -> Step:
    kind, _, rest = step.partition(":")
    match kind:
        case "f":
            return rest
        case "i":
            return int(rest)
        case "v":
            return Value(_scalar(msgspec.json.decode(rest)))
        case "k":
            return Key(tuple((name, _scalar(value)) for name, value in msgspec.json.decode(rest).items()))
        case _:
            raise ValueError(f"{step!r} is no step of a field set")


def _resolve(value: Any, path: str) -> Path | None:
    if not path:
        return ()
    match value:
        case dict():
            for name in sorted(value, key=len, reverse=True):
                rest = path.removeprefix(f".{name}")
                if (
                    rest != path
                    and (not rest or rest[0] in ".[")
                    and (below := _resolve(value[name], rest)) is not None
                ):
                    return (name, *below)
        case list() if element := _ELEMENT.match(path):
            step = _element(element[1])
            for below in _below(value, step):
                if (found := _resolve(below, path[element.end() :])) is not None:
                    return (step, *found)
    return None


def _below(items: list[Any], step: Step) -> Iterator[Any]:
    match step:
        case int() if step < len(items):
            yield items[step]
        case Key() | Value():
            yield from (item for item in items if _fits(item, step))
        case _:
            return

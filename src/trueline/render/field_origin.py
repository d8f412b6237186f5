"""Where each field of a resource of a plain file was written, found out when somebody asks."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from trueline.model import field_path
from trueline.model.fault import Fault
from trueline.model.origin import Origin
from trueline.model.pointer import Path, text
from trueline.render.body import is_secret
from trueline.render.document import Document, Places, read_documents, read_places
from trueline.render.manifest import is_list
from trueline.runtime.files import FileTree
from trueline.runtime.toolbox import Toolbox

_FILES_KEPT_MAX: Final = 64
_Documents = tuple[tuple[Document, Places], ...]


class _Written(NamedTuple):
    """A resource as its file has it; `prefix` is its pointer in the document."""

    value: Any
    prefix: str
    lines: Mapping[str, tuple[int, int]]


class FieldPlaces:
    """Finds the lines of fields in some files; each file is read once."""

    def __init__(self, toolbox: Toolbox, files: FileTree) -> None:
        self._toolbox = toolbox
        self._files = files
        self._kept: dict[tuple[str, str], _Documents] = {}

    async def locate(self, origin: Origin, body: Any, path: field_path.Path) -> Origin:
        """The line of a field of the resource at `origin`; of a field that is missing, the line of what it belongs in.

        The origin itself where the file does not say the same as the body: an engine may have written the field.
        """
        written = await self._written(origin)
        if written is None:
            return origin
        steps = _in_clear(written.value, path)
        at = _followed(written.value, steps)
        if len(at) < len(steps):
            is_sure = not field_path.has(body, path)
        else:
            is_sure = steps != path or _at(written.value, at) == _at(body, path)
        line, _ = written.lines.get(f"{written.prefix}{_pointer(at)}", (0, 0))
        return msgspec.structs.replace(origin, line=line) if is_sure and at and line else origin

    async def _written(self, origin: Origin) -> _Written | None:
        try:
            return _resource(await self._read(origin), origin.line) if origin.line else None
        except Fault:  # a template is no YAML; the resource's own line does
            return None

    async def _read(self, origin: Origin) -> _Documents:
        key = origin.path, origin.commit
        if key not in self._kept:
            read = await _read(self._toolbox, self._files, origin)
            while len(self._kept) >= _FILES_KEPT_MAX:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = read
        return self._kept[key]


async def field_origins(toolbox: Toolbox, files: FileTree, origin: Origin, body: Any) -> Mapping[str, Origin]:
    """The origin of each field of the resource at `origin`, by its path as people read it (`spec.ports[0].port`).

    Empty where no document stands there. What was written in `stringData` is found under `data` too. A field of which
    the file says something else than the body is left out: an engine has written it, as an overlay does (INV-38).

    Raises:
        UserError: the file does not parse.
        Transient: the toolbox gave no answer.
    """
    written = _resource(await _read(toolbox, files, origin), origin.line)
    if written is None:
        return {}
    found = {
        path: msgspec.structs.replace(origin, line=written.lines[written.prefix + pointer][0])
        for path, pointer in _fields(written.value)
        if written.prefix + pointer in written.lines and (path[0] == "stringData" or _says(body, written.value, path))
    }
    return {text(path): place for path, place in {**found, **_applied(written.value, found)}.items()}


async def _read(toolbox: Toolbox, files: FileTree, origin: Origin) -> _Documents:
    documents = await read_documents(toolbox, files, [origin.path], origin.commit)
    places = await read_places(toolbox, files, [origin.path], origin.commit)
    return tuple(zip(documents, places, strict=True))


def _resource(read: _Documents, line: int) -> _Written | None:
    """The document that a line belongs to, or the item of a list that begins there."""
    above = [pair for pair in read if pair[0].line <= line]
    if not above:
        return None
    document, placed = above[-1]
    value = document.value
    items = value.get("items") if is_list(value) else None
    for index, item in enumerate(items if isinstance(items, list) else ()):
        prefix = f"/items/{index}"
        if placed.positions.get(prefix, (0, 0))[0] == line:
            return _Written(item, prefix, placed.positions)
    return _Written(value, "", placed.positions)


def _followed(value: Any, steps: field_path.Path) -> Path:
    """The steps as far as the value has them, an element of a list by its index."""
    at: list[str | int] = []
    for step in steps:
        below = field_path.child(value, step)
        match value, step:
            case dict(), str() if step in value:
                at.append(step)
            case list(), _ if below is not None:
                at.append(next(index for index, item in enumerate(value) if item is below))
            case _:
                break
        value = below
    return tuple(at)


def _says(body: Any, value: Any, steps: Path) -> bool:
    """Whether both have the same at a path, all that is below it too."""
    for step in steps:
        is_there = step in body if isinstance(body, dict) else isinstance(body, list) and int(step) < len(body)
        if not is_there:
            return False
        body, value = body[step], value[step]
    return type(body) is type(value) and bool(body == value)


def _at(value: Any, steps: field_path.Path) -> Any:
    for step in steps:
        value = field_path.child(value, step)
    return value


def _in_clear(value: Any, path: field_path.Path) -> field_path.Path:
    """Of a Secret, what was written in `stringData` and is applied in `data`."""
    is_clear = isinstance(value, dict) and is_secret(value) and isinstance(value.get("stringData"), dict)
    if is_clear and path[:1] == ("data",) and len(path) > 1 and path[1] in value["stringData"]:
        return ("stringData", *path[1:])
    return path


def _fields(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    match value:
        case dict():
            below: list[tuple[str | int, Any]] = list(value.items())
        case list():
            below = list(enumerate(value))
        case _:
            return
    for part, inner in below:
        yield (*path, part), _pointer((*path, part))
        yield from _fields(inner, (*path, part))


def _pointer(path: Path) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def _applied(value: Any, found: Mapping[Path, Origin]) -> dict[Path, Origin]:
    if not isinstance(value, dict) or not is_secret(value):
        return {}
    return {("data", *path[1:]): place for path, place in found.items() if path[0] == "stringData"}

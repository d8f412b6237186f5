"""Where each field of a resource of a plain file was written, found out when somebody asks."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from trueline.model.origin import Origin
from trueline.model.pointer import Path, text
from trueline.render.body import is_secret
from trueline.render.document import Places, read_documents, read_places
from trueline.render.manifest import is_list
from trueline.runtime.files import FileTree
from trueline.runtime.toolbox import Toolbox


async def field_origins(toolbox: Toolbox, files: FileTree, origin: Origin) -> Mapping[str, Origin]:
    """The origin of each field of the resource at `origin`, by its path as people read it (`spec.ports[0].port`).

    Empty where no document stands there. What was written in `stringData` is found under `data` too.

    Raises:
        UserError: the file does not parse.
        Transient: the toolbox gave no answer.
    """
    documents = await read_documents(toolbox, files, [origin.path], origin.commit)
    places = await read_places(toolbox, files, [origin.path], origin.commit)
    above = [pair for pair in zip(documents, places, strict=True) if pair[0].line <= origin.line]
    if not above:
        return {}
    document, placed = above[-1]
    value, prefix = _resource(document.value, placed, origin.line)
    found = {
        path: replace(origin, line=placed.positions[prefix + pointer][0])
        for path, pointer in _fields(value)
        if prefix + pointer in placed.positions
    }
    return {text(path): place for path, place in {**found, **_applied(value, found)}.items()}


def _resource(value: Any, placed: Places, line: int) -> tuple[Any, str]:
    """The document, or the item of a list that begins on that line."""
    if not is_list(value) or not isinstance(value.get("items"), list):
        return value, ""
    for index, item in enumerate(value["items"]):
        prefix = f"/items/{index}"
        if placed.positions.get(prefix, (0, 0))[0] == line:
            return item, prefix
    return value, ""


def _fields(value: Any, path: Path = (), pointer: str = "") -> Iterator[tuple[Path, str]]:
    match value:
        case dict():
            below: list[tuple[str | int, Any]] = list(value.items())
        case list():
            below = list(enumerate(value))
        case _:
            return
    for part, inner in below:
        deeper = f"{pointer}/{str(part).replace('~', '~0').replace('/', '~1')}"
        yield (*path, part), deeper
        yield from _fields(inner, (*path, part), deeper)


def _applied(value: Any, found: Mapping[Path, Origin]) -> dict[Path, Origin]:
    if not isinstance(value, dict) or not is_secret(value):
        return {}
    return {("data", *path[1:]): place for path, place in found.items() if path[0] == "stringData"}

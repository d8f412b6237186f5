"""What Kustomize does not take, told with the file, the line and the way to it. It reads what is complained of again.

Kustomize wraps its cause into one sentence for each base that leads to it; people want the cause and the way.
"""

import difflib
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from trueline.model.fault import Fault
from trueline.render.document import read_documents, read_places
from trueline.runtime.files import FileKind, FileTree
from trueline.runtime.toolbox import Complaint, Toolbox

KUSTOMIZATIONS: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_LISTS: Final = (
    "resources",
    "components",
    "bases",
    "crds",
    "configurations",
    "generators",
    "transformers",
    "validators",
)
_FIELDS: Final = (
    *_LISTS,
    *("apiVersion", "kind", "metadata", "namePrefix", "nameSuffix", "namespace", "commonLabels", "commonAnnotations"),
    *("labels", "patches", "patchesStrategicMerge", "patchesJson6902", "images", "replicas", "replacements", "vars"),
    *("configMapGenerator", "secretGenerator", "generatorOptions", "openapi", "buildMetadata", "sortOptions"),
    *("helmCharts", "helmGlobals"),
)
_WAY: Final = re.compile(r"(?:recursed accumulation of|couldn't make target for) path '([^']+)'")
_CIRCLE: Final = re.compile(r"cycle detected: candidate root '([^']*)'")
_MISSING: Final = re.compile(r"accumulating resources from '([^']*)': '[^']*' doesn't exist")
_TWICE: Final = re.compile(
    r"merging resources from '([^']*)': may not add resource with an already registered id: ([^']*)"
)
_UNKNOWN: Final = re.compile(r'unknown field "([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cause:
    """What is wrong in the kustomization of a folder: an entry of one of its lists, or a field."""

    text: str
    folder: str
    entry: str = ""
    field: str = ""


async def explained(complaint: Complaint, root: str, toolbox: Toolbox, files: FileTree) -> Complaint:
    """The same with its cause alone and its line, where it is one that we know; any other as it is."""
    cause = _cause(complaint.text, root)
    path = None if cause is None else _file(files, cause.folder)
    if cause is None or path is None:
        return complaint
    return replace(complaint, text=cause.text, path=path, line=await _line(cause, path, toolbox, files), column=0)


def _cause(said: str, root: str) -> _Cause | None:
    """What Kustomize means.

    >>> _cause("recursed accumulation of path 'a/b': cycle detected: candidate root 'a' contains visited root 'a'", "a")
    _Cause(text='the bases lead in a circle: a → a/b → a', folder='a/b', entry='a', field='')
    """
    way = [root, *_WAY.findall(said)]
    here = way[-1]
    if circle := _CIRCLE.search(said):
        shown = " → ".join(one or "/" for one in (*way, circle[1]))
        return _Cause(text=f"the bases lead in a circle: {shown}", folder=here, entry=circle[1])
    if missing := _MISSING.search(said):
        entry = posixpath.join(here, missing[1])
        return _Cause(text=f"{missing[1]} is not there", folder=here, entry=posixpath.normpath(entry))
    if twice := _TWICE.search(said):
        entry = posixpath.normpath(posixpath.join(here, twice[1]))
        return _Cause(text=f"{twice[1]} declares what is declared before: {twice[2]}", folder=here, entry=entry)
    if unknown := _UNKNOWN.search(said):
        near = difflib.get_close_matches(unknown[1], _FIELDS, n=1)
        meant = f"; did you mean `{near[0]}`?" if near else ""
        return _Cause(text=f"there is no field `{unknown[1]}`{meant}", folder=here, field=unknown[1])
    return None


def _file(files: FileTree, folder: str) -> str | None:
    for name in KUSTOMIZATIONS:
        path = posixpath.join(folder, name)
        entry = files.entry(path)
        if entry is not None and entry.kind is FileKind.FILE:
            return path
    return None


async def _line(cause: _Cause, path: str, toolbox: Toolbox, files: FileTree) -> int:
    """The line of the cause in its kustomization; 0 where it cannot be told."""
    try:
        documents = await read_documents(toolbox, files, [path], "")
        places = await read_places(toolbox, files, [path], "")
    except Fault:
        return 0
    for document, placed in zip(documents, places, strict=True):
        for pointer in _pointers(cause, document.value):
            if pointer in placed.positions:
                return placed.positions[pointer][0]
    return 0


def _pointers(cause: _Cause, value: Any) -> Iterator[str]:
    if cause.field:
        yield from (pointer for pointer in _fields(value) if pointer.endswith(f"/{cause.field}"))
        return
    for name in _LISTS:
        entries = value.get(name) if isinstance(value, dict) else None
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if posixpath.normpath(posixpath.join(cause.folder, str(entry))) == (cause.entry or "."):
                yield f"/{name}/{index}"


def _fields(value: Any, pointer: str = "") -> Iterator[str]:
    match value:
        case dict():
            for name, below in value.items():
                yield f"{pointer}/{name}"
                yield from _fields(below, f"{pointer}/{name}")
        case list():
            for index, below in enumerate(value):
                yield from _fields(below, f"{pointer}/{index}")
        case _:
            return

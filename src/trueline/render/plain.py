"""Plain manifests: YAML and JSON files as they stand, each resource with its file and line."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render import refusal
from trueline.render.clear_file import CONFIG
from trueline.render.decrypted import lined
from trueline.render.document import Document, Places, read_documents, read_places
from trueline.render.manifest import Manifest, assemble, is_list
from trueline.render.options import Plain
from trueline.render.pattern import matches
from trueline.render.protocol import RenderRequest
from trueline.render.resource import Rendered
from trueline.runtime.files import FileKind, FileTree
from trueline.runtime.toolbox import Toolbox

EXTENSIONS: Final = (".yaml", ".yml", ".json")
FILES_MAX: Final = 20_000
DEPTH_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class PlainRenderer:
    """Renders `Plain`; see `Renderer`."""

    toolbox: Toolbox

    async def render(self, request: RenderRequest, files: FileTree) -> Rendered:
        """Read every manifest of the path."""
        options = request.options if isinstance(request.options, Plain) else Plain()
        paths = tuple(manifest_paths(files, request.path, options))
        here = Origin(path=request.path, commit=request.commit) if request.path else None
        if lost := [path for path in paths if files.entry(path) is None]:
            raise UserError([_lost(path, request.commit) for path in lost])
        if not paths:
            what = ", ".join(f"*{one}" for one in EXTENSIONS)
            raise UserError([refusal.NOTHING.about(f"no {what} file in {request.path or '/'} is taken", here)])
        if len(paths) > FILES_MAX:
            raise UserError([refusal.LIMIT.about(f"{len(paths)} files, allowed are {FILES_MAX}", here)])
        files = lined(files)
        documents = await read_documents(self.toolbox, files, paths, request.commit)
        listed = dict.fromkeys(one.path for one in documents if is_list(one.value))
        places = await read_places(self.toolbox, files, listed, request.commit) if listed else ()
        by_document = {(one.path, one.index): one for one in places}
        return assemble(
            manifest
            for one in documents
            for manifest in _manifests(one, by_document.get((one.path, one.index)), request.commit)
        )


def manifest_paths(files: FileTree, path: str, options: Plain) -> Iterator[str]:
    """The files that are taken, sorted folder by folder; a path that is a file is taken as it is.

    A link that leads nowhere is among them and has no entry: without it the render would be less than was written.
    """
    entry = files.entry(path)
    if entry is not None and entry.kind is FileKind.FILE:
        yield path
        return
    prefix = f"{path}/" if path else ""
    for found in _beneath(files, path, depth=DEPTH_MAX if options.recursive else 1):
        name = found.removeprefix(prefix)
        if options.include and not matches(name, options.include):
            continue
        if not matches(name, options.exclude):
            yield found


def _lost(path: str, commit: str) -> Diagnostic:
    detail = f"{path} is a link that leads out of the repository, in a circle or nowhere"
    return refusal.OUTSIDE.about(detail, Origin(path=path, commit=commit))


def _beneath(files: FileTree, path: str, depth: int) -> Iterator[str]:
    for name in files.names(path):
        below = f"{path}/{name}" if path else name
        if name.endswith(EXTENSIONS) and name != CONFIG:
            entry = files.entry(below)
            if entry is None or entry.kind is FileKind.FILE:
                yield below
                continue
        if depth > 1 and name != ".git":
            yield from _beneath(files, below, depth - 1)


def _manifests(document: Document, places: Places | None, commit: str) -> Iterator[Manifest]:
    """One manifest, or one for each item of a list, so that each has its own line."""
    whole = Manifest(value=document.value, origin=Origin(path=document.path, line=document.line, commit=commit))
    items = document.value.get("items") if is_list(document.value) else None
    if not isinstance(items, list) or places is None:
        yield whole
        return
    for index, item in enumerate(items):
        line, _ = places.positions.get(f"/items/{index}", (document.line, 0))
        yield replace(
            whole, value={**document.value, "items": [item]}, origin=msgspec.structs.replace(whole.origin, line=line)
        )

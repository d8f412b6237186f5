"""Jsonnet files, evaluated by Jsonnet itself: one file, or every one that stands directly in the path."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render import refusal
from trueline.render.manifest import Manifest, assemble
from trueline.render.options import Jsonnet, JsonnetVariable
from trueline.render.protocol import RenderRequest
from trueline.render.resource import Rendered
from trueline.runtime.files import FileKind, FileTree
from trueline.runtime.toolbox import Toolbox

FILES_MAX: Final = 256
_EXTENSION: Final = ".jsonnet"


class _Answer(msgspec.Struct, frozen=True):
    resources: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class JsonnetRenderer:
    """Renders `Jsonnet`; see `Renderer`."""

    toolbox: Toolbox

    async def render(self, request: RenderRequest, files: FileTree) -> Rendered:
        """Evaluate each file; the errors of all of them together."""
        options = request.options if isinstance(request.options, Jsonnet) else Jsonnet()
        manifests, errors = list[Manifest](), list[Diagnostic]()
        for path in _paths(request, options, files):
            try:
                values = await self._evaluate(request, options, path, files)
            except UserError as error:
                errors += error.diagnostics
                continue
            origin = Origin(path=path, commit=request.commit)
            manifests += [Manifest(value=value, origin=origin) for value in values]
        if errors:
            raise UserError(errors)
        return assemble(manifests)

    async def _evaluate(self, request: RenderRequest, options: Jsonnet, path: str, files: FileTree) -> tuple[Any, ...]:
        arguments = {
            "path": path,
            "extVars": _bindings(options.external_variables),
            "tlas": _bindings(options.arguments),
            "libs": [refusal.inside(request.path, one, request.commit) for one in options.libraries],
        }
        asked = self.toolbox.ask("jsonnet", arguments, files)
        answer = await refusal.answer(asked, refusal.JSONNET, request.commit)
        here = Origin(path=path, commit=request.commit)
        return refusal.decoded(answer, _Answer, refusal.JSONNET, here).resources


def _bindings(variables: Mapping[str, JsonnetVariable]) -> dict[str, dict[str, Any]]:
    return {name: {"value": one.value, "code": one.code} for name, one in variables.items()}


def _paths(request: RenderRequest, options: Jsonnet, files: FileTree) -> tuple[str, ...]:
    if options.file:
        return (refusal.inside(request.path, options.file, request.commit),)
    entry = files.entry(request.path)
    if entry is not None and entry.kind is FileKind.FILE:
        return (request.path,)
    prefix = f"{request.path}/" if request.path else ""
    here = Origin(path=request.path, commit=request.commit) if request.path else None
    found = tuple(prefix + name for name in files.names(request.path) if name.endswith(_EXTENSION))
    if not found:
        raise UserError([refusal.NOTHING.about(f"no *{_EXTENSION} file in {request.path or '/'}", here)])
    if len(found) > FILES_MAX:
        raise UserError([refusal.LIMIT.about(f"{len(found)} files, allowed are {FILES_MAX}", here)])
    return found

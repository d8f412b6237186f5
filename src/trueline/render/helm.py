"""Charts, rendered by Helm itself. A chart is rendered twice, so that what it makes up anew is known (D3)."""

import posixpath
from dataclasses import dataclass
from typing import Any

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render import refusal
from trueline.render.manifest import Manifest, assemble
from trueline.render.options import Helm
from trueline.render.protocol import RenderRequest
from trueline.render.resource import Rendered
from trueline.runtime.files import FileTree
from trueline.runtime.toolbox import Toolbox


class _Charted(msgspec.Struct, frozen=True, kw_only=True):
    value: Any
    path: str
    template: str
    line: int
    crd: bool = False


class _Unstable(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    paths: tuple[str, ...]


class _Warning(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    path: str = ""


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    resources: tuple[_Charted, ...]
    uses_capabilities: bool = msgspec.field(name="usesCapabilities")
    unstable: tuple[_Unstable, ...] = ()
    warnings: tuple[_Warning, ...] = ()


@dataclass(frozen=True, slots=True)
class HelmRenderer:
    """Renders `Helm`; see `Renderer`."""

    toolbox: Toolbox

    async def render(self, request: RenderRequest, files: FileTree) -> Rendered:
        """Render the chart at the path."""
        options = request.options if isinstance(request.options, Helm) else Helm()
        asked = self.toolbox.ask("helm", _arguments(request, options), files)
        text = await refusal.answer(asked, refusal.CHART, request.commit)
        here = Origin(path=_chart(request), commit=request.commit)
        answer = refusal.decoded(text, _Answer, refusal.CHART, here)
        unstable = {one.index: one.paths for one in answer.unstable}
        manifests = [
            Manifest(
                value=one.value, origin=_origin(one, request), unstable=unstable.get(index, ()), precedes_hooks=one.crd
            )
            for index, one in enumerate(answer.resources)
        ]
        notes = [
            refusal.TWICE.about(one.text, Origin(path=one.path or _chart(request), commit=request.commit))
            for one in answer.warnings
        ]
        return assemble(manifests, [*notes, *_unstable_notes(manifests)], uses_capabilities=answer.uses_capabilities)


def release_name(request: RenderRequest, options: Helm) -> str:
    """The name of the release: the declared one, else the application's."""
    return options.release_name or request.application


def _arguments(request: RenderRequest, options: Helm) -> dict[str, Any]:
    value_files, errors = [], list[Diagnostic]()
    for name in options.value_files:
        try:
            value_files.append(refusal.inside(request.path, name, request.commit))
        except UserError as error:
            errors += error.diagnostics
    if errors:
        raise UserError(errors)
    return {
        "path": request.path,
        "releaseName": release_name(request, options),
        "namespace": request.namespace or "default",
        "valueFiles": value_files,
        "values": dict(options.values),
        "parameters": dict(options.parameters),
        "kubeVersion": request.capabilities.kube_version,
        "apiVersions": request.capabilities.api_versions,
        "onlyAPIVersions": request.capabilities.is_whole,
        "includeCRDs": options.include_crds,
        "twice": True,
    }


def _chart(request: RenderRequest) -> str:
    return posixpath.join(request.path, "Chart.yaml")


def _origin(one: _Charted, request: RenderRequest) -> Origin:
    """The template; a template in a packed chart has no file of its own, so the chart stands for it."""
    return Origin(path=one.path or _chart(request), line=one.line if one.path else 0, commit=request.commit)


def _unstable_notes(manifests: list[Manifest]) -> list[Diagnostic]:
    notes = []
    for one in manifests:
        if one.unstable:
            kind = one.value.get("kind", "") if isinstance(one.value, dict) else ""
            notes.append(refusal.UNSTABLE.about(f"{kind}: {', '.join(one.unstable)}", one.origin))
    return notes

"""The renderer of all kinds: takes the one that the options ask for, or that the files show."""

from dataclasses import replace
from typing import assert_never

from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render import refusal
from trueline.render.detect import detect
from trueline.render.field_origin import FieldPlaces
from trueline.render.helm import HelmRenderer
from trueline.render.jsonnet import JsonnetRenderer
from trueline.render.kustomize import KustomizeRenderer
from trueline.render.manifest import ManifestsRefused
from trueline.render.misfit import Locate, located
from trueline.render.options import GeneratedSite, Helm, Jsonnet, Kustomize, Plain, RenderOptions, Site
from trueline.render.plain import PlainRenderer
from trueline.render.protocol import Renderer, RenderRequest
from trueline.render.resource import Rendered
from trueline.runtime.files import FileTree
from trueline.runtime.toolbox import Toolbox


class DispatchingRenderer:
    """A `Renderer` of everything that a toolbox renders."""

    def __init__(self, toolbox: Toolbox, site: Renderer | None = None, generated: Renderer | None = None) -> None:
        self._toolbox = toolbox
        self._site = site
        self._generated = generated
        self._plain = PlainRenderer(toolbox)
        self._kustomize = KustomizeRenderer(toolbox)
        self._helm = HelmRenderer(toolbox)
        self._jsonnet = JsonnetRenderer(toolbox)

    async def render(self, request: RenderRequest, files: FileTree) -> Rendered:
        """Render as the options say; see `Renderer.render`."""
        options = detect(request, files)
        renderer = self._renderer(options)
        if renderer is None:
            raise UserError([refusal.NO_SITE.about(request.path or "/", Origin(path=request.path))])
        try:
            return await renderer.render(replace(request, options=options), files)
        except ManifestsRefused as refused:
            raise UserError(await located(refused.misfits, self.locator(files))) from None

    def locator(self, files: FileTree) -> Locate:
        """See `LocatingRenderer.locator`."""
        return FieldPlaces(self._toolbox, files).locate

    def _renderer(self, options: RenderOptions) -> Renderer | None:
        match options:
            case Plain():
                return self._plain
            case Kustomize():
                return self._kustomize
            case Helm():
                return self._helm
            case Jsonnet():
                return self._jsonnet
            case Site():
                return self._site
            case GeneratedSite():
                return self._generated
            case _:
                assert_never(options)

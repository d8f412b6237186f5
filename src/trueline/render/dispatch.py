"""The renderer of all kinds: takes the one that the options ask for, or that the files show."""

from dataclasses import replace
from typing import assert_never

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render import refusal
from trueline.render.clear_file import clear_files, configs
from trueline.render.decrypted import DecryptedTree, untold
from trueline.render.detect import detect
from trueline.render.field_origin import FieldPlaces
from trueline.render.helm import HelmRenderer
from trueline.render.jsonnet import JsonnetRenderer
from trueline.render.kustomize import KustomizeRenderer
from trueline.render.manifest import ManifestsRefused
from trueline.render.misfit import Locate, located
from trueline.render.options import GeneratedSite, Helm, Jsonnet, Kustomize, Plain, RenderOptions, Site
from trueline.render.plain import PlainRenderer
from trueline.render.private import marked
from trueline.render.protocol import Renderer, RenderRequest
from trueline.render.resource import Rendered
from trueline.runtime.files import FileTree
from trueline.runtime.sops.decryption import Decryption
from trueline.runtime.toolbox import Toolbox


class DispatchingRenderer:
    """A `Renderer` of everything that a toolbox renders. Without `decryption` an encrypted file is refused."""

    def __init__(
        self,
        toolbox: Toolbox,
        site: Renderer | None = None,
        generated: Renderer | None = None,
        decryption: Decryption | None = None,
    ) -> None:
        self._toolbox = toolbox
        self._decryption = decryption
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
        request = replace(request, options=options)
        tree = DecryptedTree(files, request, self._decryption)
        is_site = isinstance(options, Site | GeneratedSite)  # what a site shows is for everybody to read
        try:
            rendered = await renderer.render(request, files if is_site else tree)
        except ManifestsRefused as refused:
            told = await located(refused.misfits, self.locator(files))
            raise UserError(untold(told, tree.secrets())) from None
        except UserError as error:
            raise UserError(untold(error.diagnostics, tree.secrets())) from None
        secrets = tree.secrets()
        rendered = marked(rendered, secrets)
        notes = (*untold(rendered.notes, secrets), *await self._in_clear(tree, request))
        return replace(rendered, notes=notes, secrets=secrets)

    async def _in_clear(self, tree: DecryptedTree, request: RenderRequest) -> tuple[Diagnostic, ...]:
        """What of the files that were read should have been encrypted; the looks at the rules are part of the trace."""
        places = configs(tree.files, [request.path])
        if not places:
            return ()
        return await clear_files(self._toolbox, tree.files, tree.clear(), places, request.commit)

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

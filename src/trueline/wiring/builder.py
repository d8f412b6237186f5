"""What builds sites, imported with the first site that is rendered: who has none does not pay for it."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trueline.model.digest import digest_value
from trueline.record.keep import RenderStore
from trueline.render.options import GeneratedSite, RenderOptions, Site
from trueline.render.protocol import Renderer, RenderRequest
from trueline.render.resource import Rendered
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import Clock
from trueline.runtime.files import FileTree
from trueline.runtime.process import Processes
from trueline.runtime.toolbox import Toolbox
from trueline.runtime.toolbox_process import ProcessToolbox
from trueline.wiring.worker import encoders, outliners, readers

if TYPE_CHECKING:
    from trueline.render.generated.build import Builder
    from trueline.runtime.cell.process import ProcessCells
    from trueline.wiring.site import SiteBuilder

_EXTRA: Final = ("comrak", "PIL")
"""What the extra `site` installs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What sites are made with. `place` is a folder for programs that a repository names, `readable` what they read."""

    clock: Clock
    toolbox: Toolbox
    blobs: BlobDirectory
    cache: RenderStore
    processes: Processes
    place: Path
    readable: Sequence[str] = ()
    progress: Callable[[int, int], None] | None = None


class Builders:
    """The builders of both kinds of sites, each made when it is first asked for."""

    def __init__(self, making: Making) -> None:
        self._making = making
        self._reading: ProcessToolbox = readers(making.clock)
        self._encoding: ProcessToolbox = encoders(making.clock)
        self._outlining: ProcessToolbox = outliners(making.clock)

    async def begin(self, stack: AsyncExitStack) -> None:
        """Let workers be started when they are asked, until the stack is closed; what a cell left is removed now."""
        for workers in (self._reading, self._encoding, self._outlining):
            await stack.enter_async_context(workers)
        place = self._making.place
        if place.is_dir() and next(place.iterdir(), None) is not None:
            await self._cells.tidy()

    @property
    def site(self) -> Renderer | None:
        """The renderer of sites; `None` where the extra is not installed."""
        is_installed = all(find_spec(name) is not None for name in _EXTRA)
        return _LateRenderer(lambda: self.pages.renderer) if is_installed else None

    @property
    def generated(self) -> Renderer:
        """The renderer of sites that another program builds."""
        return _LateRenderer(lambda: self._generated)

    @cached_property
    def pages(self) -> "SiteBuilder":
        """What builds sites; the extra has to be installed."""
        from trueline.wiring.site import site_builder  # noqa: PLC0415 - with the first site, see above

        making = self._making
        return site_builder(
            reading=self._reading,
            encoding=self._encoding,
            toolbox=making.toolbox,
            blobs=making.blobs,
            cache=making.cache,
            progress=making.progress,
        )

    def identity(self, options: RenderOptions) -> str:
        """The digest of what renders such options beside the toolbox; empty where nothing does."""
        if not isinstance(options, Site | GeneratedSite):
            return ""
        from trueline.render.site.engine import engine_digest  # noqa: PLC0415 - with the first site, see above

        program = self._builder.identity(options) if isinstance(options, GeneratedSite) else ""
        return digest_value([engine_digest(), program])

    @cached_property
    def _generated(self) -> Renderer:
        from trueline.wiring.site import generated_renderer  # noqa: PLC0415 - with the first site, see above

        making = self._making
        return generated_renderer(self._builder, self._outlining, blobs=making.blobs, cache=making.cache)

    @cached_property
    def _builder(self) -> "Builder":
        from trueline.wiring.site import generator  # noqa: PLC0415 - with the first site, see above

        return generator(self._cells, self._making.blobs)

    @cached_property
    def _cells(self) -> "ProcessCells":
        from trueline.runtime.cell.process import ProcessCells  # noqa: PLC0415 - with the first site, see above

        making = self._making
        return ProcessCells(making.processes, making.place, readable=making.readable)


class _LateRenderer:
    """A renderer that is made when the first render is asked of it."""

    def __init__(self, make: Callable[[], Renderer]) -> None:
        self._make = make

    async def render(self, request: RenderRequest, files: FileTree) -> Rendered:
        """See `Renderer.render`."""
        return await self._make().render(request, files)

"""What builds sites in workers. Only `builder` imports this, with the first site: it is a third of all there is."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from trueline.record.keep import RenderStore
from trueline.render.generated.build import Builder
from trueline.render.generated.renderer import GeneratedRenderer
from trueline.render.site.image.stage import ImageStage
from trueline.render.site.renderer import SiteRenderer
from trueline.render.site.versioned import VersionedSite
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.cell.task import Cells
from trueline.runtime.toolbox import Toolbox
from trueline.wiring.worker import IMAGES_AT_ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBuilder:
    """The builder of sites with versions, and the one of single sites in it, which counts pages."""

    renderer: VersionedSite
    pages: SiteRenderer


def site_builder(  # noqa: PLR0913 - what it is made with
    *,
    reading: Toolbox,
    encoding: Toolbox,
    toolbox: Toolbox,
    blobs: BlobDirectory,
    cache: RenderStore,
    progress: Callable[[int, int], None] | None = None,
) -> SiteBuilder:
    """The builder of sites; `reading` and `encoding` are its workers."""
    stage = ImageStage(
        worker=encoding,
        blobs=blobs,
        cache=cache,
        images_max=IMAGES_AT_ONCE,
        progress=progress,
        pillow=_version("pillow"),
    )
    site = SiteRenderer(worker=reading, toolbox=toolbox, blobs=blobs, cache=cache, images=stage)
    return SiteBuilder(renderer=VersionedSite(site, cache=cache, blobs=blobs), pages=site)


def generator(cells: Cells, blobs: BlobDirectory) -> Builder:
    """What has other programs build sites, and knows what those are."""
    return Builder(cells, blobs, sys.executable)


def generated_renderer(
    builder: Builder, outlining: Toolbox, *, blobs: BlobDirectory, cache: RenderStore
) -> GeneratedRenderer:
    """The renderer of sites that other programs build; `outlining` are its workers."""
    return GeneratedRenderer(builder=builder, worker=outlining, blobs=blobs, cache=cache, mkdocs=_version("mkdocs"))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""

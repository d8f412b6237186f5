"""Sites: what builds them in workers, and the directories that they are published to."""

import os
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from trueline.declare.application import DirectoryTarget
from trueline.loop.parts import Parts
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.fault import UserError
from trueline.record.keep import Bodies, RenderStore
from trueline.record.ledger import StoreLedger
from trueline.render.generated import worker as built_pages
from trueline.render.generated.build import Builder
from trueline.render.generated.renderer import GeneratedRenderer
from trueline.render.resource import Rendered
from trueline.render.site import worker as pages
from trueline.render.site.file import FILE_KIND
from trueline.render.site.image import worker as images
from trueline.render.site.image.stage import ImageStage
from trueline.render.site.renderer import SiteRenderer
from trueline.render.site.versioned import VersionedSite
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.cell.process import ProcessCells
from trueline.runtime.clock import Clock
from trueline.runtime.toolbox import Toolbox
from trueline.runtime.toolbox_process import ProcessToolbox
from trueline.runtime.worker_process import arguments_of
from trueline.target.directory.target import DirectoryTarget as PublishedDirectory
from trueline.target.kubernetes.mark import Installation
from trueline.wiring.shared import Shared, site_parts

READER_IDLE_S = 300.0
"""Who writes saves again soon, and a new interpreter takes longer than all else that one changed page costs."""
IMAGES_AT_ONCE = 2
IMAGE_TIMEOUT_S = 180.0
"""For all sizes and formats of one image: a photograph of 100 megapixels on a machine that has other work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBuilder:
    """The builder of sites with versions, and the one of single sites in it, which counts pages."""

    renderer: VersionedSite
    pages: SiteRenderer


async def site_renderer(  # noqa: PLR0913 - what it is made with
    stack: AsyncExitStack,
    *,
    clock: Clock,
    toolbox: Toolbox,
    blobs: BlobDirectory,
    cache: RenderStore,
    progress: Callable[[int, int], None] | None = None,
) -> SiteBuilder | None:
    """The builder of sites, its workers started when they are needed; `None` where the extra is not installed."""
    if not (_version("comrak") and _version("pillow")):
        return None
    interpreter = Path(sys.executable)
    reading = ProcessToolbox(path=interpreter, arguments=arguments_of(pages.MODULE), clock=clock, idle_s=READER_IDLE_S)
    encoding = ProcessToolbox(
        path=interpreter,
        arguments=arguments_of(images.MODULE),
        clock=clock,
        workers_max=IMAGES_AT_ONCE,
        timeout_s=IMAGE_TIMEOUT_S,
    )
    await stack.enter_async_context(reading)
    await stack.enter_async_context(encoding)
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


async def generated_renderer(
    stack: AsyncExitStack, *, clock: Clock, cells: ProcessCells, blobs: BlobDirectory, cache: RenderStore
) -> tuple[GeneratedRenderer, Builder]:
    """What has other programs build sites, and who knows what those are."""
    reading = ProcessToolbox(path=Path(sys.executable), arguments=arguments_of(built_pages.MODULE), clock=clock)
    await stack.enter_async_context(reading)
    builder = Builder(cells, blobs, sys.executable)
    mkdocs = _version("mkdocs")
    return GeneratedRenderer(builder=builder, worker=reading, blobs=blobs, cache=cache, mkdocs=mkdocs), builder


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


class DirectoryTargets:
    """The directories that declarations name, each opened once."""

    def __init__(self, *, installation: Installation, blobs: BlobDirectory, clock: Clock, shared: Shared) -> None:
        self._installation = installation
        self._blobs = blobs
        self._clock = clock
        self._shared = shared
        self._parts: dict[str, Parts] = {}

    def parts(self, target: DirectoryTarget) -> Parts:
        """What a pass on a directory works with.

        Raises:
            UserError: TL0715, the path can be no such directory.
        """
        path = Path(target.path)
        if not path.is_absolute():
            raise UserError([_no_directory(target.path, "it does not begin with /")])
        place = Path(os.path.realpath(path.parent)) / path.name
        if str(place) not in self._parts:
            self._parts[str(place)] = self._open(place)
        return self._parts[str(place)]

    def _open(self, path: Path) -> Parts:
        try:
            directory = PublishedDirectory(
                str(path),
                path,
                self._blobs,
                family=f"{self._installation.name}.",
                mark=self._installation.mark,
                clock=self._clock,
            )
        except ValueError as error:
            raise UserError([_no_directory(str(path), str(error))]) from None
        return site_parts(self._shared, directory)


def needed_blobs(ledger: StoreLedger, bodies: Bodies) -> list[Digest]:
    """The blobs of every file that is published somewhere."""
    found = bodies.get_many(ledger.bodies_of(FILE_KIND))
    return [Digest(msgspec.json.decode(body, type=_Blob).blob) for body in found.values()]


def has_blobs(blobs: BlobDirectory) -> Callable[[Rendered], bool]:
    """What says whether everything that a render of a site names is still there."""

    def has(rendered: Rendered) -> bool:
        files = (one for one in rendered.resources if one.ref.kind == FILE_KIND)
        wanted = {Digest(msgspec.json.decode(rendered.body(one), type=_Blob).blob) for one in files}
        return wanted == blobs.known(wanted)

    return has


class _Blob(msgspec.Struct, frozen=True):
    blob: str


def _no_directory(path: str, reason: str) -> Diagnostic:
    return Diagnostic(
        code="TL0715",
        summary="a site cannot be published to that path",
        detail=f"{path}: {reason}",
        remedy="name the whole path of a directory that may be replaced by a link, such as /srv/www/site",
    )

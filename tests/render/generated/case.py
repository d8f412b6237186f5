"""A renderer of sites that another program builds, with real cells and a real worker."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.render.site.case import MemoryCache, tree
from trueline.model.digest import Digest
from trueline.model.fault import UserError
from trueline.render.generated.build import Builder
from trueline.render.generated.renderer import GeneratedRenderer
from trueline.render.options import GeneratedSite
from trueline.render.protocol import RenderRequest
from trueline.render.resource import Rendered
from trueline.render.site.file import FILE_KIND, RELEASE_KIND
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.cell.process import ProcessCells
from trueline.runtime.files import FileTree
from trueline.runtime.process import SystemProcesses
from trueline.runtime.toolbox import Toolbox

COMMAND = GeneratedSite(command=("sh", "-e", "build.sh"), output="_site", timeout_s=60)
MKDOCS = GeneratedSite(mkdocs="mkdocs.yml", timeout_s=600)


@dataclass
class Bench:
    """A renderer with all that it keeps."""

    worker: Toolbox
    place: Path
    mkdocs: str = "installed"
    is_plain: bool = False
    cache: MemoryCache = field(default_factory=MemoryCache)

    def __post_init__(self) -> None:
        self.blobs = BlobDirectory(self.place / "blobs")
        cells = ProcessCells(SystemProcesses(), self.place / "cells", is_plain=self.is_plain)
        self.builder = Builder(cells, self.blobs, sys.executable)
        self.renderer = GeneratedRenderer(
            builder=self.builder, worker=self.worker, blobs=self.blobs, cache=self.cache, mkdocs=self.mkdocs
        )

    async def render(self, files: FileTree, options: GeneratedSite = COMMAND, path: str = "") -> Rendered:
        """Resources, as the loop gets them."""
        request = RenderRequest(application="docs", path=path, options=options, commit="c0ffee")
        return await self.renderer.render(request, files)

    async def built(
        self, files: Mapping[str, str | bytes], options: GeneratedSite = COMMAND, path: str = ""
    ) -> dict[str, bytes]:
        """What is published, by path."""
        return self.published(await self.render(tree(files), options, path))

    async def script(self, script: str, options: GeneratedSite = COMMAND) -> dict[str, bytes]:
        """What a build of a few lines of the shell publishes."""
        return await self.built({"build.sh": script}, options)

    async def refused(
        self, files: Mapping[str, str | bytes], options: GeneratedSite = COMMAND, path: str = ""
    ) -> list[str]:
        """What is told of a site that is not published: code, place and detail."""
        try:
            await self.render(tree(files), options, path)
        except UserError as error:
            return [f"{one.code} {one.origin} {one.detail}" for one in error.diagnostics]
        raise AssertionError("it was published")

    def published(self, rendered: Rendered) -> dict[str, bytes]:
        """The files of resources, by path."""
        bodies = [json.loads(rendered.body(one)) for one in rendered.resources]
        found = {one["path"]: self.blobs.get(Digest(one["blob"])) for one in bodies if one["kind"] == FILE_KIND}
        assert None not in found.values()
        return {path: data for path, data in found.items() if data is not None}


def release_of(rendered: Rendered) -> dict[str, object]:
    """The body of the release."""
    found: dict[str, object] = json.loads(rendered.body(rendered.resources[-1]))
    assert found["kind"] == RELEASE_KIND
    return found


def told(rendered: Rendered) -> list[str]:
    """What is told beside it."""
    return [f"{one.code} {one.origin} {one.detail}" for one in rendered.notes]

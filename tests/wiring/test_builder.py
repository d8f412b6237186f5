"""What builds sites: its workers are those that are named, and what a cell left is removed though nothing is built."""

from contextlib import AsyncExitStack
from pathlib import Path

from trueline.record.keep import RenderStore
from trueline.record.schema import SCHEMA
from trueline.render.generated import worker as outlines
from trueline.render.options import GeneratedSite, Helm, Plain, Site
from trueline.render.site import worker as pages
from trueline.render.site.image import worker as images
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import SystemClock
from trueline.runtime.process import SystemProcesses
from trueline.runtime.store import Store
from trueline.runtime.toolbox_process import ProcessToolbox
from trueline.wiring.builder import Builders, Making
from trueline.wiring.worker import IMAGES, OUTLINES, PAGES


def _builders(folder: Path, stack: AsyncExitStack) -> Builders:
    store = Store.open(folder / "store", SCHEMA)
    stack.callback(store.close)
    making = Making(
        clock=SystemClock(),
        toolbox=ProcessToolbox(path=Path("/nowhere"), clock=SystemClock()),
        blobs=BlobDirectory(folder / "blobs"),
        cache=RenderStore(store),
        processes=SystemProcesses(),
        place=folder / "cells",
    )
    return Builders(making)


def test_the_workers_are_those_that_are_named() -> None:
    assert [PAGES, IMAGES, OUTLINES] == [pages.MODULE, images.MODULE, outlines.MODULE]


async def test_what_a_cell_left_is_removed_at_a_start(tmp_path: Path) -> None:
    left = tmp_path / "cells" / "1"
    left.mkdir(parents=True)
    (left / "half.html").write_text("half")
    async with AsyncExitStack() as stack:
        await _builders(tmp_path, stack).begin(stack)
        assert not left.exists()


async def test_a_site_is_made_by_one_engine_and_manifests_by_none(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        builders = _builders(tmp_path, stack)
        assert [builders.identity(options) for options in (Plain(), Helm())] == ["", ""]
        found = builders.identity(Site()), builders.identity(GeneratedSite(command=("mkdocs",), output="site"))
        assert all(found)
        assert len({*found}) == 2
        assert builders.pages is builders.pages

"""Our builder of sites in a process of its own, for what is measured of a whole process: start, build, end.

`python -m benchmarks.building FOLDER DATA search|plain` builds the Markdown of FOLDER with what is kept in DATA, as the
loop does, and prints what it did as JSON: counts, and the memory of all its processes at their most.
"""

import asyncio
import os
import resource
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import uvloop

from trueline.record.keep import RenderStore
from trueline.record.schema import SCHEMA
from trueline.render.options import Site
from trueline.render.protocol import RenderRequest
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import SystemClock
from trueline.runtime.files import MemoryTree
from trueline.runtime.process import SystemProcesses
from trueline.runtime.store import Store
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.wiring.builder import Builders, Making

URL = "https://site.example"


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """What a build did. Memory is that of the largest moment of each process, added up."""

    parsed: int
    assembled: int
    files: int
    memory_mib: float


async def build(folder: Path, data: Path, *, search: bool) -> Built:
    """One build."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        store = Store.open(data / "store", SCHEMA)
        stack.callback(store.close)
        toolbox = await stack.enter_async_context(ProcessToolbox(path=find_toolbox().path, clock=clock))
        making = Making(
            clock=clock,
            toolbox=toolbox,
            blobs=BlobDirectory(data / "blobs"),
            cache=RenderStore(store),
            processes=SystemProcesses(),
            place=data / "cells",
        )
        builders = Builders(making)
        assert builders.site is not None, "the extra `site` is not installed"
        await builders.begin(stack)
        renderer = builders.pages
        files = _read(folder)
        request = RenderRequest(application="site", path="", options=Site(search=search, url=URL))
        rendered = await renderer.renderer.render(request, MemoryTree(files))
        parsed, assembled = renderer.pages.pages_parsed, renderer.pages.pages_assembled
        del store
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 2
    return Built(
        parsed=parsed,
        assembled=assembled,
        files=len(rendered.resources) - 1,
        memory_mib=(peak + workers) / 1024,
    )


def _read(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.md")}


def main() -> None:
    """The command line."""
    folder, data, kind = sys.argv[1:]
    Path(data).mkdir(exist_ok=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        built = runner.run(build(Path(folder), Path(data), search=kind == "search"))
    os.write(1, msgspec.json.encode(built))


if __name__ == "__main__":
    main()

"""One toolbox for the tests of a module."""

from collections.abc import AsyncIterator

import pytest_asyncio

from trueline.render.dispatch import DispatchingRenderer
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def toolbox() -> AsyncIterator[ProcessToolbox]:
    async with ProcessToolbox(path=find_toolbox().path, clock=SystemClock()) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def renderer(toolbox: ProcessToolbox) -> DispatchingRenderer:
    return DispatchingRenderer(toolbox)

"""The embedded cluster for tests."""

from collections.abc import AsyncIterator

import pytest_asyncio

from trueline.embedded.cluster import EmbeddedCluster
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster() -> AsyncIterator[EmbeddedCluster]:
    clock = SystemClock()
    async with (
        ProcessToolbox(path=find_toolbox().path, clock=clock) as toolbox,
        EmbeddedCluster(toolbox, clock) as started,
    ):
        yield started

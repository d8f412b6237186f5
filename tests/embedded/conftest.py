"""The embedded cluster for tests."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from trueline.embedded.cluster import EmbeddedCluster
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.testing.conformance.reviewer import InProcessReviewers


@pytest.fixture(scope="module")
def reviewers() -> InProcessReviewers:
    """Webhooks that the cluster reaches."""
    return InProcessReviewers()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(reviewers: InProcessReviewers) -> AsyncIterator[EmbeddedCluster]:
    clock = SystemClock()
    async with (
        ProcessToolbox(path=find_toolbox().path, clock=clock) as toolbox,
        EmbeddedCluster(toolbox, clock, connect=reviewers.connect) as started,
    ):
        yield started

"""One embedded cluster for all incidents, and a world of its own for each: a namespace, a store, a repository."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from trueline.embedded.cluster import EmbeddedCluster
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.testing.conformance.engine.world import World
from trueline.testing.conformance.place import own_namespace
from trueline.testing.conformance.reviewer import InProcessReviewers


@pytest.fixture(scope="session")
def reviewers() -> InProcessReviewers:
    """Webhooks that the cluster reaches."""
    return InProcessReviewers()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def toolbox() -> AsyncIterator[ProcessToolbox]:
    """The toolbox that renders."""
    async with ProcessToolbox(path=find_toolbox().path, clock=SystemClock()) as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def cluster(reviewers: InProcessReviewers) -> AsyncIterator[EmbeddedCluster]:
    """The cluster, with a toolbox of its own: what holds one up does not hold the other."""
    clock = SystemClock()
    async with (
        ProcessToolbox(path=find_toolbox().path, clock=clock) as its_own,
        EmbeddedCluster(its_own, clock, connect=reviewers.connect) as started,
    ):
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def world(cluster: EmbeddedCluster, reviewers: InProcessReviewers, toolbox: ProcessToolbox) -> World:
    """A world in a namespace that is made anew."""
    return World(await own_namespace(cluster.transport(), reviewers), toolbox)

"""The engine's conformance suite on the embedded cluster."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from trueline.embedded.cluster import EmbeddedCluster
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.testing.conformance.engine.case import EngineCase
from trueline.testing.conformance.engine.suite import all_engine_cases
from trueline.testing.conformance.engine.world import World
from trueline.testing.conformance.place import own_namespace
from trueline.testing.conformance.reviewer import InProcessReviewers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine_toolbox() -> AsyncIterator[ProcessToolbox]:
    async with ProcessToolbox(path=find_toolbox().path, clock=SystemClock()) as started:
        yield started


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", all_engine_cases(), ids=lambda case: case.name)
async def test_engine_conformance(
    cluster: EmbeddedCluster, reviewers: InProcessReviewers, engine_toolbox: ProcessToolbox, case: EngineCase
) -> None:
    await case.run(World(await own_namespace(cluster.transport(), reviewers), engine_toolbox))

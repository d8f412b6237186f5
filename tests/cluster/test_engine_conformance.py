"""The engine's conformance suite on the real API server."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.cluster.webhook_server import HttpsReviewers
from trueline.runtime.clock import SystemClock
from trueline.runtime.http import Transport
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.testing.conformance.engine.case import EngineCase
from trueline.testing.conformance.engine.suite import all_engine_cases
from trueline.testing.conformance.engine.world import World
from trueline.testing.conformance.place import passing_namespace

CASES = [case for case in all_engine_cases() if not case.is_long]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine_toolbox() -> AsyncIterator[ProcessToolbox]:
    async with ProcessToolbox(path=find_toolbox().path, clock=SystemClock()) as started:
        yield started


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_engine_conformance(
    transport: Transport, reviewers: HttpsReviewers, engine_toolbox: ProcessToolbox, case: EngineCase
) -> None:
    async with passing_namespace(transport, reviewers) as api:
        await case.run(World(api, engine_toolbox))

"""The engine's conformance suite on the real API server."""

import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from testbed.control_plane import ControlPlane
from tests.cluster.webhook_server import HttpsReviewers
from trueline.model.masked import Masked
from trueline.runtime.clock import SystemClock
from trueline.runtime.http import Transport
from trueline.runtime.http_aiohttp import AiohttpTransport, Endpoint
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.testing.conformance.api import Api
from trueline.testing.conformance.case import expect_status
from trueline.testing.conformance.engine.case import EngineCase
from trueline.testing.conformance.engine.suite import all_engine_cases
from trueline.testing.conformance.engine.world import World

CASES = [case for case in all_engine_cases() if not case.is_long]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine_toolbox() -> AsyncIterator[ProcessToolbox]:
    async with ProcessToolbox(path=find_toolbox().path, clock=SystemClock()) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def transport(control_plane: ControlPlane) -> AsyncIterator[Transport]:
    access = control_plane.access
    endpoint = Endpoint(
        url=access.server,
        ca_pem=access.authority.read_bytes(),
        client_certificate_pem=access.certificate.read_bytes(),
        client_key=Masked(access.key.read_text()),
    )
    opened = AiohttpTransport(endpoint)
    yield opened
    await opened.close()


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_engine_conformance(
    transport: Transport, reviewers: HttpsReviewers, engine_toolbox: ProcessToolbox, case: EngineCase
) -> None:
    unique = uuid.uuid4().hex[:8]
    api = Api(transport=transport, clock=SystemClock(), namespace=f"t-{unique}", unique=unique, reviewers=reviewers)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": api.namespace}}
    expect_status(await api.create(namespace), 201)
    try:
        await case.run(World(api, engine_toolbox))
    finally:
        expect_status(await api.delete(namespace), 200)

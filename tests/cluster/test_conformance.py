"""The conformance suite against the real API server: where it and the embedded one disagree, the real one is right."""

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
from trueline.testing.conformance.api import Api
from trueline.testing.conformance.case import Case, expect_status
from trueline.testing.conformance.suite import all_cases


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
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
async def test_conformance(transport: Transport, reviewers: HttpsReviewers, case: Case) -> None:
    unique = uuid.uuid4().hex[:8]
    api = Api(transport=transport, clock=SystemClock(), namespace=f"t-{unique}", unique=unique, reviewers=reviewers)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": api.namespace}}
    expect_status(await api.create(namespace), 201)
    try:
        await case.run(api)
    finally:
        expect_status(await api.delete(namespace), 200)

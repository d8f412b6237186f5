"""The real control plane for tests. Everything under this folder gets the marker `cluster`.

One control plane for each process of a test run. It is not shared between workers: tests stop its API server.
With `-n N --dist loadgroup` all tests of this folder go to one worker (tests/conftest.py), so that only one is started.
"""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from testbed.control_plane import ControlPlane
from testbed.git_server import GitServer
from tests.cluster.webhook_server import HttpsReviewers
from trueline.model.masked import Masked
from trueline.runtime.http import Endpoint, Transport
from trueline.runtime.http_aiohttp import AiohttpTransport

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.cluster)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def control_plane(request: pytest.FixtureRequest) -> AsyncIterator[ControlPlane]:
    """A control plane that runs for the whole session. A test that stops its API server starts it again."""
    async with ControlPlane() as started:
        yield started
        started.keep_logs = request.session.testsfailed > 0


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def reviewers(control_plane: ControlPlane) -> AsyncIterator[HttpsReviewers]:
    """Webhooks that the API server reaches."""
    started = HttpsReviewers(*control_plane.cloud_certificate, control_plane.access.authority)
    await started.open()
    yield started
    await started.close()


@pytest_asyncio.fixture(loop_scope="session")
async def transport(control_plane: ControlPlane) -> AsyncIterator[Transport]:
    """The way to its API server, as its administrator."""
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


@pytest_asyncio.fixture
async def namespace(control_plane: ControlPlane) -> AsyncIterator[str]:
    """A namespace of the test's own; its end is not waited for."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    await control_plane.kubectl("create", "namespace", name)
    yield name
    await control_plane.kubectl("delete", "namespace", name, "--wait=false")


@pytest_asyncio.fixture
async def git_server(tmp_path: Path) -> AsyncIterator[GitServer]:
    """Git over HTTP, without a password."""
    async with GitServer(tmp_path / "git") as started:
        yield started

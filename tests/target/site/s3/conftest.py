"""moto's S3 server, one for each process of a test run."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from testbed.bucket_server import BucketServer


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bucket_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BucketServer]:
    async with BucketServer(tmp_path_factory.mktemp("moto")) as server:
        yield server

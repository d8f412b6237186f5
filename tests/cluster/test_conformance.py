"""The conformance suite against the real API server: where it and the embedded one disagree, the real one is right."""

import pytest

from tests.cluster.webhook_server import HttpsReviewers
from trueline.runtime.http import Transport
from trueline.testing.conformance.case import Case
from trueline.testing.conformance.place import passing_namespace
from trueline.testing.conformance.suite import all_cases


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
async def test_conformance(transport: Transport, reviewers: HttpsReviewers, case: Case) -> None:
    async with passing_namespace(transport, reviewers) as api:
        await case.run(api)

"""The conformance suite against the embedded cluster."""

import pytest

from trueline.embedded.cluster import EmbeddedCluster
from trueline.testing.conformance.case import Case
from trueline.testing.conformance.place import own_namespace
from trueline.testing.conformance.reviewer import InProcessReviewers
from trueline.testing.conformance.suite import all_cases


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
async def test_conformance(cluster: EmbeddedCluster, reviewers: InProcessReviewers, case: Case) -> None:
    await case.run(await own_namespace(cluster.transport(), reviewers))

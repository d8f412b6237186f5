"""The conformance suite against the embedded cluster."""

import uuid

import pytest

from trueline.embedded.cluster import EmbeddedCluster
from trueline.runtime.clock import SystemClock
from trueline.testing.conformance.api import Api
from trueline.testing.conformance.case import Case, expect_status
from trueline.testing.conformance.reviewer import InProcessReviewers
from trueline.testing.conformance.suite import all_cases


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
async def test_conformance(cluster: EmbeddedCluster, reviewers: InProcessReviewers, case: Case) -> None:
    unique = uuid.uuid4().hex[:8]
    api = Api(
        transport=cluster.transport(),
        clock=SystemClock(),
        namespace=f"t-{unique}",
        unique=unique,
        reviewers=reviewers,
    )
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": api.namespace}}
    expect_status(await api.create(namespace), 201)
    await case.run(api)

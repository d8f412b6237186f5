"""Where a case works: a namespace of its own on a server that other cases use too."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from trueline.runtime.clock import SystemClock
from trueline.runtime.http import Transport
from trueline.testing.conformance.api import Api
from trueline.testing.conformance.case import expect_status
from trueline.testing.conformance.reviewer import Reviewers


async def own_namespace(transport: Transport, reviewers: Reviewers) -> Api:
    """A namespace is made anew, under a name that no other case has; whoever asks for it ends it, if at all."""
    unique = uuid.uuid4().hex[:8]
    api = Api(transport=transport, clock=SystemClock(), namespace=f"t-{unique}", unique=unique, reviewers=reviewers)
    expect_status(await api.create(_namespace(api)), 201)
    return api


@asynccontextmanager
async def passing_namespace(transport: Transport, reviewers: Reviewers) -> AsyncIterator[Api]:
    """The same, deleted after the block: a server outside this process keeps what nobody deletes."""
    api = await own_namespace(transport, reviewers)
    try:
        yield api
    finally:
        expect_status(await api.delete(_namespace(api)), 200)


def _namespace(api: Api) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": api.namespace}}

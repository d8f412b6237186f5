"""A kind that the server does not serve at the moment is not a kind that nobody defines."""

import asyncio
from typing import Any

import pytest

from tests.target.kubernetes.fake import FakeTransport, client_of, failure, reply
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.runtime.http import Response
from trueline.runtime.task_group import TaskGroup
from trueline.target.inventory import Inventory
from trueline.target.kubernetes.mark import Installation
from trueline.target.kubernetes.target import KubernetesTarget

CERTIFICATE = Ref("Certificate.cert-manager.io", "shop", "web")
THING = Ref("Thing.example.com", "shop", "web")


def groups() -> dict[str, Any]:
    """Aggregated discovery of a server that serves definitions and nothing else."""
    kind = {"group": "apiextensions.k8s.io", "version": "v1", "kind": "CustomResourceDefinition"}
    resource = {"resource": "customresourcedefinitions", "responseKind": kind, "scope": "Cluster", "verbs": ["list"]}
    versions = [{"version": "v1", "freshness": "Current", "resources": [resource]}]
    return {
        "kind": "APIGroupDiscoveryList",
        "items": [{"metadata": {"name": "apiextensions.k8s.io"}, "versions": versions}],
    }


def defined(*names: str) -> Response:
    """The definitions that stand there."""
    items = [{"metadata": {"name": name}} for name in names]
    kind = "CustomResourceDefinitionList"
    return reply({"kind": kind, "metadata": {"resourceVersion": "9"}, "items": items})


def target_of(transport: FakeTransport) -> KubernetesTarget[int]:
    """A target without watches."""
    return KubernetesTarget(
        "prod",
        client_of(transport),
        None,
        Installation("one"),
        clock=transport.clock,
        needs_status=lambda _: False,
        judge=len,
    )


@pytest.mark.parametrize(
    ("answer", "certificate", "thing"),
    [
        (defined("certificates.cert-manager.io"), Unknown, Known),
        (defined(), Known, Known),
        (failure(403, "Forbidden", "no"), Unknown, Unknown),
    ],
    ids=["defined", "not defined", "not told"],
)
async def test_a_kind_that_is_defined_and_not_served_is_unknown(
    answer: Response, certificate: type, thing: type
) -> None:
    """INV-04: a server that has just started serves less than it has; nothing counts as deleted for it."""
    transport = FakeTransport()
    transport.answers.extend([reply({"kind": "APIGroupDiscoveryList", "items": []}), reply(groups()), answer])
    snapshot = await target_of(transport).snapshot([CERTIFICATE, THING], Inventory(application="shop"))
    assert (type(snapshot.at(CERTIFICATE)), type(snapshot.at(THING))) == (certificate, thing)


async def test_what_is_owned_is_watched_before_anybody_asks_for_it() -> None:
    """A kind that is not served any more is nothing to watch."""
    transport = FakeTransport()
    transport.answers.extend([reply({"kind": "APIGroupDiscoveryList", "items": []}), reply(groups())] * 3)
    owned = ("CustomResourceDefinition.apiextensions.k8s.io", str(THING.kind))
    async with asyncio.timeout(60), TaskGroup() as tasks:
        running = tasks.create_task(target_of(transport).run(owned))
        while not (watched := [one for one in transport.requests if "watch" in one.query]):
            await asyncio.sleep(0)
        running.cancel()
    assert [one.path.rpartition("/")[2] for one in watched] == ["customresourcedefinitions"]

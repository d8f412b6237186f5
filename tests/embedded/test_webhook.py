"""How the embedded cluster reaches webhooks, and what it does while it waits for them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from trueline.embedded.cluster import EmbeddedCluster
from trueline.runtime.clock import SystemClock
from trueline.runtime.http import Endpoint, Request, Response, Stream, Transport
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.testing.conformance.api import Api, Json
from trueline.testing.conformance.case import expect_status
from trueline.testing.conformance.reviewer import Reviewer, allowed, denied, reviewed
from trueline.testing.conformance.sample import config_map
from trueline.testing.conformance.webhook import MUTATING, VALIDATING, configuration

SERVICE: Json = {"service": {"namespace": "default", "name": "policy", "path": "/review", "port": 8443}}


@dataclass(slots=True)
class Road:
    """One webhook, wherever it is looked for; `endpoints` are where that was, `requests` what was sent."""

    reviewer: Reviewer = lambda _: allowed()
    meanwhile: Callable[[], Any] | None = None
    endpoints: list[Endpoint] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    timeouts_s: list[float] = field(default_factory=list)

    def connect(self, endpoint: Endpoint) -> Transport:
        """A way to it."""
        if endpoint.ca_pem == b"broken":
            raise ValueError("the certificate authority does not hold")
        self.endpoints.append(endpoint)
        return self

    async def send(self, request: Request, *, timeout_s: float = 60.0) -> Response:
        """Its answer."""
        self.requests.append(request)
        self.timeouts_s.append(timeout_s)
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            await act()
        return Response(status=200, headers={}, body=reviewed(request.body, self.reviewer))

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        """Never."""
        raise NotImplementedError(request.path)

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def road() -> Road:
    return Road()


@pytest_asyncio.fixture
async def cluster(road: Road) -> AsyncIterator[EmbeddedCluster]:
    clock = SystemClock()
    async with (
        ProcessToolbox(path=find_toolbox().path, clock=clock) as toolbox,
        EmbeddedCluster(toolbox, clock, connect=road.connect) as started,
    ):
        await started.wait_settled()
        yield started


@pytest.fixture
def api(cluster: EmbeddedCluster) -> Api:
    return Api(transport=cluster.transport(), clock=SystemClock(), namespace="default", unique="x")


def endpoint_slice(*addresses: str) -> Json:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "policy-1", "labels": {"kubernetes.io/service-name": "policy"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": list(addresses)}],
        "ports": [{"name": "https", "port": 9443, "protocol": "TCP"}],
    }


def service(**spec: Any) -> Json:
    metadata = {"name": "policy"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": PORTS, **spec}}


PORTS = [{"name": "https", "port": 8443}]


async def test_a_service_leads_to_the_addresses_that_were_written_down(api: Api, road: Road) -> None:
    for body in (service(), endpoint_slice("192.0.2.5")):
        expect_status(await api.create(body), 201)
    expect_status(await api.create(configuration(api, VALIDATING, SERVICE, timeoutSeconds=7)), 201)
    expect_status(await api.create(config_map("c")), 201)
    assert [(e.url, e.server_name) for e in road.endpoints] == [("https://192.0.2.5:9443", "policy.default.svc")]
    assert [(r.method, r.path, r.query) for r in road.requests] == [("POST", "/review", {"timeout": "7s"})]
    assert road.timeouts_s == [7.0]


async def test_an_external_name_leads_there(api: Api, road: Road) -> None:
    expect_status(await api.create(service(type="ExternalName", externalName="policy.example.test")), 201)
    expect_status(await api.create(configuration(api, VALIDATING, SERVICE)), 201)
    expect_status(await api.create(config_map("c")), 201)
    assert [e.url for e in road.endpoints] == ["https://policy.example.test:8443"]


NOWHERE = {
    'service "policy" not found': [],
    'no endpoints available for service "policy"': [service()],
    'no service port 8443 found for service "policy"': [service(ports=[{"port": 1}])],
}


@pytest.mark.parametrize("reason", NOWHERE)
async def test_a_service_that_leads_nowhere_fails_as_its_policy_says(api: Api, road: Road, reason: str) -> None:
    for body in NOWHERE[reason]:
        expect_status(await api.create(body), 201)
    expect_status(await api.create(configuration(api, MUTATING, SERVICE)), 201)
    refused = expect_status(await api.create(config_map("c")), 500)
    assert refused.body["message"].endswith(reason)
    assert road.requests == []


async def test_a_bundle_that_does_not_hold_is_told(api: Api, road: Road) -> None:
    broken = {"url": "https://policy.example.test/review", "caBundle": "YnJva2Vu"}
    created = await api.create(configuration(api, VALIDATING, broken))
    refused = await api.create(config_map("c"))
    assert created.status == 422 or "certificate" in refused.body["message"]
    assert road.requests == []


async def test_a_webhook_may_ask_the_cluster_while_it_is_asked(api: Api, road: Road) -> None:
    """Nothing is locked meanwhile; a name that is taken in that time is taken."""

    async def take() -> None:
        expect_status(await api.create(config_map("c", {"by": "webhook"})), 201)

    expect_status(await api.create(configuration(api, VALIDATING, {"url": "https://p.test/r"})), 201)
    road.meanwhile = take
    expect_status(await api.create(config_map("c")), 409)
    assert (await api.get(config_map("c"))).body["data"] == {"by": "webhook"}


async def test_each_webhook_is_asked_once_for_a_request(api: Api, road: Road) -> None:
    client = {"url": "https://p.test/r"}
    for kind in (MUTATING, VALIDATING):
        expect_status(await api.create(configuration(api, kind, client)), 201)
    road.reviewer = lambda _: allowed({"op": "add", "path": "/metadata/annotations", "value": {"seen": "yes"}})
    answer = await api.create(config_map("c"))
    assert (answer.status, len(road.requests)) == (500, 2), "one that checks may not change anything"
    road.reviewer = lambda _: allowed()
    made = expect_status(await api.create(config_map("c")), 201)
    assert len(road.requests) == 4
    assert made.body["metadata"]["uid"].encode() in road.requests[3].body


async def test_the_cluster_itself_is_reviewed_too(api: Api, cluster: EmbeddedCluster, road: Road) -> None:
    """A webhook that denies pods holds a Deployment back, as it would anywhere."""
    body = configuration(api, VALIDATING, {"url": "https://p.test/r"})
    body["webhooks"][0]["rules"][0]["resources"] = ["pods"]
    expect_status(await api.create(body), 201)
    road.reviewer = lambda _: denied("no pods today")
    container = {"name": "app", "image": "example.test/app:1"}
    pod = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": {"app": "x"}}, "template": pod}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": spec}
    expect_status(await api.create(deployment), 201)
    await cluster.wait_settled()
    assert failures((await api.get(deployment)).body) == [
        'admission webhook "review.example.test" denied the request: no pods today'
    ]
    road.reviewer = lambda _: allowed()
    made = await api.until(deployment, lambda a: a.body["status"].get("availableReplicas") == 1, "available")
    await cluster.wait_settled()
    assert (failures(made.body), cluster.refused) == ([], ())


def failures(body: Json) -> list[str]:
    """Why pods are not made."""
    return [c["message"] for c in body["status"]["conditions"] if c["type"] == "ReplicaFailure"]

"""Both forms of discovery give the same catalog; what is stale is unknown, not absent."""

from inline_snapshot import snapshot

from tests.target.kubernetes.fake import FakeTransport, client_of, failure, reply
from trueline.model.known import Known, Unknown
from trueline.runtime.http import Response
from trueline.target.kubernetes.discovery import Catalog, discover, openapi_paths, server_version


def resource(plural: str, kind: str) -> dict[str, object]:
    return {"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced", "verbs": ["list", "watch"]}


def aggregated(*groups: object) -> Response:
    return reply({"kind": "APIGroupDiscoveryList", "items": groups})


CORE = aggregated({"versions": [{"version": "v1", "resources": [resource("services", "Service")]}]})
APPS = {
    "metadata": {"name": "apps"},
    "versions": [
        {"version": "v1", "resources": [resource("deployments", "Deployment")]},
        {"version": "v1beta1", "resources": [resource("deployments", "Deployment")]},
    ],
}
METRICS = {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1", "freshness": "Stale"}]}


async def check(*answers: Response) -> Catalog:
    """The catalog that a server's answers make; every answer is asked for."""
    transport = FakeTransport()
    transport.answers.extend(answers)
    found = await discover(client_of(transport))
    assert isinstance(found, Known)
    assert not transport.answers
    return found.value


async def test_two_requests_tell_everything() -> None:
    catalog = await check(CORE, aggregated(APPS, METRICS))
    assert [(found.api_version, found.kind_name) for found in catalog.types] == snapshot(
        [("v1", "Service"), ("apps/v1", "Deployment.apps"), ("apps/v1beta1", "Deployment.apps")]
    )
    named = catalog.named("Deployment.apps")
    assert isinstance(named, Known)
    assert named.value is not None
    assert named.value.path("shop", "web") == "/apis/apps/v1/namespaces/shop/deployments/web"
    assert [found.api_version for found in catalog.watchable()] == ["v1", "apps/v1"]
    assert catalog.find("apps/v2", "Deployment") == Known(None)


async def test_a_stale_group_is_unknown_and_not_absent() -> None:
    catalog = await check(CORE, aggregated(APPS, METRICS))
    assert isinstance(catalog.find("metrics.k8s.io/v1", "NodeMetrics"), Unknown)
    assert isinstance(catalog.named("NodeMetrics.metrics.k8s.io"), Unknown)
    assert catalog.named("Nothing.apps") == Known(None)


async def test_an_old_server_is_asked_group_by_group() -> None:
    services = [
        {"name": "services", "kind": "Service", "namespaced": True, "verbs": ["list", "watch"]},
        {"name": "services/status", "kind": "Service", "namespaced": True, "verbs": ["patch"]},
    ]
    groups = [{"name": "a.b", "versions": [{"groupVersion": "a.b/v1", "version": "v1"}]}]
    catalog = await check(
        reply({"kind": "APIVersions", "versions": ["v1"]}),
        reply({"kind": "APIResourceList", "resources": services}),
        reply({"kind": "APIGroupList", "groups": groups}),
        failure(404, "NotFound", "gone"),
    )
    assert [found.kind_name for found in catalog.types] == ["Service"]
    assert catalog.types[0].subresources == {"status"}
    assert isinstance(catalog.find("a.b/v1", "X"), Unknown)


async def test_no_answer_is_unknown() -> None:
    transport = FakeTransport()
    transport.answers.append(Response(status=200, headers={}, body=b"<html>"))
    assert isinstance(await discover(client_of(transport)), Unknown)


async def test_version_and_openapi_hashes() -> None:
    transport = FakeTransport()
    paths = {"apis/apps/v1": {"serverRelativeURL": "/openapi/v3/apis/apps/v1?hash=AB"}, "version": {}}
    transport.answers.extend([reply({"gitVersion": "v1.35.0"}), reply({"paths": paths})])
    client = client_of(transport)
    assert await server_version(client) == Known("v1.35.0")
    assert await openapi_paths(client) == Known({"apps/v1": "AB"})

"""What the API server's own plug-ins add to pods, and what `kubectl` asks beside objects."""

from typing import Any

import pytest

from trueline.embedded.cluster import EmbeddedCluster
from trueline.runtime.clock import SystemClock
from trueline.runtime.http import Request
from trueline.testing.conformance.api import Api, Json
from trueline.testing.conformance.case import expect_status

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def api(cluster: EmbeddedCluster) -> Api:
    return Api(transport=cluster.transport(), clock=SystemClock(), namespace="default", unique="x")


def pod(name: str, **spec: Any) -> Json:
    containers = [{"name": "app", "image": "example.test/app:1"}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers, **spec}}


async def test_pods_have_accounts(api: Api, cluster: EmbeddedCluster) -> None:
    """Every namespace has one; its token is mounted where nobody says otherwise; a missing one is refused."""
    made = expect_status(await api.create(pod("a")), 201)
    assert made.body["spec"]["serviceAccountName"] == "default"
    mounts = made.body["spec"]["containers"][0]["volumeMounts"]
    assert [mount["mountPath"] for mount in mounts] == ["/var/run/secrets/kubernetes.io/serviceaccount"]
    plain = expect_status(await api.create(pod("b", automountServiceAccountToken=False)), 201)
    assert "volumes" not in plain.body["spec"]
    refused = expect_status(await api.create(pod("c", serviceAccountName="nobody"), dryRun="All"), 403)
    assert 'serviceaccount "nobody" not found' in refused.body["message"]
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    expect_status(await api.delete(account), 200)
    await cluster.wait_settled()
    expect_status(await api.get(account), 200)


async def test_a_pod_that_is_there_has_an_empty_log(api: Api) -> None:
    expect_status(await api.create(pod("quiet")), 201)
    path = "/api/v1/namespaces/default/pods"
    assert (await api.send("GET", f"{path}/quiet/log")).status == 200
    assert (await api.send("GET", f"{path}/none/log")).status == 404


async def test_nobody_gets_into_a_pod(api: Api) -> None:
    expect_status(await api.create(pod("closed")), 201)
    refused = expect_status(await api.send("GET", "/api/v1/namespaces/default/pods/closed/exec", command="sh"), 400)
    assert "run nothing" in refused.body["message"]


async def test_one_may_ask_who_one_is_and_what_one_may(api: Api) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": "default"},
    }
    mine = expect_status(await api.send("POST", path, body), 201)
    assert mine.body["status"]["resourceRules"] == [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
    theirs = expect_status(await api.impersonating("eve").send("POST", path, body), 201)
    assert theirs.body["status"]["resourceRules"] == []
    me = await api.impersonating("eve").send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    assert me.body["status"]["userInfo"]["username"] == "eve"


@pytest.mark.parametrize("accept", ["application/json", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"])
async def test_older_clients_get_their_document(cluster: EmbeddedCluster, accept: str) -> None:
    request = Request(method="GET", path="/openapi/v2", headers={"accept": accept})
    answer = await cluster.transport().send(request)
    assert answer.status == 200
    assert b"io.k8s.api.apps.v1.Deployment" in answer.body
    assert answer.body.startswith(b"{") is (accept == "application/json")

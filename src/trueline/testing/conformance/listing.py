"""Lists: pages, selectors, metadata alone."""

from trueline.testing.conformance.api import METADATA, METADATA_LIST, Api
from trueline.testing.conformance.case import case, expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.sample import OWN, config_map, deployment


def _path(api: Api) -> str:
    return f"/api/v1/namespaces/{api.namespace}/configmaps"


async def _three(api: Api) -> None:
    for name in ("a", "b", "c"):
        expect_status(await api.apply(config_map(name, labels=OWN | {"which": name})), 201)


@case
async def list_in_pages(api: Api) -> None:
    """A limit gives pages with a way to the next one; all have the first one's revision."""
    await _three(api)
    query = {"labelSelector": "trueline.dev/application"}
    first = expect_status(await api.send("GET", _path(api), limit="2", **query), 200)
    expect([i["metadata"]["name"] for i in first.body["items"]], ["a", "b"])
    token, revision = first.body["metadata"]["continue"], first.body["metadata"]["resourceVersion"]
    second = expect_status(await api.send("GET", _path(api), **{"limit": "2", "continue": token}, **query), 200)
    expect([i["metadata"]["name"] for i in second.body["items"]], ["c"])
    expect_that("continue" not in second.body["metadata"])
    expect(second.body["metadata"]["resourceVersion"], revision)
    expect_status(await api.send("GET", _path(api), **{"limit": "2", "continue": "nonsense"}), 400)


@case
async def list_by_selectors(api: Api) -> None:
    """Labels and fields select."""
    await _three(api)
    for selector, names in (("which in (a,b)", ["a", "b"]), ("which=c", ["c"]), ("which notin (a),which", ["b", "c"])):
        found = expect_status(await api.send("GET", _path(api), labelSelector=selector), 200)
        expect([i["metadata"]["name"] for i in found.body["items"]], names, selector)
    found = expect_status(await api.send("GET", _path(api), fieldSelector="metadata.name=b"), 200)
    expect([i["metadata"]["name"] for i in found.body["items"]], ["b"])
    everywhere = expect_status(
        await api.send("GET", "/api/v1/configmaps", fieldSelector=f"metadata.namespace={api.namespace}"), 200
    )
    expect_that({"a", "b", "c"} <= {i["metadata"]["name"] for i in everywhere.body["items"]})
    expect_status(await api.send("GET", _path(api), fieldSelector="data.a=1"), 400)
    expect_status(await api.send("GET", _path(api), labelSelector="a in b"), 400)


@case
async def list_of_a_builtin_kind_names_kinds_once(api: Api) -> None:
    """Items of a list of a built-in kind say nothing of their kind."""
    await _three(api)
    found = expect_status(await api.send("GET", _path(api)), 200)
    expect((found.body["kind"], found.body["apiVersion"]), ("ConfigMapList", "v1"))
    expect_that("kind" not in found.body["items"][0])


@case
async def list_metadata(api: Api) -> None:
    """A list of metadata has every entry of every manager, and no data."""
    await _three(api)
    found = expect_status(await api.send("GET", _path(api), accept=METADATA_LIST, labelSelector="which=a"), 200)
    expect((found.body["kind"], found.body["apiVersion"]), ("PartialObjectMetadataList", "meta.k8s.io/v1"))
    (item,) = found.body["items"]
    expect(sorted(item), ["apiVersion", "kind", "metadata"])
    expect(item["kind"], "PartialObjectMetadata")
    expect(item["metadata"]["managedFields"][0]["operation"], "Apply")
    one = expect_status(await api.get(config_map("a"), METADATA), 200)
    expect(one.body["metadata"], item["metadata"])


@case
async def list_as_table(api: Api) -> None:
    """A table has the columns that `kubectl get` prints."""
    expect_status(await api.apply(deployment(f"d-{api.unique}")), 201)
    path = f"/apis/apps/v1/namespaces/{api.namespace}/deployments"
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    table = expect_status(await api.send("GET", path, accept=accept, limit="500"), 200)
    expect(table.body["kind"], "Table")
    expect([c["name"] for c in table.body["columnDefinitions"]][:4], ["Name", "Ready", "Up-to-date", "Available"])
    expect(table.body["rows"][0]["cells"][0], f"d-{api.unique}")


@case
async def discovery_in_both_forms(api: Api) -> None:
    """Discovery answers aggregated where asked, and in the older form."""
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    groups = expect_status(await api.send("GET", "/apis", accept=accept), 200)
    apps = next(g for g in groups.body["items"] if g["metadata"]["name"] == "apps")
    deployments = next(r for r in apps["versions"][0]["resources"] if r["resource"] == "deployments")
    expect((deployments["responseKind"]["kind"], deployments["scope"]), ("Deployment", "Namespaced"))
    older = expect_status(await api.send("GET", "/apis/apps/v1"), 200)
    names = {r["name"]: r for r in older.body["resources"]}
    expect_that({"deployments", "deployments/status", "deployments/scale"} <= set(names))
    expect(sorted(names["deployments"]["verbs"]), sorted(deployments["verbs"]))
    core = expect_status(await api.send("GET", "/api/v1"), 200)
    expect_in("namespaces", {r["name"] for r in core.body["resources"]})


@case
async def openapi_has_every_kind(api: Api) -> None:
    """The OpenAPI documents name the schema of a kind."""
    index = expect_status(await api.send("GET", "/openapi/v3"), 200)
    expect_in("apis/apps/v1", set(index.body["paths"]))
    document = expect_status(await api.send("GET", "/openapi/v3/apis/apps/v1"), 200)
    schema = document.body["components"]["schemas"]["io.k8s.api.apps.v1.Deployment"]
    expect(schema["x-kubernetes-group-version-kind"], [{"group": "apps", "kind": "Deployment", "version": "v1"}])

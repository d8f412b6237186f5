"""What a cluster does by itself, as far as no kubelet and no cloud is needed."""

from http import HTTPStatus

from trueline.testing.conformance.api import Api
from trueline.testing.conformance.case import case, expect, expect_status, expect_that
from trueline.testing.conformance.sample import config_map, deployment, service


@case
async def life_deployment_makes_a_replica_set(api: Api) -> None:
    """A Deployment has a ReplicaSet that it controls, its revision, and a status that has seen the generation."""
    body = deployment(f"d-{api.unique}")
    expect_status(await api.apply(body), 201)
    seen = await api.until(body, lambda a: a.body.get("status", {}).get("observedGeneration") == 1, "seen")
    expect(seen.body["metadata"]["annotations"], {"deployment.kubernetes.io/revision": "1"})
    path = f"/apis/apps/v1/namespaces/{api.namespace}/replicasets"
    sets = expect_status(await api.send("GET", path, labelSelector=f"app=d-{api.unique}"), 200)
    (only,) = sets.body["items"]
    expect(only["metadata"]["ownerReferences"][0]["uid"], seen.body["metadata"]["uid"])
    expect_that("pod-template-hash" in only["metadata"]["labels"])


@case
async def life_scale_subresource(api: Api) -> None:
    """The scale of a Deployment is read and written apart."""
    body = deployment(f"d-{api.unique}")
    expect_status(await api.apply(body), 201)
    path = f"/apis/apps/v1/namespaces/{api.namespace}/deployments/d-{api.unique}/scale"
    scale = expect_status(await api.send("GET", path), 200)
    expect((scale.body["kind"], scale.body["spec"].get("replicas", 0)), ("Scale", 0))


@case
async def life_namespace_is_furnished(api: Api) -> None:
    """A namespace gets its default account and the authority's certificate."""
    name = f"n-{api.unique}"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    made = expect_status(await api.create(namespace), 201)
    expect(made.body["spec"]["finalizers"], ["kubernetes"])
    expect(made.body["metadata"]["labels"], {"kubernetes.io/metadata.name": name})
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
    await api.until(account, lambda a: a.status == HTTPStatus.OK, "made")
    await api.until(config_map("kube-root-ca.crt", namespace=name), lambda a: a.status == HTTPStatus.OK, "made")
    expect_status(await api.delete(namespace), 200)


@case
async def life_service_gets_an_address(api: Api) -> None:
    """A Service gets an address of the cluster and defaults."""
    made = expect_status(await api.apply(service(f"s-{api.unique}")), 201)
    spec = made.body["spec"]
    expect(spec["clusterIPs"], [spec["clusterIP"]])
    expect((spec["type"], spec["sessionAffinity"], spec["ipFamilies"]), ("ClusterIP", "None", ["IPv4"]))
    headless = expect_status(await api.apply(service(f"h-{api.unique}", clusterIP="None")), 201)
    expect(headless.body["spec"]["clusterIP"], "None")


@case
async def life_generated_names(api: Api) -> None:
    """A created object may have a generated name."""
    body = config_map("unused")
    body["metadata"] = {"generateName": f"g-{api.unique}-"}
    path = f"/api/v1/namespaces/{api.namespace}/configmaps"
    made = expect_status(await api.send("POST", path, body), 201)
    expect_that(made.body["metadata"]["name"].startswith(f"g-{api.unique}-"))

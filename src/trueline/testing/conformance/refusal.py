"""What a server refuses, and in which words: D6's list."""

from http import HTTPStatus

from trueline.testing.conformance.api import Api
from trueline.testing.conformance.case import case, expect, expect_in, expect_status
from trueline.testing.conformance.sample import config_map, deployment, service


@case
async def refuses_a_missing_namespace(api: Api) -> None:
    """An object in a namespace that is not there."""
    body = config_map("c", namespace=f"missing-{api.unique}")
    refused = expect_status(await api.apply(body, dryRun="All"), 404)
    expect(refused.body["message"], f'namespaces "missing-{api.unique}" not found')


@case
async def refuses_an_immutable_field(api: Api) -> None:
    """A selector of a Deployment cannot change."""
    body = deployment(f"d-{api.unique}")
    expect_status(await api.apply(body), 201)
    changed = deployment(f"d-{api.unique}", selector={"matchLabels": {"app": f"d-{api.unique}", "more": "x"}})
    changed["spec"]["template"]["metadata"]["labels"]["more"] = "x"
    refused = expect_status(await api.apply(changed, dryRun="All"), 422)
    expect(refused.body["reason"], "Invalid")
    expect([c["field"] for c in refused.causes], ["spec.selector"])
    expect_in("field is immutable", refused.causes[0]["message"])


@case
async def refuses_what_is_invalid(api: Api) -> None:
    """A validation error names its fields, all of them."""
    body = deployment(f"d-{api.unique}", replicas=-1)
    body["spec"]["template"]["spec"]["containers"][0]["image"] = ""
    refused = expect_status(await api.apply(body, dryRun="All"), 422)
    fields = sorted(c["field"] for c in refused.causes)
    expect(fields, ["spec.replicas", "spec.template.spec.containers[0].image"])


@case
async def refuses_a_wrong_type_with_500(api: Api) -> None:
    """An apply that does not fit the schema is answered 500, though it is the user's fault."""
    body = deployment(f"d-{api.unique}", replicas="many")
    refused = expect_status(await api.apply(body, dryRun="All"), 400, 500)
    expect_in("replicas", refused.body["message"])
    unknown = deployment(f"d-{api.unique}", replica=1)
    refused = expect_status(await api.apply(unknown, dryRun="All"), 400, 500)
    expect_in("field not declared in schema", refused.body["message"])


@case
async def refuses_unknown_fields_when_strict(api: Api) -> None:
    """Strict validation of a create names the unknown field; without it there is a warning and no refusal."""
    body = config_map(f"c-{api.unique}") | {"datas": {"x": "y"}}
    refused = expect_status(await api.create(body, fieldValidation="Strict"), 400)
    expect_in('unknown field "datas"', refused.body["message"])
    expect_status(await api.create(body, fieldValidation="Ignore"), 201)


@case
async def refuses_over_quota(api: Api) -> None:
    """A quota that is used up refuses the next object, in a dry run too."""
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "q"},
        "spec": {"hard": {"count/secrets": "1"}},
    }
    expect_status(await api.create(quota), 201)
    await api.until(quota, lambda a: "count/secrets" in a.body.get("status", {}).get("used", {}), "counted")
    first = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "first"}}
    expect_status(await api.apply(first), 201)
    await api.until(quota, lambda a: a.body["status"]["used"]["count/secrets"] == "1", "used up")
    refused = expect_status(await api.apply(first | {"metadata": {"name": "second"}}, dryRun="All"), 403)
    expect_in(
        "exceeded quota: q, requested: count/secrets=1, used: count/secrets=1, limited: count/secrets=1",
        refused.body["message"],
    )
    expect_status(await api.delete(first), 200)
    await api.until(quota, lambda a: a.body["status"]["used"]["count/secrets"] == "0", "free again")


@case
async def refuses_a_taken_node_port(api: Api) -> None:
    """A node port belongs to one service of the cluster."""
    made = expect_status(await api.apply(service(f"a-{api.unique}", type="NodePort")), 201)
    port = made.body["spec"]["ports"][0]["nodePort"]
    taken = service(f"b-{api.unique}", type="NodePort", ports=[{"port": 80, "nodePort": port}])
    refused = expect_status(await api.apply(taken, dryRun="All"), 422)
    expect([c["field"] for c in refused.causes], ["spec.ports[0].nodePort"])
    expect_in("provided port is already allocated", refused.body["message"])
    outside = service(f"b-{api.unique}", type="NodePort", ports=[{"port": 80, "nodePort": 80}])
    expect_status(await api.apply(outside, dryRun="All"), 201)  # the server does not look
    refused = expect_status(await api.apply(outside), 422)
    expect_in("provided port is not in the valid range", refused.body["message"])


@case
async def refuses_a_taken_address(api: Api) -> None:
    """A cluster address belongs to one service; a dry run does not see it."""
    made = expect_status(await api.apply(service(f"a-{api.unique}")), 201)
    taken = service(f"b-{api.unique}", clusterIP=made.body["spec"]["clusterIP"])
    expect_status(await api.apply(taken, dryRun="All"), 201)
    refused = expect_status(await api.apply(taken), 422)
    expect_in("provided IP is already allocated", refused.body["message"])


@case
async def refuses_without_rights(api: Api) -> None:
    """Who may not is told which verb on which resource; a Role gives exactly what it says."""
    somebody, body = api.impersonating(f"user-{api.unique}"), config_map(f"c-{api.unique}")
    refused = expect_status(await somebody.get(body), 403)
    expect(refused.body["reason"], "Forbidden")
    wanted = (
        f'configmaps "c-{api.unique}" is forbidden: User "user-{api.unique}" cannot get resource "configmaps"'
        f' in API group "" in the namespace "{api.namespace}"'
    )
    expect(refused.body["message"], wanted)
    refused = expect_status(await somebody.apply(deployment("d"), dryRun="All"), 403)
    expect_in('cannot patch resource "deployments" in API group "apps"', refused.body["message"])
    rbac = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]
    role = {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": {"name": "reader"}, "rules": rules}
    binding = {
        "apiVersion": f"{rbac}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "reader"},
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "reader"},
        "subjects": [{"apiGroup": rbac, "kind": "User", "name": f"user-{api.unique}"}],
    }
    expect_status(await api.create(role), 201)
    expect_status(await api.create(binding), 201)
    await somebody.until(body, lambda a: a.status == HTTPStatus.NOT_FOUND, "allowed")


@case
async def refuses_an_older_version(api: Api) -> None:
    """A write that names a revision which is no longer the object's."""
    body = config_map(f"c-{api.unique}")
    first = expect_status(await api.apply(body), 201)
    expect_status(await api.merge(body, {"data": {"b": "2"}}), 200)
    refused = expect_status(await api.put(first.body), 409)
    expect_in("the object has been modified", refused.body["message"])
    refused = expect_status(await api.create(body), 409)
    expect(refused.body["reason"], "AlreadyExists")


@case
async def refuses_an_unknown_kind(api: Api) -> None:
    """A path that nobody serves."""
    path = f"/apis/unknown.example/v1/namespaces/{api.namespace}/things"
    expect_status(await api.send("GET", path), 404)
    expect_status(await api.send("GET", f"/apis/apps/v1/namespaces/{api.namespace}/things"), 404)

"""Deletion: preconditions, dry runs, owners and namespaces."""

from http import HTTPStatus
from typing import Any

from trueline.testing.conformance.api import Answer, Api, Json
from trueline.testing.conformance.case import case, expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.sample import config_map, service

_OPTIONS = {"kind": "DeleteOptions", "apiVersion": "v1"}


def _is_gone(answer: Answer) -> bool:
    return answer.status == HTTPStatus.NOT_FOUND


@case
async def delete_under_preconditions(api: Api) -> None:
    """A delete that names another UID or revision is refused."""
    body = config_map(f"c-{api.unique}")
    made = expect_status(await api.apply(body), 201)
    metadata = made.body["metadata"]
    refused = expect_status(await api.delete(body, {**_OPTIONS, "preconditions": {"uid": "another"}}), 409)
    expect_in("the UID in the precondition (another) does not match the UID in record", refused.body["message"])
    expect_status(await api.delete(body, {**_OPTIONS, "preconditions": {"resourceVersion": "1"}}), 409)
    right = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
    expect_status(await api.delete(body, {**_OPTIONS, "preconditions": right}), 200)
    expect_status(await api.get(body), 404)
    expect_status(await api.delete(body), 404)


@case
async def delete_tried_in_the_body(api: Api) -> None:
    """`dryRun` in the body deletes nothing; beside a body, the query's is ignored and the object is gone."""
    body = config_map(f"c-{api.unique}")
    expect_status(await api.apply(body), 201)
    expect_status(await api.delete(body, {**_OPTIONS, "dryRun": ["All"]}), 200)
    expect_status(await api.get(body), 200)
    expect_status(await api.delete(body, dryRun="All"), 200)
    expect_status(await api.get(body), 200)
    expect_status(await api.delete(body, {**_OPTIONS}, dryRun="All"), 200)
    expect_status(await api.get(body), 404)


@case
async def delete_waits_for_finalizers(api: Api) -> None:
    """An object with a finalizer is marked, and gone when the finalizer is."""
    body = config_map(f"c-{api.unique}", finalizers=["test.example/hold"])
    expect_status(await api.apply(body), 201)
    marked = expect_status(await api.delete(body), 200)
    expect_that("deletionTimestamp" in marked.body["metadata"])
    expect_status(await api.get(body), 200)
    expect_status(await api.merge(body, {"metadata": {"finalizers": None}}), 200)
    expect_status(await api.get(body), 404)


async def _family(api: Api) -> tuple[Json, Json]:
    owner = config_map(f"owner-{api.unique}")
    made = expect_status(await api.create(owner), 201)
    reference: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "name": owner["metadata"]["name"]}
    reference |= {"uid": made.body["metadata"]["uid"], "blockOwnerDeletion": True}
    child = config_map(f"child-{api.unique}", ownerReferences=[reference])
    expect_status(await api.create(child), 201)
    return owner, child


@case
async def delete_takes_dependents_along(api: Api) -> None:
    """In the background: the owner goes at once, its dependents after it."""
    owner, child = await _family(api)
    expect_status(await api.delete(owner, {**_OPTIONS, "propagationPolicy": "Background"}), 200)
    await api.until(child, _is_gone, "collected")


@case
async def delete_in_the_foreground(api: Api) -> None:
    """In the foreground: the owner goes after its dependents."""
    owner, child = await _family(api)
    expect_status(await api.delete(owner, {**_OPTIONS, "propagationPolicy": "Foreground"}), 200)
    await api.until(owner, _is_gone, "gone")
    expect_status(await api.get(child), 404)


@case
async def delete_and_orphan(api: Api) -> None:
    """Orphaned dependents stay and lose their owner."""
    owner, child = await _family(api)
    expect_status(await api.delete(owner, {**_OPTIONS, "propagationPolicy": "Orphan"}), 200)
    await api.until(owner, _is_gone, "gone")
    left = expect_status(await api.get(child), 200)
    expect_that("ownerReferences" not in left.body["metadata"])


@case
async def delete_a_namespace(api: Api) -> None:
    """A namespace goes with its content; nothing new is made in it meanwhile."""
    name = f"n-{api.unique}"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    expect_status(await api.create(namespace), 201)
    held = config_map("held", namespace=name, finalizers=["test.example/hold"])
    expect_status(await api.apply(held), 201)
    expect_status(await api.apply(config_map("free", namespace=name)), 201)
    expect_status(await api.delete(namespace), 200)
    marked = await api.until(held, lambda a: "deletionTimestamp" in a.body["metadata"], "marked")
    expect((await api.get(namespace)).body["status"]["phase"], "Terminating")
    refused = expect_status(await api.apply(config_map("late", namespace=name)), 403)
    expect_in("because it is being terminated", refused.body["message"])
    expect(refused.causes[0]["reason"], "NamespaceTerminating")
    expect(marked.body["metadata"]["name"], "held")
    expect_status(await api.merge(held, {"metadata": {"finalizers": None}}), 200)
    await api.until(namespace, _is_gone, "gone")
    expect_status(await api.get(config_map("free", namespace=name)), 404)


@case
async def delete_a_collection(api: Api) -> None:
    """A collection is deleted by its selector."""
    for name, labels in (("a", {"x": "1"}), ("b", {"x": "2"})):
        expect_status(await api.create(config_map(f"{name}-{api.unique}", labels=labels)), 201)
    path = f"/api/v1/namespaces/{api.namespace}/configmaps"
    expect_status(await api.send("DELETE", path, labelSelector="x=1"), 200)
    expect_status(await api.get(config_map(f"a-{api.unique}")), 404)
    expect_status(await api.get(config_map(f"b-{api.unique}")), 200)


@case
async def delete_a_service(api: Api) -> None:
    """A Service goes, with its address and port: both may be given out again."""
    port = 30000 + int(api.unique, 16) % 2700
    body = service("s", type="NodePort", ports=[{"port": 80, "nodePort": port}])
    made = expect_status(await api.create(body), 201)
    expect_status(await api.delete(body), 200)
    expect_status(await api.get(body), 404)
    body["spec"]["clusterIP"] = made.body["spec"]["clusterIP"]
    expect_status(await api.create(body), 201)

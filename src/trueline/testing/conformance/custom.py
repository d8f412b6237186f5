"""Custom resources: established, validated, pruned, defaulted, changed, ended."""

from http import HTTPStatus
from typing import Any

from trueline.testing.conformance.api import Answer, Api, Json
from trueline.testing.conformance.case import case, expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.sample import entry

_TEXT = {"type": "string"}


def _definition(group: str, spec: Json, **names: Any) -> Json:
    schema = {
        "type": "object",
        "properties": {"spec": spec, "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [version],
            **names,
        },
    }


_SPEC: Json = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "maximum": 10},
        "colour": {"type": "string", "default": "blue"},
        "parts": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "required": ["name"], "properties": {"name": _TEXT, "note": _TEXT}},
        },
    },
    "x-kubernetes-validations": [{"rule": "self.size != 7", "message": "seven is taken"}],
}


def _is_established(answer: Answer) -> bool:
    found = answer.body.get("status", {}).get("conditions") or ()
    return any(c["type"] == "Established" and c["status"] == "True" for c in found)


async def _defined(api: Api) -> tuple[Json, Json]:
    group = f"g{api.unique}.example.test"
    body = _definition(group, _SPEC)
    expect_status(await api.apply(body), 201)
    await api.until(body, _is_established, "established")
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}}
    await _until_served(api, widget)
    return body, widget


async def _until_served(api: Api, widget: Json) -> None:
    """A dry run of an object passes: only that means that a definition is ready."""
    end_s = api.clock.monotonic_s() + 30
    while (await api.apply(widget, dryRun="All")).status not in {200, 201}:
        if api.clock.monotonic_s() > end_s:
            raise AssertionError("the definition never became ready")
        await api.clock.sleep(0.05)


async def _until_not_served(api: Api, path: str) -> None:
    """The kind of a definition that is gone is not there a moment later."""
    end_s = api.clock.monotonic_s() + 30
    while (answer := await api.send("GET", path)).status != HTTPStatus.NOT_FOUND:
        if api.clock.monotonic_s() > end_s:
            raise AssertionError(f"expected 404, saw {answer.status}: {answer.body}")
        await api.clock.sleep(0.05)


async def _end(api: Api, definition: Json) -> None:
    expect_status(await api.delete(definition), 200)
    await api.until(definition, lambda a: a.status == HTTPStatus.NOT_FOUND, "gone")


@case
async def custom_objects_are_defaulted_and_owned(api: Api) -> None:
    """Defaults appear and are nobody's; lists with keys merge; the status is apart."""
    definition, widget = await _defined(api)
    widget["spec"]["parts"] = [{"name": "a", "note": "x"}]
    made = expect_status(await api.apply(widget), 201)
    expect((made.body["spec"]["colour"], made.body["metadata"]["generation"]), ("blue", 1))
    expect_that("f:colour" not in entry(made)["f:spec"])
    other = widget | {"spec": {"size": 1, "parts": [{"name": "b"}]}}
    both = expect_status(await api.apply(other, "other"), 200)
    expect(sorted(p["name"] for p in both.body["spec"]["parts"]), ["a", "b"])
    told = expect_status(await api.merge(widget, {"status": {"ready": True}, "spec": {"size": 9}}, "/status"), 200)
    expect(
        (told.body["status"], told.body["spec"]["size"], told.body["metadata"]["generation"]), ({"ready": True}, 1, 2)
    )
    await _end(api, definition)


@case
async def custom_objects_are_validated(api: Api) -> None:
    """The schema and its rules refuse; unknown fields are pruned by a create, and refused by an apply."""
    definition, widget = await _defined(api)
    refused = expect_status(await api.apply(widget | {"spec": {"size": 11}}, dryRun="All"), 422)
    expect([c["field"] for c in refused.causes], ["spec.size"])
    refused = expect_status(await api.apply(widget | {"spec": {"size": 7}}, dryRun="All"), 422)
    expect_in("seven is taken", refused.body["message"])
    refused = expect_status(await api.apply(widget | {"spec": {"size": 1, "sise": 2}}, dryRun="All"), 400, 500)
    expect_in("sise", refused.body["message"])
    pruned = expect_status(await api.create(widget | {"spec": {"size": 1, "sise": 2}}), 201)
    expect_that("sise" not in pruned.body["spec"])
    await _end(api, definition)


@case
async def custom_definition_changes(api: Api) -> None:
    """A field that a changed definition adds is taken from then on."""
    definition, widget = await _defined(api)
    taller = widget | {"spec": {"size": 1, "height": 3}}
    expect_status(await api.apply(taller, dryRun="All"), 400, 500)
    changed = _definition(
        definition["spec"]["group"], {**_SPEC, "properties": {**_SPEC["properties"], "height": {"type": "integer"}}}
    )
    expect_status(await api.apply(changed), 200)
    await _until_served(api, taller)
    made = expect_status(await api.apply(taller), 201)
    expect(made.body["spec"]["height"], 3)
    path = f"/apis/{definition['spec']['group']}/v1/namespaces/{api.namespace}/widgets"
    listed = expect_status(await api.send("GET", path), 200)
    expect((listed.body["kind"], listed.body["items"][0]["kind"]), ("WidgetList", "Widget"))
    await _end(api, definition)
    await _until_not_served(api, path)


@case
async def custom_definition_is_documented(api: Api) -> None:
    """Discovery and the OpenAPI document of its group name a custom kind and its fields."""
    definition, _ = await _defined(api)
    group = definition["spec"]["group"]
    found = expect_status(await api.send("GET", f"/apis/{group}/v1"), 200)
    expect([r["name"] for r in found.body["resources"]], ["widgets", "widgets/status"])
    document = await _document(api, group)
    fields = next(s for n, s in document["components"]["schemas"].items() if n.endswith(".v1.Widget"))["properties"]
    expect(fields["spec"]["properties"]["size"], {"type": "integer", "maximum": 10})
    await _end(api, definition)


@case
async def custom_watch_too_old(api: Api) -> None:
    """A revision that is forgotten (here: older than the kind) is told as an error event with code 410."""
    definition, _ = await _defined(api)
    path = f"/apis/{definition['spec']['group']}/v1/namespaces/{api.namespace}/widgets"
    told = await _first_told(api, path)
    expect((told["type"], told["object"].get("code"), told["object"].get("reason")), ("ERROR", 410, "Expired"))
    await _end(api, definition)


async def _first_told(api: Api, path: str) -> Json:
    """What a watch from a forgotten revision says first.

    For a moment after a kind is defined, the real server's cache of it is not filled, and it answers 429: come again.
    """
    end_s = api.clock.monotonic_s() + 30
    while True:
        async with api.watch(path, resourceVersion="1") as events:
            told = await events.next()
        if events.status != HTTPStatus.TOO_MANY_REQUESTS:
            expect(events.status, 200)
            return told
        if api.clock.monotonic_s() > end_s:
            raise AssertionError(f"the watch never began: {told}")
        await api.clock.sleep(0.05)


async def _document(api: Api, group: str) -> Json:
    """The document, which the real server makes a moment later."""
    end_s = api.clock.monotonic_s() + 30
    while (answer := await api.send("GET", f"/openapi/v3/apis/{group}/v1")).status != HTTPStatus.OK:
        if api.clock.monotonic_s() > end_s:
            raise AssertionError("the document never came")
        await api.clock.sleep(0.05)
    return answer.body


@case
async def custom_definition_is_validated(api: Api) -> None:
    """A definition that is not structural is refused."""
    body = _definition(f"g{api.unique}.example.test", {"type": "object", "properties": {"a": {"type": "strange"}}})
    refused = expect_status(await api.apply(body, dryRun="All"), 422)
    expect_in("strange", refused.body["message"])

"""Server-side apply: what it writes, what it takes away, and what it leaves alone."""

from trueline.testing.conformance.api import MANAGER, METADATA, Api
from trueline.testing.conformance.case import case, expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.sample import config_map, deployment, entry, service


@case
async def apply_creates_then_keeps(api: Api) -> None:
    """The first apply answers 201, the same again 200 without a write."""
    body = config_map(f"c-{api.unique}")
    first = expect_status(await api.apply(body), 201)
    again = expect_status(await api.apply(body), 200)
    expect(again.body["metadata"]["resourceVersion"], first.body["metadata"]["resourceVersion"])
    expect(entry(first), {"f:data": {"f:a": {}}, "f:metadata": {"f:labels": {"f:trueline.dev/application": {}}}})


@case
async def apply_of_a_version_that_none_has(api: Api) -> None:
    """With the version 1, which no object has, an apply makes what is absent, and is refused where anything stands."""
    body = config_map(f"c-{api.unique}")
    absent = body | {"metadata": body["metadata"] | {"resourceVersion": "1"}}
    made = expect_status(await api.apply(absent), 201)
    refused = expect_status(await api.apply(absent), 409)
    expect((refused.body["reason"], "causes" in refused.body.get("details", {})), ("Conflict", False))
    expect_status(await api.apply(absent, force=True), 409)
    expect((await api.get(body)).body["metadata"]["resourceVersion"], made.body["metadata"]["resourceVersion"])
    stateful = deployment(f"d-{api.unique}")
    stateful = stateful | {"metadata": stateful["metadata"] | {"resourceVersion": "1"}}
    expect_status(await api.apply(stateful), 201)
    expect_status(await api.apply(stateful), 409)


@case
async def apply_removes_what_left(api: Api) -> None:
    """A field that leaves our body leaves the object."""
    body = config_map(f"c-{api.unique}", {"a": "1", "b": "2"})
    expect_status(await api.apply(body), 201)
    after = expect_status(await api.apply(config_map(f"c-{api.unique}", {"a": "1"})), 200)
    expect(after.body["data"], {"a": "1"})


@case
async def apply_keeps_what_another_owns_too(api: Api) -> None:
    """A field that leaves our body stays while another manager owns it."""
    body = config_map(f"c-{api.unique}", {"a": "1", "b": "2"})
    expect_status(await api.apply(body), 201)
    expect_status(await api.apply(config_map(f"c-{api.unique}", {"b": "2"}), "other"), 200)
    after = expect_status(await api.apply(config_map(f"c-{api.unique}", {"a": "1"})), 200)
    expect(after.body["data"], {"a": "1", "b": "2"})
    expect_that("f:b" not in entry(after)["f:data"])


@case
async def apply_conflicts_by_name(api: Api) -> None:
    """A conflict names each field and its manager, and writes nothing."""
    body = config_map(f"c-{api.unique}", {"a": "1", "b": "2"})
    before = expect_status(await api.apply(body, "other"), 201)
    refused = expect_status(await api.apply(config_map(f"c-{api.unique}", {"a": "9", "b": "9"})), 409)
    expect(
        sorted((c["reason"], c["field"]) for c in refused.causes),
        [("FieldManagerConflict", ".data.a"), ("FieldManagerConflict", ".data.b")],
    )
    expect_in('conflict with "other"', refused.causes[0]["message"])
    expect(refused.body["reason"], "Conflict")
    expect((await api.get(body)).body["data"], before.body["data"])


@case
async def apply_conflict_with_an_update_names_its_version(api: Api) -> None:
    """A conflict with a patch says with which tool, and through which version."""
    body = deployment(f"d-{api.unique}")
    expect_status(await api.apply(body), 201)
    expect_status(await api.merge(body, {"spec": {"replicas": 1}}, fieldManager="kubectl-edit"), 200)
    refused = expect_status(await api.apply(body), 409)
    expect([c["field"] for c in refused.causes], [".spec.replicas"])
    expect_in('conflict with "kubectl-edit" using apps/v1', refused.causes[0]["message"])


@case
async def apply_conflict_as_metadata(api: Api) -> None:
    """A refusal is whole even where the answer is wanted as metadata."""
    body = config_map(f"c-{api.unique}")
    expect_status(await api.apply(body, "other"), 201)
    refused = expect_status(await api.apply(config_map(f"c-{api.unique}", {"a": "9"}), accept=METADATA), 409)
    expect([c["field"] for c in refused.causes], [".data.a"])


@case
async def apply_forced_takes_over(api: Api) -> None:
    """Force takes the field, and the other loses it."""
    body = config_map(f"c-{api.unique}")
    expect_status(await api.apply(body, "other"), 201)
    after = expect_status(await api.apply(config_map(f"c-{api.unique}", {"a": "9"}), force=True), 200)
    expect(after.body["data"], {"a": "9"})
    expect_that("f:data" not in entry(after, "other"))


@case
async def apply_answers_with_metadata(api: Api) -> None:
    """The answer to an apply may be metadata alone, with our entry in it."""
    body = config_map(f"c-{api.unique}")
    answer = expect_status(await api.apply(body, accept=METADATA), 201)
    expect((answer.body["kind"], answer.body["apiVersion"]), ("PartialObjectMetadata", "meta.k8s.io/v1"))
    expect_that("data" not in answer.body)
    expect(sorted(entry(answer)), ["f:data", "f:metadata"])


@case
async def apply_tried_writes_nothing(api: Api) -> None:
    """A dry run answers as the apply would, and nothing is written."""
    body = config_map(f"c-{api.unique}")
    tried = expect_status(await api.apply(body, dryRun="All"), 201)
    expect(entry(tried)["f:data"], {"f:a": {}})
    expect_status(await api.get(body), 404)
    first = expect_status(await api.apply(body), 201)
    again = expect_status(await api.apply(config_map(f"c-{api.unique}", {"a": "2"}), dryRun="All"), 200)
    expect(again.body["data"], {"a": "2"})
    expect(again.body["metadata"]["resourceVersion"], first.body["metadata"]["resourceVersion"])
    expect((await api.get(body)).body["data"], {"a": "1"})


@case
async def apply_promises_its_field_set(api: Api) -> None:
    """The dry run's entry is the one that the apply leaves."""
    body = deployment(f"d-{api.unique}")
    tried = expect_status(await api.apply(body, dryRun="All"), 201)
    done = expect_status(await api.apply(body), 201)
    expect(entry(tried), entry(done))


@case
async def apply_empty_and_null(api: Api) -> None:
    """An empty map in the body is owned as such; null is owned too, though nothing is there: D5 drops both."""
    body = config_map(f"c-{api.unique}", {})
    first = expect_status(await api.apply(body | {"binaryData": None}), 201)
    expect_that("binaryData" not in first.body)
    expect((entry(first).get("f:data"), entry(first).get("f:binaryData")), ({}, {}))
    second = expect_status(await api.apply(body), 200)
    expect_that("f:binaryData" not in entry(second))


@case
async def apply_string_data(api: Api) -> None:
    """`stringData` becomes `data`, but our entry names `stringData` alone."""
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"s-{api.unique}"}, "stringData": {"a": "x"}}
    answer = expect_status(await api.apply(body), 201)
    expect(answer.body["data"], {"a": "eA=="})
    expect_that("stringData" not in answer.body)
    expect_that("f:stringData" in entry(answer))


@case
async def apply_merges_lists_by_their_kind(api: Api) -> None:
    """Lists with keys merge by key, sets as sets, the others are one value."""
    body = service(f"s-{api.unique}", ports=[{"name": "a", "port": 80}])
    expect_status(await api.apply(body), 201)
    other = service(f"s-{api.unique}", ports=[{"name": "b", "port": 81}])
    after = expect_status(await api.apply(other, "other"), 200)
    expect(sorted(p["port"] for p in after.body["spec"]["ports"]), [80, 81])
    finalizers = config_map(f"c-{api.unique}", finalizers=["test.example/one"])
    expect_status(await api.apply(finalizers), 201)
    more = config_map(f"c-{api.unique}", finalizers=["test.example/two"])
    both = expect_status(await api.apply(more, "other"), 200)
    expect(sorted(both.body["metadata"]["finalizers"]), ["test.example/one", "test.example/two"])
    expect_status(await api.merge(finalizers, {"metadata": {"finalizers": None}}), 200)


@case
async def apply_bare_namespace_has_an_entry(api: Api) -> None:
    """A namespace with nothing but our label has an entry of ours."""
    body = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": f"n-{api.unique}", "labels": {"trueline.dev/application": "x.y"}},
    }
    answer = expect_status(await api.apply(body), 201)
    expect(entry(answer), {"f:metadata": {"f:labels": {"f:trueline.dev/application": {}}}})
    expect_status(await api.delete(body), 200)


@case
async def apply_generation(api: Api) -> None:
    """The generation rises with the spec, and not with labels."""
    body = deployment(f"d-{api.unique}")
    expect(expect_status(await api.apply(body), 201).body["metadata"]["generation"], 1)
    labelled = body | {"metadata": body["metadata"] | {"labels": {"a": "b"}}}
    expect(expect_status(await api.apply(labelled), 200).body["metadata"]["generation"], 1)
    scaled = deployment(f"d-{api.unique}", revisionHistoryLimit=2)
    expect(expect_status(await api.apply(scaled), 200).body["metadata"]["generation"], 2)


@case
async def apply_take_over_of_a_tool(api: Api) -> None:
    """A patch of the entries turns what a tool owned into ours; a field that then leaves our body leaves the object."""
    body = config_map(f"c-{api.unique}", {"a": "1", "b": "2"})
    made = expect_status(await api.create(body, fieldManager="kubectl-create"), 201)
    expect(sorted(entry(made, "kubectl-create", "Update")), ["f:data", "f:metadata"])
    entries = [e | {"manager": MANAGER, "operation": "Apply"} for e in made.body["metadata"]["managedFields"]]
    version = made.body["metadata"]["resourceVersion"]
    operations = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": version},
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
    ]
    expect_status(await api.edit(body, operations), 200)
    after = expect_status(await api.apply(config_map(f"c-{api.unique}", {"a": "1"})), 200)
    expect(after.body["data"], {"a": "1"})

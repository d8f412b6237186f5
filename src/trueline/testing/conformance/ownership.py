"""D5's table: what each way of touching an object does to our entry, to theirs, and to the generation."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from trueline.testing.conformance.api import Answer, Api, Json
from trueline.testing.conformance.case import CASES, Case, case, expect, expect_status, expect_that
from trueline.testing.conformance.sample import config_map, deployment, entry, theirs

Touch: TypeAlias = Callable[[Api, Json], Awaitable[Answer]]
_POD = "/spec/template/spec"
_APP = f"{_POD}/containers/0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: is our entry another one afterwards, is theirs, does the generation rise."""

    touch: Touch
    ours: bool
    theirs: bool
    generation: bool


def _patch(*operations: Json) -> Touch:
    return lambda api, body: api.edit(body, list(operations), fieldManager="kubectl-edit")


def _set(path: str, value: Any) -> Touch:
    return _patch({"op": "replace", "path": path, "value": value})


def _add(path: str, value: Any) -> Touch:
    return _patch({"op": "add", "path": path, "value": value})


def _remove(path: str) -> Touch:
    return _patch({"op": "remove", "path": path})


def _swap(path: str) -> Touch:
    return _patch({"op": "move", "from": f"{path}/0", "path": f"{path}/1"})


def _scale(api: Api, body: Json) -> Awaitable[Answer]:
    return api.merge(body, {"spec": {"replicas": 3}}, "/scale", fieldManager="kubectl")


def _status(api: Api, body: Json) -> Awaitable[Answer]:
    return api.merge(body, {"status": {"collisionCount": 7}}, "/status", fieldManager="someone")


def _apply(spec: Mapping[str, Any], *, force: bool) -> Touch:
    def touch(api: Api, body: Json) -> Awaitable[Answer]:
        other = {key: body[key] for key in ("apiVersion", "kind")} | {"metadata": {"name": body["metadata"]["name"]}}
        return api.apply(other | {"spec": dict(spec)}, "kubectl", force=force)

    return touch


def _image(api: Api, body: Json) -> Awaitable[Answer]:
    change = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "example.test/app:2"}]}}}}
    return api.strategic(body, change, fieldManager="kubectl-set")


def _annotate(api: Api, body: Json) -> Awaitable[Answer]:
    return api.merge(body, {"metadata": {"labels": {"theirs": "1"}}}, fieldManager="kubectl-label")


def _strip(api: Api, body: Json) -> Awaitable[Answer]:
    return api.merge(body, {"metadata": {"managedFields": [{}]}}, fieldManager="someone")


_CONTAINER = {"name": "more", "image": "example.test/more:1"}
ROWS: Mapping[str, Row] = {
    "json_patch": Row(touch=_set(f"{_APP}/image", "example.test/app:9"), ours=True, theirs=True, generation=True),
    "set_image": Row(touch=_image, ours=True, theirs=True, generation=True),
    "scale": Row(touch=_scale, ours=True, theirs=True, generation=True),
    "forced_apply": Row(touch=_apply({"replicas": 2}, force=True), ours=True, theirs=True, generation=True),
    "environment_removed": Row(touch=_remove(f"{_APP}/env/1"), ours=True, theirs=False, generation=True),
    "environment_changed": Row(touch=_set(f"{_APP}/env/0/value", "9"), ours=True, theirs=True, generation=True),
    "atomic_list_changed": Row(touch=_set(f"{_APP}/args", ["one"]), ours=True, theirs=True, generation=True),
    "label_removed": Row(
        touch=_remove("/metadata/labels/trueline.dev~1application"), ours=True, theirs=False, generation=False
    ),
    "status_written": Row(touch=_status, ours=False, theirs=False, generation=False),
    "foreign_label": Row(touch=_annotate, ours=False, theirs=True, generation=False),
    "same_quantity": Row(
        touch=_set(f"{_APP}/resources/limits/cpu", "1000m"), ours=False, theirs=False, generation=False
    ),
    "protocol_default": Row(touch=_set(f"{_APP}/ports/0/protocol", "TCP"), ours=False, theirs=False, generation=False),
    "co_owner": Row(touch=_apply({"replicas": 0}, force=False), ours=False, theirs=True, generation=False),
    "container_added": Row(touch=_add(f"{_POD}/containers/-", _CONTAINER), ours=False, theirs=True, generation=True),
    "environment_added": Row(
        touch=_add(f"{_APP}/env/-", {"name": "C", "value": "3"}), ours=False, theirs=True, generation=True
    ),
    "port_added": Row(touch=_add(f"{_APP}/ports/-", {"containerPort": 81}), ours=False, theirs=True, generation=True),
    "host_network": Row(touch=_add(f"{_POD}/hostNetwork", value=True), ours=False, theirs=True, generation=True),
    "environment_swapped": Row(touch=_swap(f"{_APP}/env"), ours=False, theirs=False, generation=True),
    "init_containers_swapped": Row(touch=_swap(f"{_POD}/initContainers"), ours=False, theirs=False, generation=True),
    "managed_fields_stripped": Row(touch=_strip, ours=True, theirs=False, generation=False),
}


async def _settled(api: Api, body: Json) -> Answer:
    """The object once the controllers have seen its generation: their annotation moves the revision again."""

    def is_seen(answer: Answer) -> bool:
        return bool(answer.body.get("status", {}).get("observedGeneration") == answer.body["metadata"]["generation"])

    return await api.until(body, is_seen, "seen by its controller")


def _row(name: str, row: Row) -> None:
    async def run(api: Api) -> None:
        body = deployment(f"d-{api.unique}")
        expect_status(await api.apply(body), 201)
        before = await _settled(api, body)
        expect_status(await row.touch(api, body), 200)
        after = await api.get(body)
        expect(entry(after) != entry(before), row.ours, "our entry changed")
        expect(theirs(after) != theirs(before), row.theirs, f"their entries changed {theirs(before)} {theirs(after)}")
        rises = after.body["metadata"]["generation"] > before.body["metadata"]["generation"]
        expect(rises, row.generation, "the generation rose")

    CASES[f"ownership_{name}"] = Case(f"ownership_{name}", run)


for _name, _each in ROWS.items():
    _row(_name, _each)


@case
async def ownership_autoscaler_other_version(api: Api) -> None:
    """A change through another version of an API is a change of our fields."""
    body = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": f"h-{api.unique}"},
        "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}},
    }
    before = expect_status(await api.apply(body), 201)
    old = body | {"apiVersion": "autoscaling/v1"}
    seen = expect_status(await api.get(old), 200)
    expect(seen.body["apiVersion"], "autoscaling/v1")
    expect_status(await api.merge(old, {"spec": {"maxReplicas": 5}}, fieldManager="kubectl"), 200)
    after = await api.get(body)
    expect(after.body["spec"]["maxReplicas"], 5)
    expect_that("f:maxReplicas" in entry(before)["f:spec"])
    expect_that("f:maxReplicas" not in entry(after)["f:spec"])


@case
async def ownership_changed_and_back(api: Api) -> None:
    """A value that was changed and changed back is the value, though not our field any more; an apply takes it back."""
    body = config_map(f"c-{api.unique}")
    first = expect_status(await api.apply(body), 201)
    for value in ("2", "1"):
        expect_status(await api.merge(body, {"data": {"a": value}}, fieldManager="kubectl"), 200)
    changed = await api.get(body)
    expect_that("f:a" not in entry(changed).get("f:data", {}))
    expect_status(await api.apply(body), 200)
    expect(entry(await api.get(body)), entry(first))


@case
async def ownership_made_again(api: Api) -> None:
    """An object that was deleted and made again has another UID."""
    body = config_map(f"c-{api.unique}")
    first = expect_status(await api.apply(body), 201)
    expect_status(await api.delete(body), 200)
    again = expect_status(await api.apply(body), 201)
    expect_that(first.body["metadata"]["uid"] != again.body["metadata"]["uid"])

"""D5 through the engine: what each way of touching an object leads to, and what it costs."""

from collections.abc import Awaitable, Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from trueline.health.status import Status
from trueline.loop.status import Sync
from trueline.testing.conformance.api import Answer, Api, Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case, named_case
from trueline.testing.conformance.engine.sample import config_map, definition, deployment, gadget, secret
from trueline.testing.conformance.engine.world import World

Touch: TypeAlias = Callable[[Api, Json], Awaitable[Answer]]
POD = "/spec/template/spec"
APP = f"{POD}/containers/0"
MORE: Json = {"name": "more", "image": "example.test/more:1"}

HEALED: Mapping[str, int] = {"try": 1, "get": 1, "apply": 1}
"""One look, one apply."""
LOOKS_MAX = 3
LOOKED: Mapping[str, int] = {"try": 1, "get": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. `heals`: it is as declared afterwards, with a record of `fields`; else it stays as it was made."""

    touch: Touch
    heals: bool = False
    cost: Mapping[str, int] = field(default_factory=dict)
    kind: str = ""
    fields: tuple[str, ...] = ()
    manager: str = ""


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


def _label(api: Api, body: Json) -> Awaitable[Answer]:
    return api.merge(body, {"metadata": {"labels": {"theirs": "1"}}}, fieldManager="kubectl-label")


def _strip(api: Api, body: Json) -> Awaitable[Answer]:
    return api.merge(body, {"metadata": {"managedFields": [{}]}}, fieldManager="someone")


def _image(api: Api, body: Json) -> Awaitable[Answer]:
    change = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "example.test/app:2"}]}}}}
    return api.strategic(body, change, fieldManager="kubectl-set")


def _changed(touch: Touch, path: str, cost: Mapping[str, int] = HEALED, manager: str = "kubectl-edit") -> Row:
    return Row(touch=touch, heals=True, cost=cost, kind="changed", fields=(path,), manager=manager)


def _added(touch: Touch) -> Row:
    return Row(touch=touch, cost=LOOKED, kind="added", manager="kubectl-edit")


_IMAGE = "spec.template.spec.containers[name=app].image"
ROWS: Mapping[str, Row] = {
    "json_patch": _changed(_set(f"{APP}/image", "example.test/app:9"), _IMAGE),
    "set_image": _changed(_image, _IMAGE, manager="kubectl-set"),
    "scale": _changed(_scale, "spec.replicas", manager="kubectl"),
    "forced_apply": _changed(_apply({"replicas": 2}, force=True), "spec.replicas", manager="kubectl"),
    "environment_removed": _changed(_remove(f"{APP}/env/1"), "spec.template.spec.containers[", HEALED, manager=""),
    "environment_changed": _changed(
        _set(f"{APP}/env/0/value", "9"), "spec.template.spec.containers[name=app].env[name=A].value"
    ),
    "atomic_list": _changed(_set(f"{APP}/args", ["one"]), "spec.template.spec.containers[name=app].args"),
    "environment_swapped": _changed(_swap(f"{APP}/env"), "spec.template.spec", HEALED, manager=""),
    "init_containers_swapped": _changed(_swap(f"{POD}/initContainers"), "spec.template.spec", HEALED, manager=""),
    "status_written": Row(touch=_status),
    "foreign_label": Row(touch=_label, cost=LOOKED),
    "same_quantity": Row(touch=_set(f"{APP}/resources/limits/cpu", "1000m")),
    "protocol_default": Row(touch=_set(f"{APP}/ports/0/protocol", "TCP")),
    "co_owner": Row(touch=_apply({"replicas": 0}, force=False), cost=LOOKED),
    "container_added": _added(_add(f"{POD}/containers/-", MORE)),
    "environment_added": _added(_add(f"{APP}/env/-", {"name": "C", "value": "3"})),
    "port_added": _added(_add(f"{APP}/ports/-", {"containerPort": 81})),
    "host_network": _added(_add(f"{POD}/hostNetwork", value=True)),
    "managed_fields_stripped": Row(touch=_strip, heals=True, cost={"try": 1, "get": 1, "apply": 1}),
}


def spec_of(body: Json) -> Json:
    """What is declared of an object, to hold another against it."""
    spec: Json = deepcopy(body["spec"])
    return spec


def _row(name: str, row: Row) -> None:
    async def run(world: World) -> None:
        body = deployment("web")
        world.declare("shop", body)
        world.commit()
        async with world.started():
            await world.follow()
            await world.until_sync(Sync.SYNCED)
            await world.quiet()
            before = await world.live(body)
            world.start_counting()
            world.weather.outrun = 0
            touched = expect_status(await row.touch(world.api, body), 200)
            await (until_healed(world, body, before) if row.heals else world.seen(touched))
            await world.quiet()
            after = await world.live(body)
            expect(spec_of(after) == spec_of(before if row.heals else touched.body), True, (before, after))  # noqa: FBT003
            _expect_cost(world, row)
            _expect_drifts(world, row)
            world.expect_sync(Sync.SYNCED)
            await expect_quiet(world)

    named_case(f"drift_{name}", run)


def _expect_cost(world: World, row: Row) -> None:
    """The exact number of applies. A controller that writes the status during a look makes it look again, twice.

    One that writes it while the apply is on its way makes the server refuse that: it is read and sent once more.
    """
    counted, outrun = world.counted, world.weather.outrun
    expect(counted.get("apply", 0) - outrun, row.cost.get("apply", 0), counted)
    expect_that(set(counted) <= {"apply", "try", "get"})
    expect_that(row.cost.get("try", 0) <= counted.get("try", 0) <= row.cost.get("try", 0) * LOOKS_MAX)
    expect_that(counted.get("get", 0) <= counted.get("try", 0) + row.cost.get("apply", 0) + outrun)


async def until_healed(world: World, body: Json, before: Json) -> None:
    """Until what is declared is ours again and stands as it stood before."""

    def is_healed(answer: Answer) -> bool:
        ours = [e for e in answer.body["metadata"].get("managedFields", ()) if e["manager"].startswith("trueline:")]
        return bool(answer.body["spec"] == before["spec"]) and bool(ours)

    await world.api.until(body, is_healed, "healed")


def _expect_drifts(world: World, row: Row) -> None:
    drifts = world.drifts()
    expect([kind for kind, _, _ in drifts], [row.kind] if row.kind else [], drifts)
    for _, fields, managers in drifts:
        expect_in(row.manager, [*managers, ""])
        for wanted in row.fields:
            expect_that(any(path.startswith(wanted) for path in fields) or fields == [])
            expect_that(fields)


async def expect_quiet(world: World) -> None:
    """A whole pass more sends nothing at all."""
    world.start_counting()
    await world.follow()
    await world.quiet()
    expect(world.counted, {})


for _name, _each in ROWS.items():
    _row(_name, _each)


@engine_case
async def drift_autoscaler_other_version(world: World) -> None:
    """A change through another version of an API is healed."""
    body: Json = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}},
    }
    world.declare("shop", body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        old = body | {"apiVersion": "autoscaling/v1"}
        expect_status(await world.api.merge(old, {"spec": {"maxReplicas": 5}}, fieldManager="kubectl"), 200)
        await world.api.until(body, lambda a: bool(a.body["spec"]["maxReplicas"] == 3), "healed")  # noqa: PLR2004
        await world.quiet()
        expect([d for d in world.drifts() if d[0] == "changed"], [("changed", ["spec.maxReplicas"], ["kubectl"])])


@engine_case
async def drift_deleted(world: World) -> None:
    """What was deleted is made again: one dry run, one apply, and one look that proves the absence."""
    body = config_map("settings")
    world.declare("shop", body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        world.start_counting()
        expect_status(await world.api.delete(body), 200)
        await world.api.until(body, lambda a: a.status == 200, "made again")  # noqa: PLR2004 - HTTP's
        await world.quiet()
        expect(world.drifts(), [("deleted", [], [])])
        expect(world.counted.get("apply"), 1)
        expect(world.counted.get("try"), 1)
        await expect_quiet(world)


@engine_case
async def drift_deleted_and_made_again(world: World) -> None:
    """What somebody deleted and made again is brought to what Git says: the UID tells."""
    body = config_map("settings")
    world.declare("shop", body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        expect_status(await world.api.delete(body), 200)
        again = body | {"data": {"a": "theirs", "b": "2"}}
        answer = await world.api.create(again, fieldManager="kubectl-create")
        expect_status(answer, 201, 409)
        await world.api.until(body, lambda a: a.body.get("data", {}).get("a") == "1", "healed")
        await world.until_sync(Sync.SYNCED)
        await expect_quiet(world)


@engine_case
async def drift_stripped_label(world: World) -> None:
    """An object whose label was taken off arrives as deleted though it lives: it is labelled again, never made anew."""
    body = config_map("settings")
    world.declare("shop", body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        before = await world.live(body)
        change: Json = {"metadata": {"labels": {"trueline.dev/application": None}}}
        expect_status(await world.api.merge(body, change, fieldManager="kubectl-label"), 200)

        def is_labelled(answer: Answer) -> bool:
            return "trueline.dev/application" in (answer.body["metadata"].get("labels") or {})

        await world.api.until(body, is_labelled, "labelled")
        after = await world.live(body)
        expect(after["metadata"]["uid"], before["metadata"]["uid"])
        await world.quiet()
        world.expect_sync(Sync.SYNCED)
        await expect_quiet(world)


@engine_case
async def drift_key_removed_and_changed_back(world: World) -> None:
    """A key that was removed comes back; a value that was changed and changed back is ours again, without a word."""
    body = config_map("settings")
    world.declare("shop", body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        world.start_counting()
        expect_status(await world.api.merge(body, {"data": {"a": None}}, fieldManager="kubectl"), 200)
        await world.api.until(body, lambda a: "a" in a.body["data"], "healed")
        await world.quiet()
        expect(world.drifts(), [("changed", ["data.a"], [])])
        expect(world.counted, dict(HEALED))


@engine_case
async def drift_changed_and_changed_back(world: World) -> None:
    """What was changed and changed back while nobody looked is taken back in silence."""
    body = config_map("settings")
    world.declare("shop", body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
    for value in ("2", "1"):
        expect_status(await world.api.merge(body, {"data": {"a": value}}, fieldManager="kubectl"), 200)
    async with world.started():
        await world.follow()
        await world.quiet()
        expect(world.drifts(), [])
        world.expect_sync(Sync.SYNCED)
        await expect_quiet(world)


@engine_case
async def drift_is_not_healed_where_git_says_warn(world: World) -> None:
    """With `drift: warn` the drift is recorded with its field and manager, and nothing is written."""
    body = config_map("settings")
    world.declare("shop", body, sync={"drift": "warn"})
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        world.start_counting()
        touched = await world.api.merge(body, {"data": {"a": "9"}}, fieldManager="kubectl")
        await world.seen(expect_status(touched, 200))
        expect(world.counted.get("apply", 0), 0)
        expect((await world.live(body))["data"]["a"], "9")
        world.expect_sync(Sync.OUT_OF_SYNC)
        expect(world.drifts(), [("changed", ["data.a"], ["kubectl"])])


@engine_case
async def drift_warned_of_is_over_when_the_watch_says_so(world: World) -> None:
    """What is only warned of and put back by hand is Synced at once: by whoever changed it, and as it was left."""
    body = config_map("settings")
    world.declare("shop", body, sync={"drift": "warn"})
    async with world.synced():
        before = await world.live(body)
        for back in ({"data": before["data"]}, before):
            await world.api.merge(body, {"data": {"a": "9"}}, fieldManager="kubectl-edit")
            await world.until_sync(Sync.OUT_OF_SYNC)
            await world.quiet()
            if back is before:  # a backup puts back who owns what, too: to the watch it is as it was left
                entries: Json = {"metadata": {"managedFields": before["metadata"]["managedFields"]}}
                expect_status(await world.api.merge(body, entries | {"data": before["data"]}), 200)
            else:
                expect_status(await world.api.merge(body, back, fieldManager="kubectl-edit"), 200)
            await world.until_sync(Sync.SYNCED)
            await world.settle()


@engine_case
async def drift_is_nothing_where_git_ignores_it(world: World) -> None:
    """With `drift: ignore` nothing is asked, recorded or written, until Git itself says something else."""
    body = config_map("settings")
    world.declare("shop", body, sync={"drift": "ignore"})
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        world.start_counting()
        touched = await world.api.merge(body, {"data": {"a": "9"}}, fieldManager="kubectl")
        await world.seen(expect_status(touched, 200))
        expect(world.counted, {})
        world.expect_sync(Sync.SYNCED)
        expect(world.drifts(), [])
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(body))["data"], {"a": "2"})


@engine_case
async def drift_empty_metadata_never_differs(world: World) -> None:
    """`null` and empty maps and lists in `metadata` are dropped: a second pass sends nothing."""
    body = config_map("settings")
    body["metadata"] |= {"labels": {}, "annotations": None, "finalizers": [], "creationTimestamp": None}
    world.declare("shop", body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        world.expect_sync(Sync.SYNCED)
        await expect_quiet(world)
        expect(world.drifts(), [])


@engine_case
async def drift_string_data(world: World) -> None:
    """`stringData` is applied as `data`: a change of the data is seen and healed, and no value is ever recorded."""
    canary = "canary-7f3a91-secret"
    body = secret("access", {"password": canary})
    world.declare("shop", body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        before = await world.live(body)
        expect_that("stringData" not in before)
        expect_status(
            await world.api.merge(body, {"data": {"password": "bGVha2VkLWNhbmFyeQ=="}}, fieldManager="x"), 200
        )
        await world.api.until(body, lambda a: bool(a.body["data"] == before["data"]), "healed")
        await world.quiet()
        expect(world.drifts(), [("changed", ["data.password"], ["x"])])
        expect_no_secret(world, canary, before["data"]["password"], "leaked-canary", "bGVha2VkLWNhbmFyeQ==")


@engine_case
async def drift_refused_secret_says_nothing(world: World) -> None:
    """INV-25: a Secret that the server refuses is refused without its values."""
    canary = "canary-7f3a91-secret"
    broken = secret("access", {"password": canary})
    broken["data"] = {"bad key!": "Y2FuYXJ5LTdmM2E5MS1zZWNyZXQ="}
    world.declare("shop", broken)
    world.commit()
    async with world.started():
        await world.follow()
        world.expect_sync(Sync.BLOCKED)
        expect_no_secret(world, canary, "Y2FuYXJ5LTdmM2E5MS1zZWNyZXQ=")


def expect_no_secret(world: World, *canaries: str) -> None:
    """Nothing that is recorded, or that statuses say, holds one of these.

    Raises:
        AssertionError: something does.
    """
    text = world.recorded().decode() + repr(world.now.engine.statuses()) + repr(world.now.engine.problems)
    kept = world.now.engine.kept.values()
    text += repr([(k.last.outcomes, k.last.drifts, k.last.review.trials, k.failure) for k in kept if k.last])
    for canary in canaries:
        expect_that(canary not in text)


@engine_case
async def drift_ignored_leaves_what_was_deleted_and_is_settled(world: World) -> None:
    """INV-29: what nobody brings back is Missing, says why, and is not waited for; after a start neither.

    Git brings it back once it says something else of it, and whoever makes it again by hand.
    """
    world.declare("shop", config_map("settings"), config_map("more"), sync={"drift": "ignore"})
    async with world.synced():
        await world.api.delete(config_map("settings"))
        await world.until(lambda: world.status().health is Status.MISSING, "Missing")
        world.start_counting()
        await world.quiet()
        expect((world.counted, world.expect_sync(Sync.SYNCED).is_left), ({}, True))
        expect_in("settings", world.status().message)
        expect_in("drift is ignored here", world.status().message)
    async with world.started():
        await world.follow()
        expect((world.expect_sync(Sync.SYNCED).health, world.status().is_left), (Status.MISSING, True))
        expect((await world.live(config_map("settings")), world.drifts()), ({}, []))
        await world.api.create(config_map("settings"))
        world.now.engine.wake("shop")
        await world.until(lambda: world.status().health is Status.HEALTHY, "Healthy")
        await world.settle()
        expect((world.status().is_left, world.status().message), (False, ""))
        await world.api.delete(config_map("settings"))
        await world.until(lambda: world.status().is_left, "left so")
        world.declare("shop", config_map("settings", {"a": "2"}), config_map("more"), sync={"drift": "ignore"})
        await world.push()
        await world.until(lambda: world.status().is_true, "true")
        expect_that(not world.status().is_left)


@engine_case
async def drift_second_run_writes_nothing(world: World) -> None:
    """INV-15: the same revision again, another one that changes nothing, and a new start.

    No write, no dry run (promise 11).
    """
    world.declare("shop", config_map("settings"), deployment("web"), secret("access", {"k": "v"}))
    async with world.synced():
        await world.quiet()
        world.start_counting()
        await world.push()
        await world.quiet()
        expect(world.counted, {})
        world.expect_sync(Sync.SYNCED)
    async with world.started():
        await world.follow()
        await world.quiet()
        writes = {verb: n for verb, n in world.counted.items() if verb not in {"list", "read", "get"}}
        expect(writes, {})
        world.expect_sync(Sync.SYNCED)


@engine_case
async def drift_of_what_a_definition_brought(world: World) -> None:
    """A kind that came with the same commit is watched from then on: its objects have a health, and are healed."""
    unique = world.api.unique
    one = gadget(unique, "one", size="1")
    world.declare("shop", definition(unique, "size"), one)
    world.commit()
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        await world.until(lambda: world.status().health is Status.HEALTHY, "Healthy")
        before = await world.live(one)
        expect_status(await world.api.merge(one, {"spec": {"size": "9"}}, fieldManager="kubectl-edit"), 200)
        await until_healed(world, one, before)
        await world.until(world.drifts, "told")
        expect(world.drifts(), [("changed", ["spec.size"], ["kubectl-edit"])])

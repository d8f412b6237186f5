"""What others add to our objects: told and kept apart, or taken away where Git says so."""

from collections.abc import Awaitable, Mapping

from trueline.loop.control import drifts_of
from trueline.loop.status import Sync
from trueline.testing.conformance.api import Answer, Api, Json
from trueline.testing.conformance.case import expect, expect_status
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.drift import LOOKED, MORE, POD, expect_quiet, spec_of, until_healed
from trueline.testing.conformance.engine.sample import config_map, deployment
from trueline.testing.conformance.engine.world import World


@engine_case
async def drift_added_key(world: World) -> None:
    """What another manager put into our object is warned of with field and manager, and stays; it costs one look."""
    body = config_map("settings")
    world.declare("shop", body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        world.start_counting()
        touched = await world.api.merge(body, {"data": {"theirs": "9"}}, fieldManager="kubectl")
        await world.seen(expect_status(touched, 200))
        expect(world.drifts(), [("added", ["data.theirs"], ["kubectl"])])
        expect(world.counted, dict(LOOKED))


def _key_added(api: Api, body: Json, key: str, manager: str) -> Awaitable[Answer]:
    return api.merge(body, {"data": {key: "9"}}, fieldManager=manager)


async def _drifted_now(world: World) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """What `trueline drift` lists."""
    found = drifts_of(await world.control.review("shop", finds_drift=True))
    return [(drift.kind.value, drift.fields, drift.managers) for drift in found]


@engine_case
async def drift_added_is_a_state(world: World) -> None:
    """What others added is told for as long as it is there, apart from sync, after a restart too, and by no write."""
    body = config_map("settings")
    listed = [("added", ("data.more", "data.theirs"), ("injector", "kubectl"))]
    world.declare("shop", body, config_map("other"))
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        for key, manager in (("theirs", "kubectl"), ("more", "injector")):
            await world.seen(expect_status(await _key_added(world.api, body, key, manager), 200))
        expect((world.expect_sync(Sync.SYNCED).added, world.status().is_true), (1, True))
        expect(await _drifted_now(world), listed)
    async with world.started():
        await world.follow()
        await world.quiet()
        expect(world.expect_sync(Sync.SYNCED).added, 1)
        expect(await _drifted_now(world), listed)
        await expect_quiet(world)
        expect([kind for kind, _, _ in world.drifts()], ["added", "added"])
        gone = await world.api.merge(body, {"data": {"theirs": None, "more": None}}, fieldManager="kubectl")
        await world.seen(expect_status(gone, 200))
        expect((world.status().added, await _drifted_now(world)), (0, []))


@engine_case
async def drift_added_together_with_a_change(world: World) -> None:
    """One edit changes a field of ours and adds another: the one is healed, the other told and left."""
    body = config_map("settings")
    world.declare("shop", body)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        world.start_counting()
        edit: Json = {"data": {"a": "9", "theirs": "9"}}
        expect_status(await world.api.merge(body, edit, fieldManager="kubectl"), 200)
        await world.api.until(body, lambda a: a.body["data"]["a"] == "1", "healed")
        await world.quiet()
        expect((await world.live(body))["data"], {"a": "1", "b": "2", "theirs": "9"})
        expect(world.drifts(), [("changed", ["data.a"], ["kubectl"]), ("added", ["data.theirs"], ["kubectl"])])
        expect(world.counted.get("apply"), 1)
        expect(world.expect_sync(Sync.SYNCED).added, 1)


TAKEN_AWAY: Mapping[str, int] = {"try": 1, "get": 3, "try patch": 1, "patch": 1, "apply": 1}
"""A look, one question for what tools own, one patch that makes it ours, and the apply that removes it."""


@engine_case
async def drift_added_goes_where_git_says_heal(world: World) -> None:
    """With `added: heal` what a tool added goes; what a controller added stays, and so do labels and annotations."""
    body, settings = deployment("web"), config_map("settings")
    world.declare("shop", body, settings, sync={"added": "heal"})
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        world.start_counting()
        expect_status(await _key_added(world.api, settings, "theirs", "kubectl"), 200)
        await world.api.until(settings, lambda a: bool(a.body["data"] == settings["data"]), "taken away")
        await world.quiet()
        expect(world.counted, dict(TAKEN_AWAY))
        template: Json = {"spec": {"template": {"spec": {"containers": [MORE]}}}}
        await world.seen(expect_status(await world.api.strategic(body, template, fieldManager="injector"), 200))
        labelled: Json = {"metadata": {"labels": {"theirs": "1"}, "annotations": {"theirs": "1"}}}
        await world.seen(expect_status(await world.api.merge(body, labelled, fieldManager="kubectl"), 200))
        before = await world.live(body)
        world.start_counting()
        names = [container["name"] for container in before["spec"]["template"]["spec"]["containers"]]
        edits: list[Json] = [
            {"op": "add", "path": f"{POD}/hostNetwork", "value": True},
            {
                "op": "add",
                "path": f"{POD}/containers/{names.index('app')}/env/-",
                "value": {"name": "C", "value": "3"},
            },
        ]
        expect_status(await world.api.edit(body, edits, fieldManager="kubectl-edit"), 200)
        await until_healed(world, body, before)
        await world.quiet()
        after = await world.live(body)
        expect((spec_of(after), after["metadata"]["labels"]), (spec_of(before), before["metadata"]["labels"]))
        expect(after["metadata"]["annotations"]["theirs"], "1")
        expect(world.counted.get("apply"), 1, world.counted)
        told = world.drifts()[-1]
        expect((told[0], told[2]), ("added", ["kubectl-edit"]))
        expect(world.expect_sync(Sync.SYNCED).added, 1)
        await expect_quiet(world)


@engine_case
async def drift_added_before_git_says_heal(world: World) -> None:
    """What was added before `added: heal` came goes when it comes, and with a change of Git's in the same apply."""
    body, other = config_map("settings"), config_map("other")
    world.declare("shop", body, other)
    world.commit()
    async with world.started():
        await world.follow()
        await world.quiet()
        for one, manager in ((body, "kubectl"), (body, "injector"), (other, "helm")):
            await world.seen(expect_status(await _key_added(world.api, one, f"of-{manager}", manager), 200))
        expect(world.status().added, 2)
        world.start_counting()
        world.declare("shop", body, config_map("other", {"a": "7"}), sync={"added": "heal"})
        await world.push()
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
        expect((await world.live(body))["data"], {"a": "1", "b": "2", "of-injector": "9"})
        expect((await world.live(other))["data"], {"a": "7"})
        expect({verb: world.counted.get(verb, 0) for verb in ("apply", "patch")}, {"apply": 2, "patch": 2})
        expect(world.status().added, 1)
        await expect_quiet(world)

"""The delete lane, end to end: what happens to an object between the look at it and its delete saves it (INV-10)."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from trueline.loop.chronicle import FLEET
from trueline.loop.status import Sync
from trueline.runtime.http import Request
from trueline.target.kubernetes.mark import LABEL
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case, named_case
from trueline.testing.conformance.engine.leaving import some_time
from trueline.testing.conformance.engine.sample import claim, config_map, definition, gadget
from trueline.testing.conformance.engine.world import World

Deed: TypeAlias = Callable[[World, Json], Awaitable[None]]
SEEN_S = 0.3
"""So long a watch may take to tell what somebody did."""


async def _made_again(world: World, body: Json) -> None:
    """Somebody deletes it, and somebody makes another one of that name."""
    expect_status(await world.api.delete(body), 200)
    expect_status(await world.api.create({**body, "data": {"a": "theirs"}}, fieldManager="kubectl-create"), 201)


async def _edited(world: World, body: Json) -> None:
    """Somebody needs it and edits it."""
    expect_status(await world.api.merge(body, {"data": {"a": "theirs"}}, fieldManager="kubectl-edit"), 200)


async def _freed(world: World, body: Json) -> None:
    """Somebody takes our mark off it, so that it stays."""
    change: Json = {"metadata": {"labels": {LABEL: None}}}
    expect_status(await world.api.merge(body, change, fieldManager="kubectl-label"), 200)


async def _taken(world: World, body: Json) -> None:
    """Another application of this installation takes it with an apply of ours."""
    marked = {**body, "metadata": {**body["metadata"], "labels": {LABEL: f"{world.installation}.blog"}}}
    expect_status(await world.api.apply(marked, f"trueline:{world.installation}", force=True), 200)


async def _claimed(world: World, body: Json) -> None:
    """Another tool writes the same mark: from then on it owns the label too, and ours proves nothing any more."""
    change: Json = {"metadata": {"labels": {LABEL: f"{world.installation}.shop", "x": "1"}, "managedFields": [{}]}}
    expect_status(await world.api.merge(body, change, fieldManager="operator"), 200)


_DEEDS: dict[str, Deed] = {
    "made_again": _made_again,
    "edited": _edited,
    "freed": _freed,
    "taken": _taken,
    "claimed": _claimed,
}


def _row(name: str, deed: Deed, *, is_seen: bool) -> None:
    async def run(world: World) -> None:
        """INV-10, INV-01: an object is planned to go; before the delete arrives somebody has it, and it lives."""
        leaves = config_map("leaves")
        world.declare("shop", config_map("stays"), leaves)
        done: list[str] = []

        async def meanwhile(request: Request) -> None:
            if request.method != "DELETE" or done or (b"dryRun" in request.body) is not is_seen:
                return
            done.append(request.path)
            await deed(world, leaves)
            if is_seen:
                await world.clock.sleep(SEEN_S)

        async with world.synced():
            world.weather.meanwhile = meanwhile
            world.declare("shop", config_map("stays"))
            await world.push()
            await world.until(lambda: done, "planned to go")
            live = await world.live(leaves)
            expect_that(live or name == "edited")
            await world.until_sync(Sync.SYNCED)
            await world.quiet()
            expect(bool(await world.live(leaves)), name != "edited")
            expect(world.entry("leaves"), None)

    named_case(f"lane_{name}_{'seen' if is_seen else 'unseen'}", run)


for _name, _deed in _DEEDS.items():
    for _is_seen in (True, False):
        _row(_name, _deed, is_seen=_is_seen)


def _fleet(world: World, *, left: int) -> list[str]:
    """Seven applications with three objects each, of which so many are left to each."""
    names = [f"app{n}" for n in range(7)]
    for name in names:
        world.declare(name, *[config_map(f"{name}-{n}") for n in range(left)])
    return names


async def _all(world: World, sync: Sync, names: list[str]) -> None:
    for name in names:
        await world.until_sync(sync, name)


@engine_case
async def lane_many_small_losses(world: World) -> None:
    """INV-03: one commit takes an object from each application: far below the limit of each, and above the fleet's."""
    names = _fleet(world, left=3)
    async with world.synced(names[0]):
        await _all(world, Sync.SYNCED, names)
        _fleet(world, left=2)
        commit = world.commit()
        await world.now.engine.follow_once()
        await _all(world, Sync.WAITING, names)
        expect_in("7 of 21 objects in 7 applications", world.status(names[0]).message)
        expect_that(await world.live(config_map("app3-2")))
        world.declare("app0", *[config_map(f"app0-{n}") for n in range(3)])
        world.commit()
        await world.now.engine.follow_once()
        await _all(world, Sync.SYNCED, names)  # six of twenty-one are few again
        expect(await world.live(config_map("app3-2")), {})
        _fleet(world, left=1)
        expect_that(world.commit() != commit)
        await world.now.engine.follow_once()
        await _all(world, Sync.WAITING, names)
        expect_that(await world.live(config_map("app3-1")))
        world.control.approve(FLEET, world.repository.head, who="ada")
        await _all(world, Sync.SYNCED, names)
        expect(await world.live(config_map("app3-1")), {})


@engine_case
async def lane_a_later_loss_does_not_wait_for_many(world: World) -> None:
    """INV-03: many losses wait for a person. What one more application loses later goes, and none of theirs does."""
    late = [config_map(f"late-{n}") for n in range(3)]
    world.declare("late", *late)
    names = _fleet(world, left=3)
    async with world.synced("late"):
        await _all(world, Sync.SYNCED, names)
        _fleet(world, left=1)
        world.commit()
        await world.now.engine.follow_once()
        await _all(world, Sync.WAITING, names)
        world.declare("late", *late[:2])
        world.commit()
        await world.now.engine.follow_once()
        await world.api.until(late[2], lambda answer: answer.status == 404, "gone")  # noqa: PLR2004 - HTTP's
        world.declare("app0", config_map("app0-0", {"a": "touched"}))
        world.commit()
        await world.now.engine.follow_once()
        await world.quiet()
        await _all(world, Sync.WAITING, names)
        expect_that(await world.live(config_map("app0-2")) and await world.live(config_map("app3-2")))


@engine_case
async def lane_many_small_removals(world: World) -> None:
    """INV-03: five applications leave Git at once, each of them small: nothing goes before a person agrees."""
    names = _fleet(world, left=3)
    async with world.synced(names[0]):
        await _all(world, Sync.SYNCED, names)
        for name in names[:5]:
            del world.applications[name]
        world.commit()
        await world.now.engine.follow_once()
        await _all(world, Sync.WAITING, names[:5])
        await world.quiet()
        expect_in("15 of 21 objects in 5 applications", world.status(names[0]).message)
        expect_that(await world.live(config_map("app0-0")))
        await world.approve(names[0])
        await world.until(lambda: names[0] not in world.now.engine.kept, "gone")
        expect(await world.live(config_map("app0-0")), {})
        expect_that(await world.live(config_map("app1-0")))
        world.control.approve(FLEET, world.repository.head, who="ada")
        await world.until(lambda: not world.now.engine.kept.keys() & set(names[:5]), "gone")
        expect_that(await world.live(config_map("app6-0")))


def _namespace(name: str) -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


async def _namespace_goes(world: World, *also: str) -> tuple[Json, str]:
    """An application with a namespace, and Git that wants the namespace gone and consents to it by name."""
    name = f"n-{world.api.unique}"
    space = _namespace(name)
    world.declare("shop", config_map("stays"), space, config_map("mine", namespace=name))
    world.commit()
    await world.follow()
    await world.until_sync(Sync.SYNCED)
    consent = [f"Namespace/{name}", *also]
    world.declare("shop", config_map("stays"), sync={"allowDelete": consent})
    return space, name


@engine_case
async def lane_namespace_with_what_is_not_ours(world: World) -> None:
    """INV-09: a namespace in which somebody else has something is not deleted, whoever consented; empty, it goes."""
    world.declare("shop", config_map("stays"))
    world.commit()
    async with world.started():
        space, name = await _namespace_goes(world)
        theirs = config_map("theirs", namespace=name)
        expect_status(await world.api.create(theirs), 201)
        await world.push()
        expect_in(f"ConfigMap/{name}/theirs", (await world.until_sync(Sync.OUT_OF_SYNC)).message)
        expect_that("deletionTimestamp" not in (await world.live(space))["metadata"])
        expect(await world.live(config_map("mine", namespace=name)), {})
        expect_that(await world.live(theirs))
        expect_status(await world.api.delete(theirs), 200)
        world.now.engine.wake("shop")
        await world.api.until(space, lambda a: a.status == 404 or "deletionTimestamp" in a.body["metadata"], "going")  # noqa: PLR2004 - HTTP's
        await world.until_sync(Sync.SYNCED)


@engine_case
async def lane_namespace_with_what_comes_late(world: World) -> None:
    """INV-09: what comes between the look and the delete counts too."""
    world.declare("shop", config_map("stays"))
    world.commit()
    async with world.started():
        space, name = await _namespace_goes(world)
        late = config_map("late", namespace=name)

        async def meanwhile(request: Request) -> None:
            if request.method == "DELETE" and b"dryRun" in request.body and request.path.endswith(name):
                world.weather.meanwhile = None
                expect_status(await world.api.create(late), 201)

        world.weather.meanwhile = meanwhile
        await world.push()
        await world.until_sync(Sync.OUT_OF_SYNC)
        expect_that("deletionTimestamp" not in (await world.live(space))["metadata"])
        expect_that(await world.live(late))


@engine_case
async def lane_namespace_with_what_may_hold_data(world: World) -> None:
    """INV-07, INV-09: consent to a namespace is none to the claim in it, which Git does not name."""
    world.declare("shop", config_map("stays"))
    world.commit()
    async with world.started():
        name = f"n-{world.api.unique}"
        space, data = _namespace(name), claim("data")
        data["metadata"]["namespace"] = name
        world.declare("shop", config_map("stays"), space, data)
        world.commit()
        await world.now.engine.follow_once()
        await world.until(lambda: world.entry("data"), "intended")
        await world.until_sync(Sync.SYNCED)
        world.declare("shop", config_map("stays"), sync={"allowDelete": [f"Namespace/{name}"]})
        world.commit()
        await world.now.engine.follow_once()
        await world.until_sync(Sync.OUT_OF_SYNC)
        await some_time(world)
        expect_that(await world.live(data))
        expect_that("deletionTimestamp" not in (await world.live(space))["metadata"])


@engine_case
async def lane_definition_with_what_is_not_ours(world: World) -> None:
    """INV-09: a definition takes every object of its kind along; while one is another's, it stays."""
    unique = world.api.unique
    defined, theirs = definition(unique, "size"), gadget(unique, "theirs", size="1")
    world.declare("shop", config_map("stays"), defined, gadget(unique, "mine", size="1"))
    async with world.synced():
        expect_status(await world.api.create(theirs), 201)
        ref = f"CustomResourceDefinition.apiextensions.k8s.io/gadgets.g{unique}.example.test"
        world.declare("shop", config_map("stays"), sync={"allowDelete": [ref]})
        await world.push()
        expect_in(
            f"Gadget.g{unique}.example.test/{world.api.namespace}/theirs",
            (await world.until_sync(Sync.OUT_OF_SYNC)).message,
        )
        expect_that(await world.live(defined))
        expect_that(await world.live(theirs))
        expect(await world.live(gadget(unique, "mine")), {})

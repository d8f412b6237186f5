"""The delete lane, end to end: what happens to an object between the look at it and its delete saves it (INV-10)."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from trueline.loop.status import Sync
from trueline.runtime.http import Request
from trueline.target.kubernetes.mark import LABEL
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_status, expect_that
from trueline.testing.conformance.engine.case import named_case
from trueline.testing.conformance.engine.sample import config_map
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

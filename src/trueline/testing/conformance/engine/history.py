"""The history with which cases of Git's order begin: two commits, one after the other, both followed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from trueline.loop.status import Sync
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.conformance.engine.world import World


@asynccontextmanager
async def followed_twice(world: World) -> AsyncIterator[str]:
    """In `settings` of `shop` the first commit says 1 for `a`, the second 2, which lives; gives the first one's id."""
    world.declare("shop", config_map("settings", {"a": "1"}))
    first = world.commit()
    async with world.started():
        await world.follow()
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        yield first

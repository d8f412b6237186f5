"""Requests that stand still on their way: what a writer that was paused looks like to everybody else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from trueline.runtime.http import Request
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World


@asynccontextmanager
async def paused(world: World, method: str, *names: str) -> AsyncIterator[asyncio.Event]:
    """Inside the block the writer's writes of these objects wait on their way; the event is set when all are there."""
    missing = set(names)

    def is_one(request: Request) -> bool:
        return is_write(request) and request.method == method and request.path.rpartition("/")[2] in names

    def is_last(request: Request) -> bool:
        missing.discard(request.path.rpartition("/")[2])
        return not missing

    async with kept_waiting(world, is_one, is_last) as arrived:
        yield arrived


@asynccontextmanager
async def kept_waiting(
    world: World, is_one: Callable[[Request], bool], is_last: Callable[[Request], bool] = lambda _: True
) -> AsyncIterator[asyncio.Event]:
    """Inside the block such requests wait on their way; the event is set with the last one that is waited for."""
    arrived, goes_on = asyncio.Event(), asyncio.Event()

    async def gate(request: Request) -> None:
        if is_one(request):
            if is_last(request):
                arrived.set()
            await goes_on.wait()

    world.weather.meanwhile = gate
    try:
        yield arrived
    finally:
        world.weather.meanwhile = None
        goes_on.set()

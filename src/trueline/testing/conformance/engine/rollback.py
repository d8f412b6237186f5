"""History and rollback through the engine: what was deployed is put back, whatever became of where it came from."""

import asyncio

import msgspec

from trueline.loop.chronicle import FLEET
from trueline.loop.status import Sync
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.repository import MemoryRepository
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.conformance.engine.world import World

CHARTS = "https://git.example.test/charts.git"


def _settings(value: str) -> dict[str, bytes]:
    return {"app/settings.yaml": msgspec.json.encode(config_map("settings", {"a": value}))}


def _floating(world: World) -> MemoryRepository:
    """The application `shop` from a repository of its own, at whatever its head is."""
    charts = MemoryRepository()
    world.repository.others[CHARTS] = charts
    world.declare("shop", source={"url": CHARTS, "path": "app"})
    return charts


async def _deployed(world: World, charts: MemoryRepository, value: str) -> str:
    commit = charts.commit(_settings(value))
    await world.follow()
    await world.until_sync(Sync.SYNCED)
    await world.settle()
    expect((await world.live(config_map("settings")))["data"], {"a": value})
    return commit


@engine_case
async def rollback_of_a_floating_source(world: World) -> None:
    """INV-37: a source that moves without the fleet's commit: its files of then are put back, while it is away.

    Held after.
    """
    charts = _floating(world)
    charts.commit(_settings("1"))
    world.commit()
    async with world.started():
        await _deployed(world, charts, "1")
        await _deployed(world, charts, "2")
        charts.is_away = True
        done = await world.control.rollback("shop", "1", who="ada")
        expect_that(done.held)
        await world.until_sync(Sync.HELD)
        expect((await world.live(config_map("settings")))["data"], {"a": "1"})
        expect_in("rolled back", world.status().message)
    charts.is_away = False
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.HELD)
        expect((await world.live(config_map("settings")))["data"], {"a": "1"}, "after a restart")
        charts.commit(_settings("3"))
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(config_map("settings")))["data"], {"a": "3"}, "Git says something else")


@engine_case
async def rollback_is_held_over_commits_that_change_nothing(world: World) -> None:
    """INV-37: a commit that touches other files does not end a rollback; one that changes what is rendered does."""
    world.declare("shop", config_map("settings", {"a": "1"}))
    world.declare("blog", config_map("other"))
    async with world.synced():
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        await world.control.rollback("shop", "", who="ada")
        await world.until_sync(Sync.HELD)
        world.declare("blog", config_map("other", {"b": "2"}))
        await world.push()
        await world.until_sync(Sync.SYNCED, "blog")
        world.expect_sync(Sync.HELD)
        expect((await world.live(config_map("settings")))["data"], {"a": "1"})
        world.declare("shop", config_map("settings", {"a": "3"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(config_map("settings")))["data"], {"a": "3"})


@engine_case
async def rollback_heals_what_it_put_back(world: World) -> None:
    """INV-37: while a rollback holds, drift from what it put back is healed.

    Git's newer word is not applied by a side door.
    """
    world.declare("shop", config_map("settings", {"a": "1"}))
    async with world.synced():
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        await world.control.rollback("shop", "", who="ada")
        await world.until_sync(Sync.HELD)
        change: Json = {"data": {"a": "9"}}
        await world.api.merge(config_map("settings"), change, fieldManager="kubectl")
        await world.api.until(config_map("settings"), lambda a: a.body["data"] == {"a": "1"}, "healed")
        await world.quiet()
        world.expect_sync(Sync.HELD)


@engine_case
async def rollback_of_a_branch_by_force_is_not_followed(world: World) -> None:
    """A source's own branch that goes back is not followed by itself (promise 9), after a restart neither."""
    charts = _floating(world)
    charts.commit(_settings("1"))
    world.commit()
    async with world.started():
        older = await _deployed(world, charts, "1")
        newer = await _deployed(world, charts, "2")
        charts.head = older
        await world.follow()
        expect([p.code for p in world.expect_sync(Sync.BLOCKED).problems], ["TL0131"])
    async with world.started():
        await world.follow()
        expect([p.code for p in world.expect_sync(Sync.BLOCKED).problems], ["TL0131"])
        expect((await world.live(config_map("settings")))["data"], {"a": "2"})
        charts.head = newer
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        charts.head = older
        world.control.approve(FLEET, older, who="ada")
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(config_map("settings")))["data"], {"a": "1"}, "agreed to")


@engine_case
async def rollback_is_not_needed_after_a_restart_with_a_broken_commit(world: World) -> None:
    """A start that finds a broken commit keeps what was deployed last, and heals it."""
    body = config_map("settings")
    world.declare("shop", body)
    async with world.synced():
        pass
    world.declare("shop", files={"broken.yaml": b"kind: [\n"})
    world.commit()
    change: Json = {"data": {"a": "9"}}
    await world.api.merge(body, change, fieldManager="kubectl")
    async with world.started():
        await world.api.until(body, lambda a: a.body["data"] == {"a": "1", "b": "2"}, "healed")
        await world.settle()
        status = world.expect_sync(Sync.BLOCKED)
        expect_that(status.revision)
        expect_in("broken.yaml", str(status.problems[0].origin))
        world.declare("shop", config_map("settings", {"a": "5"}), files={})
        await world.push()
        await world.until_sync(Sync.SYNCED)


@engine_case
async def rollback_waits_for_no_source_that_hangs(world: World) -> None:
    """A source that never answers stops its own application only: the others are followed, commit after commit."""
    charts = _floating(world)
    charts.commit(_settings("1"))
    charts.hangs = asyncio.Event()
    world.declare("blog", config_map("other", {"b": "1"}))
    world.commit()
    async with world.started():
        await world.until(lambda: "blog" in world.now.engine.kept, "declared")
        await world.until_sync(Sync.SYNCED, "blog")
        world.declare("blog", config_map("other", {"b": "2"}))
        world.commit()
        await world.now.engine.follow_once()
        await world.api.until(config_map("other"), lambda a: a.body["data"] == {"b": "2"}, "followed")
        world.expect_sync(Sync.UNKNOWN)
        charts.hangs.set()
        await world.until_sync(Sync.SYNCED)


@engine_case
async def rollback_is_no_word_for_another_source(world: World) -> None:
    """Git declares another address for a source: that is followed, though its commits are unrelated; at a start too."""
    charts, other = _floating(world), MemoryRepository()
    world.repository.others[f"{CHARTS}2"] = other
    charts.commit(_settings("1"))
    other.commit(_settings("8"))
    world.commit()
    async with world.started():
        await _deployed(world, charts, "1")
        await _deployed(world, charts, "2")
        other.is_unrelated = True
        world.declare("shop", source={"url": f"{CHARTS}2", "path": "app"})
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(config_map("settings")))["data"], {"a": "8"})
    charts.is_unrelated = True
    world.declare("shop", source={"url": CHARTS, "path": "app"})
    world.commit()
    async with world.started():
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(config_map("settings")))["data"], {"a": "2"}, "after a restart")


@engine_case
async def rollback_ends_with_a_commit_that_nobody_saw_come(world: World) -> None:
    """INV-14: Git says something else while no engine runs: the rollback is over, and what it held is free again."""
    world.declare("shop", config_map("settings", {"a": "1"}))
    async with world.synced():
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        await world.control.rollback("shop", "", who="ada")
        await world.until_sync(Sync.HELD)
    world.declare("shop", config_map("settings", {"a": "3"}))
    async with world.synced():
        world.declare("shop", config_map("settings", {"a": "2"}))
        await world.push()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(config_map("settings")))["data"], {"a": "2"}, "it is held no longer")

"""Drift: what others do to our files is seen and put back; what they add is told and stays."""

import asyncio

from trueline.drift.drift import DriftKind
from trueline.loop.progress import Pass
from trueline.loop.status import Sync
from trueline.model.digest import digest_bytes
from trueline.model.known import Known
from trueline.render.site.file import RELEASE_REF
from trueline.runtime.task_group import TaskGroup
from trueline.target.protocol import Contact, Seen, Sighting
from trueline.testing.conformance.case import expect, expect_that
from trueline.testing.conformance.site.case import site_case
from trueline.testing.conformance.site.ground import Feature
from trueline.testing.conformance.site.sample import FIRST, SECOND, as_bytes
from trueline.testing.conformance.site.world import World, file_ref

PATIENCE_S = 60.0


def _told(made: Pass) -> list[tuple[str, DriftKind]]:
    return sorted((drift.ref.name, drift.kind) for drift in made.drifts)


@site_case()
async def a_changed_file_is_seen_and_put_back(world: World) -> None:
    """One file is written, no release is made, and the next pass finds nothing."""
    await world.publish(FIRST)
    await world.ground.tamper("docs/a.html", b"tampered")
    before = world.ground.counts()
    made = await world.publish(FIRST)
    expect(_told(made), [("docs/a.html", DriftKind.CHANGED)])
    expect(world.ground.counts().since(before).uploads, 1)
    expect_that((await world.go(FIRST)).review.plan.is_empty)


@site_case()
async def a_file_of_the_same_size_is_seen(world: World) -> None:
    """Content counts, not how much of it there is."""
    await world.publish(FIRST)
    await world.ground.tamper("docs/a.html", FIRST["docs/a.html"].replace("a 1", "a 7").encode())
    made = await world.publish(FIRST)
    expect(_told(made), [("docs/a.html", DriftKind.CHANGED)])


@site_case()
async def a_deleted_file_is_seen_and_put_back(world: World) -> None:
    """By a new process, too."""
    await world.publish(FIRST)
    await world.ground.tamper("docs/a.html", None)
    await world.restart()
    made = await world.publish(FIRST)
    expect(_told(made), [("docs/a.html", DriftKind.DELETED)])
    expect_that((await world.go(FIRST)).review.plan.is_empty)


@site_case()
async def many_files_are_put_back_in_one_pass(world: World) -> None:
    """Changed and deleted ones, of every folder."""
    await world.publish(FIRST)
    for count, path in enumerate(FIRST):
        await world.ground.tamper(path, None if count % 2 else b"tampered")
    made = await world.publish(FIRST)
    expect(sorted(drift.ref.name for drift in made.drifts if drift.ref != RELEASE_REF), sorted(FIRST))
    expect_that((await world.go(FIRST)).review.plan.is_empty)


@site_case()
async def a_tampered_file_that_git_changes_too_is_published_right(world: World) -> None:
    """The new release has its own bytes everywhere."""
    await world.publish(FIRST)
    for path in ("docs/a.html", "assets/data.1.js", "index.html"):
        await world.ground.tamper(path, b"tampered")
    await world.publish(SECOND)
    expect_that((await world.go(SECOND)).review.plan.is_empty)


@site_case(Feature.ADDED)
async def what_others_add_is_told_once_and_stays(world: World) -> None:
    """It is theirs: neither a heal nor a second run touches it."""
    await world.publish(FIRST)
    await world.ground.tamper("docs/theirs.txt", b"precious")
    made = await world.go(FIRST)
    expect([(drift.ref, drift.kind, drift.fields) for drift in made.drifts], _ADDED)
    before = world.ground.counts()
    again = await world.go(FIRST)
    expect((again.drifts, again.review.plan.is_empty), ((), True))
    expect(world.ground.counts().since(before).writes, 0)
    await world.expect_served(FIRST, also={"docs/theirs.txt": b"precious"})


_ADDED = [(RELEASE_REF, DriftKind.ADDED, ("docs/theirs.txt",))]


@site_case()
async def an_old_immutable_file_is_put_back_too(world: World) -> None:
    """Whoever has the old page still needs it as it was."""
    await world.publish(FIRST)
    await world.publish(SECOND)
    for data in (b"tampered", None):
        await world.ground.tamper("assets/m.1.css", data)
        made = await world.publish(SECOND)
        expect([(drift.ref, drift.fields) for drift in made.drifts], [(RELEASE_REF, ("tree/assets/m.1.css",))])
        expect((await world.ground.served())["assets/m.1.css"], as_bytes(FIRST)["assets/m.1.css"])
    expect_that((await world.go(SECOND)).review.plan.is_empty)


@site_case()
async def old_immutable_files_stay_for_their_time(world: World) -> None:
    """Not less, and after the next release not more."""
    await world.publish(FIRST)
    await world.publish(SECOND)
    expect_that("assets/m.1.css" in await world.ground.served())
    world.ground.clock.pass_s(world.ground.keep_s / 2)
    third = {**SECOND, "docs/c.html": "<link href=/assets/m.2.css>c 3"}
    await world.publish(third)
    expect_that("assets/m.1.css" in await world.ground.served())
    world.ground.clock.pass_s(world.ground.keep_s / 2 + 60)
    await world.publish({**third, "docs/c.html": "<link href=/assets/m.2.css>c 4"})
    expect_that("assets/m.1.css" not in await world.ground.served())


@site_case()
async def a_look_each_interval_tells_what_changed(world: World) -> None:
    """Without being asked: the file that was changed, and that it is back."""
    await world.publish(FIRST)
    stream = world.target.sightings()
    try:
        async with asyncio.timeout(PATIENCE_S):
            expect_that(isinstance(await anext(stream), Contact))
            await world.ground.tamper("docs/a.html", b"tampered")
            seen = await _next_of(world, stream, "docs/a.html")
            expect_that(seen.observed is not None and seen.observed.mark == "here.site")
            made = await world.go(FIRST, focus=[file_ref("docs/a.html")])
            expect((made.sync, _told(made)), (Sync.SYNCED, [("docs/a.html", DriftKind.CHANGED)]))
            await world.expect_served(FIRST)
            await world.ground.tamper("docs/b.html", None)
            seen = await _next_of(world, stream, "docs/b.html")
            expect(seen.observed, None)
            expect(world.target.is_there(file_ref("docs/b.html")), Known(value=False))
    finally:
        await stream.aclose()  # type: ignore[attr-defined]


async def _next_of(world: World, stream: object, path: str) -> Seen:
    """The next sighting of a file as it is not meant to be; the clock goes on until it comes."""
    async with TaskGroup() as group:
        found = group.create_task(_wait_for(stream, path))
        while not found.done():
            world.ground.clock.pass_s(1.0)
            await asyncio.sleep(0.001)
    return found.result()


async def _wait_for(stream: object, path: str) -> Seen:
    while True:
        sighting: Sighting = await anext(stream)  # type: ignore[call-overload]
        if not isinstance(sighting, Seen) or sighting.ref != file_ref(path):
            continue
        if sighting.observed is None or sighting.observed.ours != _blob(path):
            return sighting


def _blob(path: str) -> str:
    return digest_bytes(FIRST[path].encode())

"""Any platform as a target: how much it asks, what is one call, and what a restart knows."""

import asyncio
from collections.abc import Collection
from pathlib import Path

import pytest

from trueline.loop.status import Sync
from trueline.model.known import Known, Unknown
from trueline.render.site.file import RELEASE_REF
from trueline.target.answer import Accepted, Refusal, Refused
from trueline.target.protocol import Contact, Seen, Write, WriteMode
from trueline.target.site.platform import Order, Published
from trueline.testing.conformance.site.sample import FIRST, ONE_CHANGED, SECOND, Site
from trueline.testing.conformance.site.world import World, file_ref
from trueline.testing.site.ground import MemoryGround
from trueline.testing.site.platform import MemoryPlatform

MANY: Site = {f"docs/{number}.html": f"page {number}" for number in range(200)}


@pytest.fixture
def ground(tmp_path: Path) -> MemoryGround:
    return MemoryGround(tmp_path, Order.ATOMIC)


async def test_a_first_release_looks_once_and_writes_its_note_once(ground: MemoryGround, tmp_path: Path) -> None:
    world = await World.on(ground)
    await world.go(MANY)
    assert ground.place.looks == 1
    assert not (tmp_path / "state" / "here" / "staged.json").exists()


async def test_files_that_are_healed_together_are_one_call(tmp_path: Path) -> None:
    batches: list[int] = []

    class Noting(MemoryPlatform):
        """Remembers how many were put back together."""

        async def put_back(self, live: Published, paths: Collection[str]) -> None:
            batches.append(len(paths))
            await super().put_back(live, paths)

    world = await World.on(MemoryGround(tmp_path, Order.ATOMIC, Noting))
    await world.go(MANY)
    for number in range(150):
        await world.ground.tamper(f"docs/{number}.html", b"tampered")
    made = await world.go(MANY)
    assert (made.sync, len(made.drifts), batches) == (Sync.SYNCED, 150, [150])


async def test_a_heal_that_is_refused_is_told_of_every_file_and_done_by_the_next_pass(ground: MemoryGround) -> None:
    world = await World.on(ground)
    await world.go(FIRST)
    await ground.tamper("docs/a.html", b"tampered")
    await ground.tamper("docs/b.html", b"tampered")
    ground.fail(1, crash=False)
    made = await world.go(FIRST)
    assert made.sync is not Sync.SYNCED
    await world.publish(FIRST)


async def test_a_pass_that_a_sighting_woke_starts_from_that_look(ground: MemoryGround) -> None:
    world = await World.on(ground)
    await world.go(FIRST)
    stream = world.target.sightings()
    assert await anext(stream) == Contact(reason="")
    await ground.tamper("docs/a.html", b"tampered")
    sighting = await anext(stream)
    assert isinstance(sighting, Seen)
    before = ground.place.looks
    await world.go(FIRST, focus=[sighting.ref])
    assert ground.place.looks == before
    await world.go(FIRST)
    assert ground.place.looks == before + 1
    await stream.aclose()  # type: ignore[attr-defined]


async def test_a_look_that_sighted_long_ago_is_not_believed(ground: MemoryGround) -> None:
    world = await World.on(ground)
    await world.go(FIRST)
    stream = world.target.sightings()
    await anext(stream)
    await ground.tamper("docs/a.html", b"tampered")
    await anext(stream)
    before = ground.place.looks
    ground.clock.pass_s(20)
    await world.go(FIRST)
    assert ground.place.looks == before + 1
    await stream.aclose()  # type: ignore[attr-defined]


async def test_nothing_is_told_while_nothing_changes(ground: MemoryGround) -> None:
    world = await World.on(ground)
    await world.go(FIRST)
    stream = world.target.sightings()
    assert await anext(stream) == Contact(reason="")
    told = asyncio.ensure_future(anext(stream))
    for _ in range(10):
        ground.clock.pass_s(30)
        for _ in range(5):
            await asyncio.sleep(0)
    assert not told.done()
    assert ground.place.looks >= 10
    told.cancel()


async def test_an_older_plan_of_a_place_that_was_made_again_is_stale(ground: MemoryGround) -> None:
    world = await World.on(ground)
    await world.go(FIRST)
    normalised = await world.normalise(SECOND)
    for one in normalised.rendered.resources:
        write = Write(ref=one.ref, body=normalised.rendered.body(one), mode=WriteMode.APPLY, uid="another")
        answer = await world.target.write(write)
        assert isinstance(answer, Refused)
        assert answer.refusal is Refusal.STALE


@pytest.mark.parametrize("data", [b"", b"{", b'{"files": 3}', b"\xff\xfe"])
async def test_a_note_that_cannot_be_read_is_as_good_as_none(ground: MemoryGround, tmp_path: Path, data: bytes) -> None:
    world = await World.on(ground)
    await world.go(FIRST)
    note = tmp_path / "state" / "here" / "staged.json"
    note.write_bytes(data)
    await world.restart()
    await world.publish(SECOND)
    assert not note.exists()


async def test_a_note_that_cannot_be_written_stops_before_anything_is_published(
    ground: MemoryGround, tmp_path: Path
) -> None:
    world = await World.on(ground)
    await world.go(FIRST)
    folder = tmp_path / "state" / "here"
    folder.rmdir()
    folder.write_text("a file in the place of a folder")
    before = ground.place.effects
    made = await world.go(SECOND)
    assert made.sync is not Sync.SYNCED
    assert "the data directory" in made.message
    assert ground.place.effects == before
    folder.unlink()
    await world.publish(SECOND)


async def test_blobs_that_are_needed_are_those_that_are_live_kept_and_staged(ground: MemoryGround) -> None:
    world = await World.on(ground)
    await world.go(FIRST)
    await world.go(SECOND)
    normalised = await world.normalise(ONE_CHANGED)
    (file,) = (one for one in normalised.rendered.resources if one.ref == file_ref("docs/b.html"))
    await world.target.write(Write(ref=file.ref, body=normalised.rendered.body(file), mode=WriteMode.APPLY))
    needed = world.target.needed()  # type: ignore[attr-defined]
    texts = (*SECOND.values(), FIRST["assets/m.1.css"], ONE_CHANGED["docs/b.html"])
    assert needed == {ground.blobs.put(text.encode()) for text in texts}


async def test_an_old_file_that_nobody_has_any_more_stops_nothing(ground: MemoryGround) -> None:
    world = await World.on(ground)
    await world.go(FIRST)
    await world.publish(SECOND)
    await ground.tamper("assets/m.1.css", b"tampered")
    await ground.tamper("docs/a.html", b"tampered")
    ground.blobs.place(ground.blobs.put(FIRST["assets/m.1.css"].encode())).unlink()
    await world.publish(SECOND)
    assert "assets/m.1.css" not in await ground.served()
    assert (await world.go(SECOND)).review.plan.is_empty


async def test_what_is_read_is_what_stands_there(ground: MemoryGround) -> None:
    world = await World.on(ground)
    assert world.target.is_there(RELEASE_REF) == Unknown("it was not looked at yet")
    await world.go(FIRST)
    assert world.target.is_there(RELEASE_REF) == Known(value=True)
    read = await world.target.read(file_ref("docs/a.html"))
    assert isinstance(read, Known)
    assert ground.blobs.put(FIRST["docs/a.html"].encode()).encode() in (read.value or b"")
    assert await world.target.read(file_ref("docs/none.html")) == Known(None)
    await world.restart()
    await ground.cut()
    assert isinstance(await world.target.read(RELEASE_REF), Unknown)


async def test_a_dry_run_says_what_differs(ground: MemoryGround) -> None:
    world = await World.on(ground)
    await world.go(FIRST)
    await ground.tamper("docs/a.html", b"tampered")
    await world.restart()
    normalised = await world.normalise(FIRST)
    found = {}
    for one in normalised.rendered.resources:
        write = Write(ref=one.ref, body=normalised.rendered.body(one), mode=WriteMode.TRY, whole=True)
        answer = await world.target.write(write)
        assert isinstance(answer, Accepted)
        found[one.ref] = [change.path for change in answer.changes or ()]
    assert {ref for ref, paths in found.items() if paths} == {file_ref("docs/a.html")}
    assert ground.place.looks == 2

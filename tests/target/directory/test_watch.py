"""What is sighted: at once by the kernel's notices, and by the slow look where there is none."""

import asyncio
import mmap
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.target.directory.site_bench import Bench, file_ref
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.render.site.file import RELEASE_REF
from trueline.runtime.task_group import TaskGroup
from trueline.target.directory.watch import POLL_S
from trueline.target.protocol import Contact, Seen, Sighting

PAGES = {"index.html": "<p>home", "docs/a.html": "<p>a", "docs/b.html": "<p>b"}
PATIENCE_S = 60.0


class Ear:
    """Hears a stream of sightings."""

    def __init__(self) -> None:
        self.heard: list[Sighting] = []
        self._news = asyncio.Event()

    async def listen(self, stream: AsyncIterator[Sighting]) -> None:
        """For ever."""
        async for sighting in stream:
            self.heard.append(sighting)
            self._news.set()

    async def until(self, ref: Ref, holds: Callable[[Seen], bool] = lambda _: True) -> Seen:
        """The next such sighting of a ref."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for sighting in self.heard:
                    if isinstance(sighting, Seen) and sighting.ref == ref and holds(sighting):
                        return sighting
                self._news.clear()
                await self._news.wait()

    async def until_contact(self, *, is_lost: bool) -> Contact:
        """The next word about contact."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for sighting in self.heard:
                    if isinstance(sighting, Contact) and bool(sighting.reason) is is_lost:
                        return sighting
                self._news.clear()
                await self._news.wait()

    async def quiet(self) -> list[Sighting]:
        """What was heard until nothing more comes; then it is forgotten."""
        before = -1
        while before != len(self.heard):
            before = len(self.heard)
            await asyncio.sleep(0.05)
        heard, self.heard = self.heard, []
        return heard


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(folder=tmp_path)


@asynccontextmanager
async def hearing(bench: Bench) -> AsyncIterator[Ear]:
    ear = Ear()
    async with TaskGroup() as group:
        task = group.create_task(ear.listen(bench.target.sightings()))
        ticking = group.create_task(_tick(bench))
        await ear.quiet()
        yield ear
        ticking.cancel()
        task.cancel()


async def _tick(bench: Bench) -> None:
    """Time that goes on, but never as far as the slow look."""
    for _ in range(int(POLL_S / 4 / 0.005)):
        await asyncio.sleep(0.005)
        bench.clock.pass_s(0.005)


async def test_contact_is_told_at_the_start(bench: Bench) -> None:
    stream = bench.target.sightings()
    assert await anext(stream) == Contact(reason="")
    assert isinstance(stream, AsyncGenerator)
    await stream.aclose()


async def test_a_written_file_is_seen_and_healed_at_once(bench: Bench) -> None:
    await bench.go(PAGES)
    async with hearing(bench) as ear:
        bench.live("docs/a.html").write_text("tampered")
        seen = await ear.until(file_ref("docs/a.html"))
        entry = bench.ledger.inventory("site", "www").entries[seen.ref]
        assert seen.observed is not None
        assert (seen.observed.uid, seen.observed.ours == entry.ours) == (entry.uid, False)
        await bench.go(PAGES, focus=[seen.ref])
        assert bench.served() == PAGES
        for sighting in await ear.quiet():
            assert isinstance(sighting, Seen)
        bench.live("docs/a.html").unlink()
        await ear.until(seen.ref, lambda one: one.observed is None)
        ear.heard.clear()  # before: what is healed may be seen before the pass is over
        await bench.go(PAGES, focus=[seen.ref])
        await ear.until(seen.ref, lambda one: one.observed is not None and one.observed.ours == entry.ours)


async def test_our_own_switch_is_as_it_was_left(bench: Bench) -> None:
    await bench.go(PAGES)
    async with hearing(bench) as ear:
        await bench.go({**PAGES, "index.html": "second"})
        entries = bench.ledger.inventory("site", "www").entries
        for sighting in await ear.quiet():
            assert isinstance(sighting, Seen)
            assert sighting.observed is not None
            entry = entries[sighting.ref]
            assert (entry.uid, entry.ours, entry.others) == (
                sighting.observed.uid,
                sighting.observed.ours,
                sighting.observed.others,
            )
        bench.live("index.html").write_text("tampered in the second")
        await ear.until(file_ref("index.html"))


async def test_a_pointer_that_is_moved_is_seen(bench: Bench) -> None:
    await bench.go(PAGES)
    async with hearing(bench) as ear:
        beside = bench.folder / "beside"
        beside.symlink_to("/etc")
        beside.rename(bench.path)
        await ear.until(RELEASE_REF)
        await bench.go(PAGES, focus=[RELEASE_REF])
        assert bench.served() == PAGES


async def test_a_stranger_and_a_lost_folder_are_seen(bench: Bench) -> None:
    await bench.go(PAGES)
    async with hearing(bench) as ear:
        bench.live("docs/theirs").write_text("x")
        seen = await ear.until(RELEASE_REF)
        assert seen.observed is not None
        assert seen.observed.others
        await ear.quiet()
        bench.live("docs/theirs").unlink()
        for name in ("a.html", "b.html"):
            bench.live(f"docs/{name}").unlink()
        bench.live("docs").rmdir()
        await ear.until(file_ref("docs/b.html"))
        await bench.go(PAGES)
        await ear.quiet()
        bench.live("docs/b.html").write_text("in the new folder")
        await ear.until(file_ref("docs/b.html"))


async def test_what_gives_no_notice_is_found_by_the_slow_look(bench: Bench) -> None:
    await bench.go(PAGES)
    first = bench.live("")
    await bench.go({**PAGES, "index.html": "second"})
    async with hearing(bench) as ear:
        (first / "docs/a.html").write_text("through another name")
        with bench.live("docs/b.html").open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
            mapped[0:1] = b"X"
            mapped.flush()
            assert await ear.quiet() == []
            bench.clock.pass_s(POLL_S + 1)
            await ear.until(file_ref("docs/a.html"))
            await ear.until(file_ref("docs/b.html"))
        await ear.quiet()
        bench.clock.pass_s(POLL_S + 1)
        assert await ear.quiet() == []


async def test_the_next_release_is_prepared_while_nothing_happens(bench: Bench) -> None:
    await bench.go(PAGES)
    spare = bench.state / "releases" / "spare"
    async with hearing(bench) as ear:
        async with asyncio.timeout(PATIENCE_S):
            while not spare.exists():
                bench.clock.pass_s(POLL_S + 1)
                await ear.quiet()
        await bench.go({**PAGES, "index.html": "second"})
        assert not spare.exists()
        await ear.until(file_ref("index.html"))
        heard = await ear.quiet()
        bench.clock.pass_s(POLL_S + 1)
        heard = await ear.quiet()
        assert spare.exists()
        assert heard == [], "second names are no news"


async def test_a_file_system_that_goes_and_comes_is_told(bench: Bench) -> None:
    bench.path = bench.folder / "mount" / "www"
    bench.path.parent.mkdir()
    bench.restart()
    await bench.go(PAGES)
    async with hearing(bench) as ear:
        bench.path.parent.rename(bench.folder / "away")
        bench.clock.pass_s(POLL_S + 1)
        assert "no such file" in (await ear.until_contact(is_lost=True)).reason
        await ear.quiet()
        (bench.folder / "away").rename(bench.path.parent)
        bench.clock.pass_s(POLL_S + 1)
        await ear.until_contact(is_lost=False)


async def test_health_is_what_was_seen_last(bench: Bench) -> None:
    ref = file_ref("docs/a.html")
    assert isinstance(bench.target.is_there(ref), Unknown)
    await bench.go(PAGES)
    assert bench.target.is_there(ref) == Known(value=True)
    async with hearing(bench) as ear:
        bench.live("docs/a.html").unlink()
        await ear.until(ref)
        assert bench.target.is_there(ref) == Known(value=False)

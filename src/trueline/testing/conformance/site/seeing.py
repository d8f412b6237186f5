"""What a reader sees while something is published, healed or removed."""

from collections.abc import Mapping

from trueline.target.site.platform import Order
from trueline.testing.conformance.case import expect, expect_that
from trueline.testing.conformance.site.case import site_case
from trueline.testing.conformance.site.sample import FIRST, SECOND, as_bytes, named_by
from trueline.testing.conformance.site.world import World


class Reader:
    """Remembers each different thing that was seen, in order."""

    def __init__(self) -> None:
        self.seen: list[dict[str, bytes]] = []

    def __call__(self, served: Mapping[str, bytes]) -> None:
        """One look."""
        if not self.seen or self.seen[-1] != served:
            self.seen.append(dict(served))


async def _watched(world: World, *sites: Mapping[str, str] | None) -> tuple[Reader, list[dict[str, bytes]]]:
    """Publish one after the other; what was seen, and what was served when each was done."""
    reader, done = Reader(), [dict(await world.ground.served())]
    world.ground.observe(reader)
    for site in sites:
        await world.go(site)
        done.append(dict(await world.ground.served()))
    world.ground.observe(None)
    return reader, done


@site_case(order=Order.ATOMIC)
async def readers_see_one_release_or_the_other(world: World) -> None:
    """First publication, a new release, and back: never a mix, never nothing."""
    reader, done = await _watched(world, FIRST, SECOND, FIRST)
    expect_that(reader.seen)
    mixes = [sorted(seen) for seen in reader.seen if seen not in done]
    expect(mixes, [])


@site_case(order=Order.ATOMIC)
async def a_heal_is_seen_as_old_or_new_bytes(world: World) -> None:
    """While a file is put back, readers find what was tampered with or what shall be, and all else as it was."""
    await world.publish(FIRST)
    await world.ground.tamper("docs/a.html", b"tampered")
    tampered = dict(await world.ground.served())
    reader, done = await _watched(world, FIRST)
    expect([seen for seen in reader.seen if seen not in (tampered, done[-1])], [])
    expect(done[-1], as_bytes(FIRST))


@site_case(order=Order.ORDERED)
async def readers_see_no_page_before_what_it_names(world: World) -> None:
    """First publication, a new release, and back: at each moment, all that a page shows is there."""
    reader, _ = await _watched(world, FIRST, SECOND, FIRST)
    expect_that(len(reader.seen) > len(FIRST))
    for seen in reader.seen:
        expect(_dangling(seen), [])


@site_case(order=Order.ORDERED)
async def the_entry_page_comes_last_and_deletes_after_it(world: World) -> None:
    """A new entry page is seen only with every new page; an old page goes only after the new entry page is there."""
    await world.publish(FIRST)
    reader, _ = await _watched(world, SECOND)
    wanted = as_bytes(SECOND)
    for seen in reader.seen:
        is_new = seen["index.html"] == wanted["index.html"]
        missing = [path for path, data in wanted.items() if seen.get(path) != data]
        gone = [path for path in FIRST if path not in seen]
        if is_new:
            expect(missing, [])
        else:
            expect(gone, [])


@site_case(order=Order.ORDERED)
async def a_removal_takes_the_entry_page_first(world: World) -> None:
    """Whoever still finds a page finds all that it shows."""
    await world.publish(FIRST)
    reader, _ = await _watched(world, None)
    for seen in reader.seen:
        expect(_dangling(seen), [])
    expect(reader.seen[-1], {})


def _dangling(seen: Mapping[str, bytes]) -> list[tuple[str, str]]:
    pages = {path: data for path, data in seen.items() if path.endswith(".html")}
    return [(path, named) for path, data in pages.items() for named in named_by(data) if named not in seen]

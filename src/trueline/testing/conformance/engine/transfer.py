"""INV-08 through the engine: what moves between applications keeps its UID, wherever the process dies on the way."""

from collections.abc import Collection, Mapping

from trueline.loop.status import Sync
from trueline.runtime.http import Request, Unreachable
from trueline.target.inventory import EntryState
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.engine.case import engine_case, named_case
from trueline.testing.conformance.engine.crash import EFFECTS, EFFECTS_MAX, Arm, Fuse, survived
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World
from trueline.testing.process import TARGET

Layout = Mapping[str, Collection[str]]
"""Which names each application declares; one that is left out has left Git."""

SWAPS: Mapping[str, tuple[Layout, Layout]] = {
    "one_moves": ({"shop": ("s", "x"), "blog": ("b",)}, {"shop": ("s",), "blog": ("b", "x")}),
    "two_swap": ({"shop": ("s", "x"), "blog": ("b", "y")}, {"shop": ("s", "y"), "blog": ("b", "x")}),
    "renamed": ({"shop": ("x", "y"), "keep": ("k",)}, {"store": ("x", "y"), "keep": ("k",)}),
    "joined": ({"shop": ("s", "x"), "blog": ("y",)}, {"shop": ("s", "x", "y")}),
}


def _declare(world: World, layout: Layout) -> None:
    world.applications.clear()
    for application, names in layout.items():
        world.declare(application, *map(config_map, names))
    world.commit()


async def _run(world: World, layout: Layout) -> bool:
    """The engine goes as far as it can; whether it died on the way."""
    async with survived(world) as died:
        await world.follow()
        for application in layout:
            await world.until_sync(Sync.SYNCED, application)
        await world.until(lambda: world.now.engine.kept.keys() == layout.keys(), "gone")
        await world.quiet()
    return bool(died)


async def _uids(world: World, names: Collection[str]) -> dict[str, str]:
    live = {name: await world.live(config_map(name)) for name in names}
    return {name: body["metadata"]["uid"] for name, body in live.items() if body}


def _expect_books(world: World, layout: Layout) -> None:
    """Each object stands in the inventory of the application that declares it, and in no other."""
    for application in ("shop", "blog", "store", "keep"):
        entries = world.ledger.inventory(application, TARGET).entries
        expect({ref.name for ref in entries}, set(layout.get(application, ())))
        expect({entry.state for entry in entries.values()} - {EntryState.APPLIED}, set())


def _deletes(world: World) -> list[str]:
    return [r.path for r in world.weather.seen if r.method == "DELETE" and is_write(r)]


def _row(name: str, layouts: tuple[Layout, Layout], effect: str, arm: Arm) -> None:
    async def run(world: World) -> None:
        """INV-08, INV-14: moved to and fro, dying at the n-th effect each time: no delete, no other UID."""
        fuse = Fuse()
        arm(world, fuse)
        _declare(world, layouts[0])
        expect(await _run(world, layouts[0]), False)  # noqa: FBT003 - nothing can die yet
        names = [one for some in layouts[0].values() for one in some]
        before = await _uids(world, names)
        for n in range(EFFECTS_MAX):
            layout = layouts[(n + 1) % 2]
            _declare(world, layout)
            fuse.left = n
            has_died = await _run(world, layout)
            fuse.left = None
            expect(await _run(world, layout), False)  # noqa: FBT003 - nothing can die now
            expect(await _uids(world, names), before)
            expect(_deletes(world), [])
            _expect_books(world, layout)
            if not has_died:
                expect_that(n > 0)
                return
        raise AssertionError("it never came to its end without dying")

    named_case(f"transfer_{name}_{effect}", run, is_long=True)


for _name, _layouts in SWAPS.items():
    for _effect, _arm in EFFECTS.items():
        _row(_name, _layouts, _effect, _arm)


@engine_case
async def transfer_that_is_called_off(world: World) -> None:
    """INV-08: an application leaves Git, who shall have its object is broken, then does not want it: it is pruned.

    It was never forgotten meanwhile: whoever is gone owns nothing.
    """
    moving: Json = config_map("moving")
    world.declare("shop", config_map("stays"))
    world.declare("old", moving, config_map("other"))
    async with world.synced():
        await world.until_sync(Sync.SYNCED, "old")
        uid = (await world.live(moving))["metadata"]["uid"]
        del world.applications["old"]
        world.declare("shop", config_map("stays"), moving, config_map("bad", {"a": 1}))
        world.commit()
        await world.now.engine.follow_once()
        await world.until_sync(Sync.BLOCKED, "shop")
        await world.quiet()
        expect((await world.live(moving))["metadata"]["uid"], uid)
        expect_that(await world.live(config_map("other")))
        expect_in("old", world.now.engine.kept)
        expect_that(world.entry("moving", "old"))
        world.declare("shop", config_map("stays"))
        world.commit()
        await world.now.engine.follow_once()
        await world.until(lambda: "old" not in world.now.engine.kept, "gone")
        expect(await world.live(moving), {})
        expect(await world.live(config_map("other")), {})
        expect(world.ledger.count("old", TARGET), 0)


@engine_case
async def transfer_from_what_left_git(world: World) -> None:
    """INV-08: an application leaves Git, and who shall have its object cannot yet: it stays until that one has it."""
    moving: Json = config_map("moving")
    world.declare("shop", config_map("stays"))
    world.declare("old", moving)
    async with world.synced():
        await world.until_sync(Sync.SYNCED, "old")
        uid = (await world.live(moving))["metadata"]["uid"]
        del world.applications["old"]
        world.declare("shop", config_map("stays"), moving, config_map("bad", {"a": 1}))
        world.commit()
        await world.now.engine.follow_once()
        await world.until_sync(Sync.BLOCKED, "shop")
        await world.quiet()
        expect((await world.live(moving))["metadata"]["uid"], uid)
        world.declare("shop", config_map("stays"), moving)
        world.commit()
        await world.now.engine.follow_once()
        await world.until(lambda: "old" not in world.now.engine.kept, "gone")
        await world.until_sync(Sync.SYNCED, "shop")
        expect((await world.live(moving))["metadata"]["uid"], uid)
        expect(world.ledger.count("old", TARGET), 0)


@engine_case
async def transfer_without_an_answer_stays_ours(world: World) -> None:
    """D17: nobody knows whether an object has moved: it stays in the books of who had it, and ours field by field.

    A field that a person takes meanwhile is put back, and not left to them.
    """
    moving: Json = config_map("moving", {"a": "1"})
    world.declare("shop", config_map("stays"), moving)
    world.declare("blog", config_map("other"))
    async with world.synced():
        await world.until_sync(Sync.SYNCED, "blog")
        world.weather.after = lambda request: _lose(world, request)
        world.declare("shop", config_map("stays"))
        world.declare("blog", config_map("other"), moving)
        world.commit()
        await world.now.engine.follow_once()
        await world.until_sync(Sync.UNKNOWN, "blog")
        world.now.engine.wake("shop")
        await world.quiet()
        expect_that(world.entry("moving", "shop"))
        entry = world.entry("moving", "blog")
        expect(entry and entry.state, EntryState.INTENDED)
        expect_status(await world.api.merge(moving, {"data": {"a": "by hand"}}), 200)
        world.weather.after = world.weather.storm = None
        await world.until_sync(Sync.SYNCED, "blog")
        await world.quiet()
        expect((await world.live(moving))["data"], {"a": "1"})


@engine_case
async def transfer_by_another_process_stays_ours(world: World) -> None:
    """D17: our books have it where it was. Who has it now takes it from there, with what was ours of it."""
    moving: Json = config_map("moving", {"a": "1"})
    world.declare("shop", config_map("stays"), moving)
    world.declare("blog", config_map("other"))
    async with world.synced():
        await world.until_sync(Sync.SYNCED, "blog")
    world.declare("shop", config_map("stays"))
    world.declare("blog", config_map("other"), moving)
    world.commit()
    twin = world.twin()
    async with twin.started():
        await twin.follow()
        for name in ("shop", "blog"):
            await twin.until_sync(Sync.SYNCED, name)
    expect_status(await world.api.merge(moving, {"data": {"a": "by hand"}}), 200)
    async with world.started():
        await world.follow()
        for name in ("shop", "blog"):
            await world.until_sync(Sync.SYNCED, name)
        await world.quiet()
        expect((await world.live(moving))["data"], {"a": "1"})
        expect((world.entry("moving", "shop"), bool(world.entry("moving", "blog"))), (None, True))


def _lose(world: World, request: Request) -> None:
    """The answer to the object's write does not come, and nothing is heard of it from then on."""
    if request.path.endswith("/moving") and is_write(request):
        world.weather.storm = lambda r: Unreachable("silent") if r.path.endswith("/moving") else None
        raise Unreachable("no answer")

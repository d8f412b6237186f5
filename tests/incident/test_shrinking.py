"""Incidents in which something became smaller, and what was missing was taken for a wish to delete it."""

import pytest

from trueline.loop.chronicle import FLEET
from trueline.loop.status import Sync
from trueline.model.digest import Digest
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect_status
from trueline.testing.conformance.engine.sample import claim, config_map
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

LABEL = "trueline.dev/application"


def deleted(world: World) -> list[str]:
    """The names of what the engine asked the target to delete, for real."""
    return [r.path.rpartition("/")[2] for r in world.weather.seen if r.method == "DELETE" and is_write(r)]


def _fleet_of(world: World, count: int) -> list[str]:
    names = [f"app{number}" for number in range(count)]
    for name in names:
        world.declare(name, config_map(name))
    return names


async def test_incident_01_argo_9227_a_small_patch_deletes_every_application(world: World) -> None:
    """INV-03 A patch of a few lines to one generator took nearly all applications, and all that they had made, away.

    Here there is no generator yet; the nearest is a commit after which most declarations are gone. Each application by
    itself is far below the limit of a plan, so the limit is on the fleet: more than five and more than 30 % of its
    applications at once are asked, with their count, and until then nothing of that commit is followed.
    """
    names = _fleet_of(world, 8)
    world.commit()
    async with world.started():
        await world.follow()
        for name in names[1:]:
            del world.applications[name]
        await world.push()
        await world.quiet()
        (problem,) = world.now.engine.problems
        assert problem.code == "TL1680"
        assert "7 of 8 applications" in problem.detail
        assert deleted(world) == []
        world.approvals.approve(FLEET, Digest(world.repository.head), who="ada")
        await world.now.engine.follow_once()
        await world.until(lambda: list(world.now.engine.kept) == [names[0]], "gone, for somebody agreed")
        assert sorted(deleted(world)) == names[1:]


async def test_incident_05_argo_18780_the_applications_of_whole_regions_vanish(world: World) -> None:
    """INV-03 Suddenly, in several regions at once, a generator's applications were deleted; nobody had removed them.

    Here the folder of one region is gone from the fleet when the engine starts: it never saw the longer list, and
    knows of it from its register alone. A region of one application shrinks as well: that is asked by its own plan.
    """
    names = _fleet_of(world, 9)
    regions = [config_map(f"{region}-{number}") for region in ("eu", "us", "ap") for number in range(4)]
    world.declare("regions", *regions)
    async with world.synced("regions"):
        for name in names:
            await world.until_sync(Sync.SYNCED, name)
    for name in names[:6]:
        del world.applications[name]
    short = world.commit()
    async with world.started():
        await world.until(lambda: bool(world.now.engine.problems), "told")
        await world.quiet()
        assert [problem.code for problem in world.now.engine.problems] == ["TL1680"]
        assert set(world.now.engine.kept) == {*names, "regions"}
        assert deleted(world) == []
        world.approvals.approve(FLEET, Digest(short), who="ada")
        await world.now.engine.follow_once()
        await world.until(lambda: len(world.now.engine.kept) == 4, "gone, for somebody agreed")
        world.weather.seen.clear()
        world.declare("regions", *regions[:4])
        await world.push()
        await world.quiet()
        assert "8 of 12" in world.expect_sync(Sync.WAITING, "regions").message
        assert deleted(world) == []


_REMAINS = {
    "a hook": [config_map("runs", annotations={"trueline.dev/hook": "after"})],
    "an object of somebody else": [config_map("theirs")],
}


@pytest.mark.parametrize("remains", _REMAINS.values(), ids=_REMAINS.keys())
async def test_incident_07_argo_23645_26753_the_guard_against_an_empty_render_is_passed_by(
    world: World, remains: list[Json]
) -> None:
    """INV-03 A guard against empty renders counted things that were none of the application's, and so let all go.

    The guard here looks at the final set of changes: a hook, an object of somebody else, or one of ours that may not
    be deleted anyway, make a render no less empty. The application has fewer objects than the limit lets go.
    """
    theirs = config_map("theirs", labels={LABEL: "another.shop"})
    expect_status(await world.api.apply(theirs, "trueline:another"), 201)
    bodies = [config_map("one"), config_map("two"), claim("data")]
    world.declare("shop", *bodies)
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.is_ready and world.entry("data"), "applied")
        await world.until_sync(Sync.SYNCED)
        world.declare("shop", *remains)
        await world.push()
        await world.quiet()
        assert "nothing is declared any more" in world.expect_sync(Sync.WAITING).message
        assert deleted(world) == []

"""What is in doubt is no stray: only what stands there now, is ours by its mark, and is nobody's by every record."""

import asyncio
from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from tests.plan.world import entry, live, ref, resource
from trueline.loop.parts import Parts
from trueline.loop.stray import READS_AT_ONCE, strays
from trueline.model.digest import canonical
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.target.inventory import Inventory
from trueline.target.snapshot import Observed

LEFT = ref("left")


def standing(uid: str = "u1", **metadata: Any) -> Known[bytes | None]:
    """The object as it is read."""
    return Known(canonical({"metadata": {"name": "left", "uid": uid, **metadata}}))


class World:
    """A target that shows marked objects, what is read of each, who owns and who declares what."""

    def __init__(self) -> None:
        self.marked_objects: dict[Ref, Observed] = {LEFT: live()}
        self.found: Known[bytes | None] | Unknown = standing()
        self.owner: tuple[str, object] | None = None
        self.declared_elsewhere: dict[Ref, str] = {}
        self.name, self.reads, self.at_once, self.most_at_once = "prod", 0, 0, 0

    def mark(self, application: str) -> str:
        """As a cluster makes it."""
        return f"t1.{application}"

    def marked(self, mark: str, refs: Collection[Ref] | None = None) -> Mapping[Ref, Observed]:
        """Those of the one application."""
        assert mark == "t1.shop"
        return {ref: one for ref, one in self.marked_objects.items() if refs is None or ref in refs}

    async def read(self, _: Ref) -> Known[bytes | None] | Unknown:
        """As it was told."""
        self.reads += 1
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        return self.found

    def lookup(self, target: str, _: Ref) -> tuple[str, object] | None:
        """As it was told."""
        assert target == "prod"
        return self.owner

    def moving(self, application: str, target: str, _: Collection[Ref]) -> Mapping[Ref, str]:
        """As it was told."""
        assert (application, target) == ("shop", "prod")
        return self.declared_elsewhere

    async def strays(
        self, *declared: str, owned: tuple[str, ...] = (), focus: Collection[Ref] | None = None
    ) -> set[Ref]:
        """The strays of the one application."""
        parts = cast("Parts", SimpleNamespace(target=self, owners=self, claims=self))
        resources = tuple(map(resource, declared))
        desired: Any = SimpleNamespace(application=SimpleNamespace(name="shop"), resources=resources)
        inventory = Inventory(application="shop", entries={ref(name): entry(name) for name in owned})
        return set(await strays(parts, desired, inventory, focus=focus))


async def test_what_nobody_has_is_a_stray() -> None:
    assert await World().strays("web", owned=("db",)) == {LEFT}
    assert await World().strays(focus=[LEFT]) == {LEFT}
    assert await World().strays(focus=[ref("web")]) == set()


@pytest.mark.parametrize(
    "found",
    [
        Unknown("it does not answer"),
        Known(None),
        standing("u2"),
        standing(deletionTimestamp="2026-01-01T00:00:00Z"),
        standing(annotations={"trueline.dev/prune": "false"}),
        standing(annotations={"helm.sh/resource-policy": "keep"}),
    ],
)
async def test_what_is_not_there_as_it_was_seen_is_none(found: Known[bytes | None] | Unknown) -> None:
    world = World()
    world.found = found
    assert await world.strays() == set()


@pytest.mark.parametrize("seen", [live(mark_is_ours=False), live(deleting=True)])
async def test_a_copied_label_and_what_is_leaving_are_none_and_are_not_read(seen: Observed) -> None:
    world = World()
    world.marked_objects = {LEFT: seen}
    assert (await world.strays(), world.reads) == (set(), 0)


async def test_what_somebody_has_is_none() -> None:
    world = World()
    assert await world.strays("left") == set()
    assert await world.strays(owned=("left",)) == set()
    for name in ("blog", ""):
        world.declared_elsewhere = {LEFT: name}
        assert await world.strays() == set()
    world = World()
    world.owner = ("blog", entry("left"))
    assert (await world.strays(), world.reads) == (set(), 0)


async def test_many_are_read_a_part_at_a_time() -> None:
    world = World()
    world.marked_objects = {
        ref(f"left{number:03}"): msgspec.structs.replace(live(), version="8") for number in range(READS_AT_ONCE + 9)
    }
    assert (len(await world.strays()), world.reads) == (READS_AT_ONCE + 9, READS_AT_ONCE + 9)
    assert world.most_at_once == READS_AT_ONCE

"""INV-29: what carries our mark for an application that nobody knows is told, and nothing else is."""

from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import cast

import pytest

from tests.loop.still_clock import StillClock
from tests.plan.world import ref
from trueline.loop.parts import Parts
from trueline.loop.unclaimed import LOOK_S, NAMED_MAX, Unclaimed
from trueline.model.ref import Ref

MANY = tuple(ref(f"m{number:02}") for number in range(NAMED_MAX + 1))


class World:
    """One target that shows marks."""

    def __init__(self, marks: Mapping[str, Collection[Ref]]) -> None:
        self.marks, self.looks, self.clock = marks, 0, StillClock()
        target = SimpleNamespace(name="prod", mark=lambda name: f"t1.{name}", marks=self._looked)
        self.unclaimed = Unclaimed(self.clock)
        self.unclaimed.observe(cast("Parts", SimpleNamespace(target=target)))

    def _looked(self) -> Mapping[str, Collection[Ref]]:
        self.looks += 1
        return self.marks

    def told(self, *known: str) -> list[str]:
        """What is told where these applications are known."""
        return [note.detail for note in self.unclaimed.notes(known)]


@pytest.mark.parametrize(
    ("case", "marks", "said"),
    [
        ("declared or remembered", {"t1.shop": (ref("a"),)}, []),
        ("of nobody", {"t1.shop": (ref("a"),), "t1.gone": (ref("b"),)}, ["ConfigMap/shop/b"]),
        ("nothing there", {}, []),
    ],
)
def test_only_what_is_nobodys_is_told(case: str, marks: Mapping[str, Collection[Ref]], said: list[str]) -> None:
    told = World(marks).told("shop")
    assert len(told) == len(said), case
    assert all(name in told[0] and "trueline.dev/application=t1.gone" in told[0] for name in said)


def test_of_many_some_are_named() -> None:
    (told,) = World({"t1.gone": MANY}).told()
    assert f"{len(MANY)} marked" in told
    assert ("m09" in told, "m10" in told, "and others" in told) == (True, False, True)


def test_everything_in_view_is_gone_through_now_and_then() -> None:
    """Whoever asks often is told what was found last."""
    world = World({"t1.gone": (ref("a"),)})
    for _ in range(5):
        assert len(world.told()) == 1
    world.clock.pass_s(LOOK_S)
    world.marks = {}
    assert (world.told(), world.looks) == ([], 2)

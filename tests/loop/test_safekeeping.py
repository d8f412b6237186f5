"""What was applied is kept in its order, by a child that nobody waits for, and again where it could not be."""

import asyncio
from types import SimpleNamespace
from typing import Any

from tests.loop.still_clock import StillClock
from trueline.loop.board import Board
from trueline.loop.refresh import Refresher
from trueline.loop.safekeeping import AGAIN_S, Safekeeping
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Transient
from trueline.runtime.task_group import TaskGroup

FULL = Diagnostic(code="TL0802", summary="the disk is full", detail="", remedy="make room")


class Place:
    """Sources and the fleet repository, which keep what they are told to when they may."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.full: set[str] = set()
        self.may = asyncio.Event()
        self.may.set()
        self.clock = StillClock()
        nothing: Any = SimpleNamespace
        chronicle = nothing(needed=lambda: {"f0"})
        fleet, desirer = nothing(keep=self._keep_fleet), nothing(keep=self._keep)
        parts = nothing(desirer=desirer, fleet=fleet, chronicle=chronicle, clock=self.clock)
        self.board = Board(parts.clock)
        self.safekeeping = Safekeeping(parts, self.board)

    async def _keep(self, one: Any, source: str) -> None:
        await self.may.wait()
        if one.commit in self.full:
            raise Transient([FULL])
        self.kept.append(f"{one.commit} of {source}")

    async def _keep_fleet(self, commit: str, needed: object) -> None:
        assert needed == {"f0"}
        self.kept.append(commit)

    def add(self, commit: str, fleet: str) -> None:
        """Something is applied."""
        one: Any = SimpleNamespace(commit=commit)
        look: Any = SimpleNamespace(ground=SimpleNamespace(source="git"), revision=SimpleNamespace(commit=fleet))
        self.safekeeping.add(one if commit else None, look)

    async def turn(self, seconds: float = 0.0) -> list[str]:
        """What is kept by then."""
        self.clock.pass_s(seconds)
        for _ in range(9):
            await asyncio.sleep(0)
        found, self.kept[:] = list(self.kept), []
        return found


async def test_it_is_kept_in_its_order_and_nobody_waits_for_it() -> None:
    place = Place()
    place.may.clear()
    async with TaskGroup() as group:
        running = group.create_task(place.safekeeping.run())
        assert place.safekeeping.is_idle
        place.add("a1", "f1")
        place.add("", "f2")
        place.add("a3", "f3")
        assert (await place.turn(), place.safekeeping.is_idle) == ([], False)
        place.may.set()
        assert await place.turn() == ["a1 of git", "f1", "f2", "a3 of git", "f3"]
        assert place.safekeeping.is_idle
        place.add("a4", "f4")
        assert await place.turn() == ["a4 of git", "f4"]
        running.cancel()


async def test_what_cannot_be_kept_is_told_and_is_in_nobodys_way_until_it_can() -> None:
    """A full disk: who waits for an end of it all does not wait for room."""
    place = Place()
    place.full = {"a1"}
    async with TaskGroup() as group:
        running = group.create_task(place.safekeeping.run())
        place.add("a1", "f1")
        place.add("a2", "f2")
        assert await place.turn() == []
        assert (place.board.problems, place.safekeeping.is_idle) == ((FULL,), True)
        assert await place.turn(AGAIN_S) == ["a2 of git", "f2"]
        assert await place.turn(AGAIN_S) == []
        place.full = set()
        assert await place.turn(AGAIN_S) == ["a1 of git", "f1"]
        assert place.safekeeping.is_idle
        running.cancel()


class Following(Refresher):
    """As it does when something became true."""

    def follow(self, desired: object) -> None:
        """What is desired is true now."""
        kept: Any = SimpleNamespace(desired=desired)
        self._follow(kept)


async def test_inv_14_what_was_followed_is_noted_at_once_and_not_when_it_is_kept() -> None:
    """By then a newer commit may have been begun with, and the older one would be the newest again."""
    place, noted = Place(), list[str]()
    board: Any = SimpleNamespace(look=SimpleNamespace(revision=SimpleNamespace(commit="f1")))
    parts: Any = SimpleNamespace(chronicle=SimpleNamespace(advance=noted.append))
    refresher = Following(parts, board, place.safekeeping)
    refresher.follow(None)
    assert (noted, place.kept, place.safekeeping.is_idle) == (["f1"], [], False)
    board.look = None
    refresher.follow(None)
    assert noted == ["f1"]

"""What is done each hour: each chore by itself, told where it fails, done again in the next one."""

import asyncio
from types import SimpleNamespace
from typing import Any

from tests.loop.still_clock import StillClock
from trueline.loop.upkeep import EACH_S, FIRST_S, Chore, Upkeep
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Transient
from trueline.runtime.task_group import TaskGroup

FULL = Diagnostic(code="TL0802", summary="the disk is full", detail="", remedy="make room")


async def test_a_chore_that_fails_keeps_no_other_from_being_done_and_is_told_until_it_is_done() -> None:
    clock, done, faults = StillClock(), list[str](), {"full": Transient([FULL]), "wrong": KeyError("wrong")}

    def chore(name: str) -> Chore:
        async def do() -> None:
            if name in faults:
                raise faults[name]
            done.append(name)

        return do

    async def pass_s(seconds: float) -> list[str]:
        """What is done by then."""
        clock.pass_s(seconds)
        for _ in range(9):
            await asyncio.sleep(0)
        found, done[:] = list(done), []
        return found

    engine: Any = SimpleNamespace(tellers=[])
    upkeep = Upkeep(engine, clock, lambda: map(chore, ("first", "full", "wrong", "last")))
    [tell] = engine.tellers
    async with TaskGroup() as group:
        running = group.create_task(upkeep.run())
        assert await pass_s(0) == []
        assert await pass_s(FIRST_S - 1) == []
        assert await pass_s(1) == ["first"]
        assert tell() == ()
        assert await pass_s(EACH_S - 1) == []
        assert await pass_s(1) == ["first", "last"]
        assert [note.code for note in tell()] == ["TL0802", "TL0999"]
        faults.clear()
        assert await pass_s(EACH_S - 1) == []
        assert await pass_s(1) == ["first", "full", "wrong", "last"]
        assert tell() == ()
        running.cancel()

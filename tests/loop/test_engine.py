"""One application's fault never ends the loop: it is told, tried again with pauses, and others go on."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.loop.still_clock import StillClock
from tests.loop.test_reconcile import desired
from trueline.loop.board import Board
from trueline.loop.engine import Engine
from trueline.loop.engine_parts import EngineParts
from trueline.loop.schedule import Turn
from trueline.runtime.store import StoreFull


class Stop(BaseException):
    """The test has seen enough."""


class Failing(Engine):
    """An engine whose passes of one application fail as they are told to."""

    def __init__(self, error: Exception) -> None:
        nothing: Any = SimpleNamespace()
        clock = StillClock()
        super().__init__(EngineParts(**{**dict.fromkeys(EngineParts.__slots__, nothing), "clock": clock}))
        self.error = error
        self.taken: list[str] = []

    @property
    def board(self) -> Board:
        """What is kept between passes."""
        return self._board

    async def _take(self, turn: Turn) -> None:
        self.taken.append(turn.application)
        if turn.application == "shop":
            raise self.error
        raise Stop

    async def work(self) -> None:
        """As a worker does."""
        await self._work()


@pytest.mark.parametrize(("error", "code"), [(KeyError("x"), "TL0999"), (StoreFull([]), "")])
async def test_a_fault_of_ours_stops_one_application_and_is_told(error: Exception, code: str) -> None:
    """INV-30: a poison pill is one application's trouble; the next one has its turn."""
    engine = Failing(error)
    engine.board.keep(desired().application)
    for name in ("shop", "blog"):
        engine.board.schedule.wake(name)
    with pytest.raises(Stop):
        await engine.work()
    assert engine.taken == ["shop", "blog"]
    assert [told.code for told in engine.board.kept["shop"].trouble] == ([code] if code else [])
    assert engine.board.schedule.failures("shop") == 1

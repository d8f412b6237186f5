"""One application's fault never ends the loop: it is told, tried again with pauses, and others go on."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.loop.still_clock import StillClock
from tests.loop.test_reconcile import desired
from trueline.loop.board import Board
from trueline.loop.desired import Desired
from trueline.loop.engine import Engine
from trueline.loop.engine_parts import EngineParts
from trueline.loop.kept import Kept
from trueline.loop.measure import Measures
from trueline.loop.schedule import Turn
from trueline.model.diagnostic import Diagnostic
from trueline.model.ref import Ref
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


class Holding(Engine):
    """An engine whose one application is held, and whose rollback cannot be restored at first."""

    def __init__(self, failures: int) -> None:
        nothing: Any = SimpleNamespace()
        self.clock = StillClock()
        holds = SimpleNamespace(active=lambda _: [SimpleNamespace(revision="", why="a look", who="ada")])
        given = {**dict.fromkeys(EngineParts.__slots__, nothing), "clock": self.clock, "holds": holds}
        super().__init__(EngineParts(**given))
        self.left = failures
        self.restore = self.restored

    async def restored(self, _: Kept) -> Desired | None:
        """Nothing was rolled back; to tell so takes room on the disk."""
        self.left -= 1
        if self.left >= 0:
            raise StoreFull([FULL])
        return None

    async def take_turn(self) -> Kept:
        """The turn that is due after the first pauses."""
        self.clock.pass_s(1.0)
        turn = await self._board.schedule.next()
        await self._take(turn)
        self._board.schedule.done(turn)
        return self.kept["shop"]

    def declare(self, aim: Desired) -> None:
        """It is aimed at."""
        self._board.keep(aim.application).desired = aim
        self._board.schedule.wake(aim.application.name)

    @property
    def failures(self) -> int:
        """How often in a row it was asked to look again."""
        return self._board.schedule.failures("shop")


FULL = Diagnostic(code="TL0802", summary="the disk is full", detail="", remedy="make room")


async def test_what_could_not_be_restored_is_tried_again() -> None:
    """INV-29: it is held, so that no pass is made; nobody else would look, and nothing would ever be settled."""
    engine = Holding(failures=2)
    engine.declare(desired())
    for times in (1, 2):
        kept = await engine.take_turn()
        assert ([told.code for told in kept.trouble], engine.failures) == (["TL0802"], times)
    kept = await engine.take_turn()
    assert (kept.trouble, kept.held, engine.failures) == ((), "a look (ada)", 0)


class Timed(Engine):
    """An engine whose passes take as long, and end, as they are told to."""

    def __init__(self) -> None:
        nothing: Any = SimpleNamespace()
        self.clock, self.took_s = StillClock(), 0.0
        holds = SimpleNamespace(active=lambda _: [])
        given = {**dict.fromkeys(EngineParts.__slots__, nothing), "clock": self.clock, "holds": holds}
        super().__init__(EngineParts(**{**given, "measures": Measures()}))
        self._board.keep(desired().application).desired = desired()

    async def _pass(self, kept: Kept, aim: Desired, turn: Turn) -> None:
        self.clock.pass_s(self.took_s)

    async def take(self, took_s: float, *, focus: frozenset[Ref] | None = None, fails: bool = False) -> None:
        """One turn of the only application."""
        self.took_s = took_s
        self.kept["shop"].trouble = (FULL,) if fails else ()
        await self._take(Turn(application="shop", focus=focus))


async def test_how_long_passes_take_is_counted_by_extent_and_result() -> None:
    engine = Timed()
    await engine.take(0.02)
    await engine.take(3.0, fails=True)
    await engine.take(0.004, focus=frozenset({Ref("ConfigMap", "shop", "a")}))
    counted = {key: (one.count, round(one.sum, 6)) for key, one in engine.measures.passes.items() if one.count}
    assert counted == {("whole", "made"): (1, 0.02), ("whole", "failed"): (1, 3.0), ("objects", "made"): (1, 0.004)}

"""What a process that runs for months does each hour, so that nothing which it keeps for itself grows for ever.

It decides nothing about any application. What could not be done is told, and is tried again in the next hour.
"""

from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from typing import Final, TypeAlias

from trueline.loop.bug import own_fault
from trueline.loop.engine import Engine
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault
from trueline.runtime.clock import Clock

FIRST_S: Final = 60.0
"""So long after a start the first chore is done; the others would be in the way of what is brought up."""
EACH_S: Final = 3_600.0
Chore: TypeAlias = Callable[[], Awaitable[None]]


class Upkeep:
    """Runs beside the engine. `chores` gives those of an hour, each of which may fail by itself.

    The first of them is for what a process that is killed should leave behind: it is done soon after the start as well.
    """

    def __init__(self, engine: Engine, clock: Clock, chores: Callable[[], Iterable[Chore]]) -> None:
        self._clock = clock
        self._chores = chores
        self.notes: tuple[Diagnostic, ...] = ()
        """What could not be done the last time."""
        engine.tellers.append(lambda: self.notes)

    async def run(self) -> None:
        """Do them once an hour; never ends by itself."""
        await self._clock.sleep(FIRST_S)
        await self._do(islice(self._chores(), 1))
        while True:
            await self._clock.sleep(EACH_S)
            await self._do(self._chores())

    async def _do(self, chores: Iterable[Chore]) -> None:
        notes = list[Diagnostic]()
        for chore in chores:
            try:
                await chore()
            except Fault as fault:
                notes += fault.diagnostics
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end it; it is told
                notes.append(own_fault("the upkeep", error))
        self.notes = tuple(notes)

"""The Git objects of what was applied are kept, so that it can be put back whatever becomes of the repositories.

A child of Git does it, for which no status waits. What cannot be kept now is told, and tried again until it is.
"""

import asyncio
from collections import deque

from trueline.loop.board import Board
from trueline.loop.bug import own_fault
from trueline.loop.desired import Desired
from trueline.loop.engine_parts import EngineParts
from trueline.loop.fleet import Look
from trueline.model.fault import Fault

AGAIN_S = 2.0


class Safekeeping:
    """A queue of what became true, and one task that takes from it."""

    def __init__(self, parts: EngineParts, board: Board) -> None:
        self._parts = parts
        self._board = board
        self._waiting = deque[tuple[Desired | None, Look]]()
        self._has_some = asyncio.Event()
        self._has_failed = False

    @property
    def is_idle(self) -> bool:
        """Whether all is kept, but for what cannot be kept now."""
        return not self._waiting or self._has_failed

    def add(self, desired: Desired | None, look: Look) -> None:
        """What an application is at is to be kept, and the revision of the fleet that says so."""
        self._waiting.append((desired, look))
        self._has_some.set()

    async def run(self) -> None:
        """Keep what was added, in its order; never ends by itself."""
        while True:
            await self._has_some.wait()
            try:
                await self._keep(*self._waiting[0])
            except Fault as fault:
                self._board.problems = fault.diagnostics
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end the loop; it is told
                self._board.problems = (own_fault("what was applied", error),)
            else:
                self._has_failed = False
                self._waiting.popleft()
                if not self._waiting:
                    self._has_some.clear()
                continue
            self._has_failed = True
            self._waiting.rotate(-1)  # what cannot be kept is in nobody's way
            await self._parts.clock.sleep(AGAIN_S)

    async def _keep(self, desired: Desired | None, look: Look) -> None:
        if desired is not None:
            await self._parts.desirer.keep(desired, look.ground.source)
        await self._parts.fleet.keep(look.revision.commit, self._parts.chronicle.needed())

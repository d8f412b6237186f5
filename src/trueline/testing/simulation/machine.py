"""One simulated machine: an engine's process that may die, pause and start again, with its disk, clock and network."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from trueline.runtime.http import Transport
from trueline.runtime.toolbox import Toolbox
from trueline.testing.process import EngineProcess, Repository, Surroundings
from trueline.testing.simulation.clock import MachineClock
from trueline.testing.simulation.disk import Died, Disk
from trueline.testing.simulation.effect import Failure, Moment, Strike
from trueline.testing.simulation.network import Network

RESTART_S = 10.0
INTERVAL_S = 30.0
PAUSE_S = 600.0
"""So long a process stands still that is paused at one of its effects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a machine stands: what it reaches, and what is drawn for it. `image` is what its disk holds at first."""

    transport: Transport
    repository: Repository
    toolbox: Toolbox
    clock: MachineClock
    rng: random.Random
    note: Callable[[str, str], None]
    installation: str = "sim"
    image: bytes = b""
    interval_s: float = INTERVAL_S


class Machine:
    """`run` lives one life after the other. `fuse` burns down with each effect; at nothing the process dies.

    `halt` burns down with each write to the cluster; at nothing the process stands still before it, until it resumes.
    `arm` has single effects fail; `moments` tells which effects there were.
    """

    def __init__(self, name: str, site: Site) -> None:
        self.name = name
        self.clock = site.clock
        self.disk = Disk(self._burn, site.image)
        self.network = Network(site.transport, site.rng, writer=name, gate=self._gate, effect=self._burn)
        self.process: EngineProcess | None = None
        self.fuse: int | None = None
        self.halt: int | None = None
        self.moments: list[Moment] = []
        self.deaths = 0
        self._strikes: list[Strike] = []
        self._passed = 0
        self._site = site
        self._is_dead = False
        self._killed = asyncio.Event()
        self._going = asyncio.Event()
        self._going.set()

    def twin(self, name: str) -> "Machine":
        """Another machine, with a copy of what stands on this one's disk now."""
        return Machine(name, replace(self._site, image=self.disk.image()))

    @property
    def holder(self) -> str:
        """The name of its process among the writers: another one in each life."""
        return f"{self.name}/{self.deaths}"

    async def run(self) -> None:
        """Live, die, and start again, until it is cancelled."""
        while True:
            await self.live()
            await asyncio.sleep(self._site.rng.expovariate(1 / RESTART_S))

    async def live(self) -> None:
        """One life, from a start to a death."""
        self._is_dead, self.process = False, None
        self._killed.clear()
        self._site.note(self.name, "starts")
        try:
            with suppress(Died):
                await self._work()
        except BaseExceptionGroup as group:
            _, others = group.split(Died)
            if others is not None:
                raise others from None
        finally:
            self.disk.cut()
        self.deaths += 1
        self._site.note(self.name, "died")

    async def _work(self) -> None:
        process = EngineProcess.of(
            Surroundings(
                repository=self._site.repository,
                transport=self.network,
                store=self.disk.open(),
                clock=self.clock,
                toolbox=self._site.toolbox,
                installation=self._site.installation,
                holder=self.holder,
                jitter=self._site.rng.random,
                interval_s=self._site.interval_s,
            )
        )
        async with process.running():
            self.process = process
            await self._killed.wait()
            self._is_dead = True
            raise Died

    def kill(self) -> None:
        """End the process at its next step, wherever it is."""
        self._killed.set()

    def pause(self) -> None:
        """The process stands still, and time goes on."""
        self._site.note(self.name, "pauses")
        self._going.clear()

    def resume(self) -> None:
        """The process goes on where it was."""
        if not self._going.is_set():
            self._site.note(self.name, "goes on")
            self._going.set()

    @property
    def is_paused(self) -> bool:
        """Whether the process stands still."""
        return not self._going.is_set()

    async def _gate(self) -> None:
        await self._going.wait()
        if self._is_dead:
            raise Died

    @property
    def effects(self) -> int:
        """How many effects there were, in all lives."""
        return len(self.moments)

    def arm(self, *strikes: Strike) -> None:
        """These effects fail, one after the other; what has struck does not strike again."""
        self._strikes, self._passed = list(strikes), 0

    @property
    def strikes_left(self) -> int:
        """How many have not struck."""
        return len(self._strikes)

    def _burn(self, moment: Moment) -> Failure | None:
        """One effect; it may be the last, or fail."""
        if self._is_dead:
            raise Died
        self.moments.append(moment)
        failure = self._struck()
        if self.fuse is not None:
            self.fuse -= 1
        if failure is Failure.DEATH or (self.fuse is not None and self.fuse < 0):
            self._is_dead, self.fuse = True, None
            raise Died
        if moment is Moment.SENDING and self._halts():
            self.pause()
        if failure is Failure.PAUSE:
            self.pause()
            asyncio.get_running_loop().call_later(PAUSE_S, self.resume)
        return failure

    def _halts(self) -> bool:
        """Whether it stands still before this write."""
        if self.halt is None:
            return False
        self.halt = self.halt - 1 if self.halt else None
        return self.halt is None

    def _struck(self) -> Failure | None:
        """How the effect that is due now fails."""
        if not self._strikes:
            return None
        if self._passed < self._strikes[0].after:
            self._passed += 1
            return None
        self._passed = 0
        return self._strikes.pop(0).failure

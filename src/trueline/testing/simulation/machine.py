"""One simulated machine: an engine's process that may die, pause and start again, with its disk, clock and network."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from trueline.runtime.http import Transport
from trueline.runtime.toolbox import Toolbox
from trueline.testing.process import EngineProcess, Repository, Surroundings
from trueline.testing.simulation.clock import MachineClock
from trueline.testing.simulation.disk import Died, Disk
from trueline.testing.simulation.network import Network

RESTART_S = 10.0
INTERVAL_S = 30.0


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
    """`run` lives one life after the other. `fuse` burns down with each effect; at nothing the process dies."""

    def __init__(self, name: str, site: Site) -> None:
        self.name = name
        self.clock = site.clock
        self.disk = Disk(self._burn, site.image)
        self.network = Network(site.transport, site.rng, writer=name, gate=self._gate, effect=self._effect)
        self.process: EngineProcess | None = None
        self.fuse: int | None = None
        self.effects = 0
        self.deaths = 0
        self._site = site
        self._is_dead = False
        self._killed = asyncio.Event()
        self._going = asyncio.Event()
        self._going.set()

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
                holder=f"{self.name}/{self.deaths}",
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

    async def _gate(self) -> None:
        await self._going.wait()
        if self._is_dead:
            raise Died

    async def _effect(self) -> None:
        self._burn()

    def _burn(self) -> None:
        """One effect; it may be the last."""
        if self._is_dead:
            raise Died
        self.effects += 1
        if self.fuse is not None:
            self.fuse -= 1
        if self.fuse is not None and self.fuse < 0:
            self._is_dead, self.fuse = True, None
            raise Died

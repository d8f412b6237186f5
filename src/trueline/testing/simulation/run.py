"""One seed: a world is drawn, much goes wrong in it, then it becomes calm and must converge.

A seed gives one verdict and one log, every time. What was found broken stands in the verdict with the time.
"""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, NoReturn

from trueline.embedded.cluster import EmbeddedCluster
from trueline.embedded.store import Store
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.toolbox import Toolbox
from trueline.target.kubernetes.mark import Installation
from trueline.testing.conformance.api import Api
from trueline.testing.simulation import actor
from trueline.testing.simulation.actor import Stage
from trueline.testing.simulation.clock import MachineClock
from trueline.testing.simulation.convergence import Convergence
from trueline.testing.simulation.fleet import NAMESPACE, Author
from trueline.testing.simulation.loop import SimulationError, VirtualLoop
from trueline.testing.simulation.machine import Machine, Site
from trueline.testing.simulation.network import WRITER
from trueline.testing.simulation.repository import ForkingRepository
from trueline.testing.simulation.truth import Broken, Truth

INSTALLATION: Final = "sim"
ACTIVE_S_MIN: Final = 150.0
ACTIVE_S_MORE: Final = 300.0
ACTIVE_S_MAX: Final = 1500.0
"""So long much goes wrong: in most seeds for some minutes, in a few for much longer. Long ones find as much as short
ones for the time that they take."""
CALM_S_MAX: Final = 2700.0
"""Within this much of calm everything converges; a fight that has rested, and a watch that missed events, are over."""
RESTART_S_MAX: Final = 120.0
"""Within this much a machine that was killed has started and looked at Git."""
PASS_S: Final = 1.0
"""Within this much a pass that an event asks for has begun."""
QUIET_S: Final = 700.0
"""For how long nothing may be written then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a seed ended. `broken` is empty where nothing was."""

    seed: int
    broken: str = ""
    at_s: float = 0.0
    effects: int = 0
    writes: int = 0
    deletes: int = 0
    deaths: int = 0
    log: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The log's."""
        return hashlib.sha256("\n".join(self.log).encode()).hexdigest()[:16]

    def __str__(self) -> str:
        how = self.broken or "converged"
        counts = f"{self.effects} effects, {self.writes} writes, {self.deletes} deletes, {self.deaths} deaths"
        return f"seed {self.seed}: {how} at {self.at_s:.0f} s ({counts}, log {self.digest})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Casting:
    """Who takes part beside those that are drawn: who meddles with what is about to be written; a second process."""

    meddles: bool = False
    company: bool = False

    @classmethod
    def of(cls, seed: int) -> "Casting":
        """Every other seed has the one, every fourth the other."""
        return cls(meddles=seed % 2 == 1, company=seed % 4 == 2)  # noqa: PLR2004 - every fourth


@dataclass(slots=True, kw_only=True)
class _Play:
    """One world while it is played."""

    stage: Stage
    machine: Machine
    loop: VirtualLoop
    casting: Casting
    log: list[str] = field(default_factory=list)
    broken: str = ""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    position: int = 0
    late_came: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, who: str, what: str) -> None:
        """One line of the log. How what is broken is cleared away afterwards is no part of it, and in no order."""
        if not self.ended.is_set():
            self.log.append(f"{self.loop.now_s:10.3f} {who}: {what}")

    def watch(self, objects: Store) -> None:
        """See every write of the cluster from now on."""
        self.position = objects.revision

        def wake() -> None:
            events, self.position = objects.since(self.position), objects.revision
            for event in events or ():
                now = "gone" if event.after is None else hashlib.sha256(event.after.raw).hexdigest()[:8]
                self.note(WRITER.get() or "cluster", f"{event.key} {now}")
                try:
                    self.stage.truth.see(event)
                except Broken as broken:
                    self.stop(str(broken))
            if self.stage.truth.late:
                self.late_came.set()

        objects.listen(wake)

    def stop(self, broken: str) -> None:
        """The first thing that is broken ends the play."""
        if not self.broken:
            self.broken = broken
            self.note("check", broken)
            self.ended.set()

    async def pass_s(self, seconds: float) -> bool:
        """Let time pass, unless something breaks; whether nothing did."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.ended.wait()
        return not self.broken

    # ---- the acts ----------------------------------------------------------------------------------------------

    async def perform(self) -> None:
        """Much happens; then calm, convergence, and quiet."""
        async with TaskGroup() as group:
            tasks = [group.create_task(self.machine.run()), group.create_task(self._see_late_off())]
            try:
                if await self._much() and await self._calm():
                    await self._quiet()
            finally:
                for task in tasks:
                    task.cancel()

    async def _see_late_off(self) -> None:
        """INV-13: what came too late is gone once the process that writes has had a pass since it was told."""
        truth, before = self.stage.truth, frozenset[str]()
        while True:
            await self.late_came.wait()
            await asyncio.sleep(PASS_S)
            lingering = frozenset(truth.lingering())
            for broken in sorted(lingering & before):
                self.stop(broken)
            before = lingering
            if not truth.late:
                self.late_came.clear()

    async def _much(self) -> bool:
        rng, stage, machine = self.stage.rng, self.stage, self.machine
        machine_actors: tuple[Callable[[Stage, Machine], Awaitable[None]], ...] = (
            actor.storm,
            actor.crash,
            actor.stand_still,
            actor.fill_disk,
            actor.set_clock,
            actor.turn_back,
        )
        stage_actors = (actor.edit, actor.fight, actor.scale, actor.compact)
        chosen = [one for one in stage_actors if rng.random() < 0.6]  # noqa: PLR2004 - most, not always all
        beside = [one for one in machine_actors if rng.random() < 0.6]  # noqa: PLR2004 - as above
        beside += [actor.meddle] if self.casting.meddles else []
        beside += [actor.company] if self.casting.company else []
        async with TaskGroup() as group:
            tasks = [group.create_task(_awaited(one(stage))) for one in (actor.commit, *chosen)]
            tasks += [group.create_task(_awaited(one(stage, machine))) for one in (actor.agree, *beside)]
            held = await self.pass_s(min(ACTIVE_S_MIN + rng.expovariate(1 / ACTIVE_S_MORE), ACTIVE_S_MAX))
            for task in tasks:
                task.cancel()
        return held

    async def _calm(self) -> bool:
        """Faults end, people clean up after themselves, and what Git says comes true within a bound."""
        machine, stage = self.machine, self.stage
        actor.calm(stage, machine)
        machine.fuse, machine.halt, machine.disk.is_full = None, None, False
        machine.clock.jump(timedelta())
        machine.resume()
        if self.casting.company:
            machine.kill()  # whoever was outrun starts anew
            await self.pass_s(RESTART_S_MAX)
        fleet = stage.author.last(stage.truth.head.fleet)
        stage.truth.push(stage.repository.push(fleet.files()), fleet)
        self.note("people", f"last commit {stage.truth.head.commit[:8]}")
        await stage.as_("person", lambda: actor.tidy(stage))
        end_s = self.loop.now_s + CALM_S_MAX
        while (differences := tuple(self._differences())) and self.loop.now_s < end_s:
            actor.resume_all(stage, machine)
            actor.agree_once(stage, machine)
            if not await self.pass_s(20.0):
                return False
        if differences:
            self.stop(f"INV-29 after {CALM_S_MAX:.0f} s of calm: {'; '.join(differences)}")
        return not self.broken

    def _differences(self) -> Iterator[str]:
        """What is not as Git says."""
        stage = self.stage
        world = Convergence(
            truth=stage.truth, objects=stage.objects, machine=self.machine, is_shared=self.casting.company
        )
        return world.differences()

    async def _quiet(self) -> None:
        """INV-15, INV-16: nothing changes, so nothing is written; and the books are in order."""
        before = self.machine.network.writes
        if not await self.pass_s(QUIET_S):
            return
        if (after := self.machine.network.writes) != before:
            self.stop(f"INV-15 {after - before} writes though nothing changed")
        for difference in self._differences():
            self.stop(f"INV-16 it did not stay: {difference}")
        process = self.machine.process
        if process is not None and (found := process.journal.verify()):
            self.stop(f"INV-22 the journal does not hold: {found}")


async def _awaited(coroutine: Awaitable[None]) -> None:
    await coroutine


def simulate(seed: int, toolbox: Toolbox, casting: Casting | None = None) -> Verdict:
    """Play one seed to its end, with the casting that is the seed's unless another one is given.

    Raises:
        SimulationError: the simulation did what it may not; that is a fault of its own.
    """
    loop = VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(_simulate(seed, toolbox, loop, casting or Casting.of(seed)))


async def _simulate(seed: int, toolbox: Toolbox, loop: VirtualLoop, casting: Casting) -> Verdict:
    rng = random.Random(seed)  # noqa: S311 - it is to be foreseen
    async with EmbeddedCluster(toolbox, MachineClock(loop), connect=_no_webhooks) as cluster:
        api = Api(transport=cluster.transport(), clock=MachineClock(loop), namespace=NAMESPACE, unique="sim")
        await api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        await cluster.wait_settled()
        repository = ForkingRepository(rng)
        truth = Truth(installation=Installation(INSTALLATION), line=repository.leads)
        log: list[str] = []

        def note(who: str, what: str) -> None:
            play.note(who, what)

        stage = Stage(
            rng=rng,
            truth=truth,
            repository=repository,
            author=Author(rng),
            objects=cluster.store,
            api=api,
            note=note,
        )
        first = stage.author.first()
        truth.push(repository.push(first.files()), first)
        site = Site(
            transport=cluster.transport(),
            repository=repository,
            toolbox=toolbox,
            clock=MachineClock(loop),
            rng=rng,
            note=stage.note,
            installation=INSTALLATION,
        )
        machine = Machine("engine", site)
        actor.join(stage, machine)
        play = _Play(stage=stage, machine=machine, loop=loop, casting=casting, log=log)
        play.watch(cluster.store)
        await play.perform()
        return Verdict(
            seed=seed,
            broken=play.broken,
            at_s=loop.now_s,
            effects=machine.effects,
            writes=truth.writes,
            deletes=truth.deletes,
            deaths=machine.deaths,
            log=tuple(log),
        )


def _no_webhooks(_: object) -> NoReturn:
    raise SimulationError("a simulation has no webhooks")

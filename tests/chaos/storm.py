"""One round: everything is broken at random while somebody commits; then calm, and all must be as Git says."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from testbed.git_server import Fault
from testbed.proxy import CALM, STORM
from tests.chaos.declared import ITEMS_AT_FIRST, item
from tests.chaos.engine_process import END_S_MAX
from tests.chaos.judge import Wrong
from tests.chaos.world import World
from trueline.runtime.task_group import TaskGroup

CONVERGED_S_MAX = 300.0
SILENCE_NOTICED_S_MAX = 400.0
QUIET_S = 2.0
Act: TypeAlias = Callable[[], Awaitable[None]]


class ChaosFailed(Exception):
    """A round showed what must not be; the text says what, and the seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round did."""

    seed: int
    commits: int
    kills: int
    acts: Counter[str]
    harmed: int
    writes: int
    deletes: int
    wrongs: tuple[Wrong, ...]
    end_s_max: float
    converged_s: float


@dataclass(slots=True, kw_only=True)
class Storm:
    """Breaks a world, at random and all at once."""

    world: World
    random: random.Random
    acts: Counter[str] = field(default_factory=Counter)
    end_s_max: float = 0.0
    strangers: int = 0
    leaves_silence: bool = False
    """Connections that fell silent stay so when calm comes: whoever waits on one has to notice by itself."""

    async def rage(self, seconds: float) -> None:
        """Until the time is over; whatever was broken is whole again at the end."""
        try:
            async with TaskGroup() as group:
                over = asyncio.Event()
                for act, pause_s in (
                    (self._commit, 1.0),
                    (self._break_engine, 5.0),
                    (self._break_part, 6.0),
                    (self._turn_weather, 1.5),
                    (self._live_beside, 1.0),
                ):
                    group.create_task(self._again(act, pause_s, over))
                await self.world.clock.sleep(seconds)
                over.set()
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from several
        self.world.before_server.turn(CALM)
        self.world.before_git.turn(CALM)
        if not self.leaves_silence:
            self.world.before_server.reset_all()
            self.world.before_git.reset_all()
        self.world.engine.start()

    async def _again(self, act: Act, pause_s: float, over: asyncio.Event) -> None:
        while not over.is_set():
            await self.world.clock.sleep(self.random.uniform(0, 2 * pause_s))
            if not over.is_set():
                await act()

    def _note(self, name: str) -> None:
        self.acts[name] += 1

    async def _commit(self) -> None:
        self._note("commit")
        await self.world.author.go_on(self.world.judge.reached)

    async def _break_engine(self) -> None:
        engine = self.world.engine
        if self.random.random() < 0.6:
            self._note("engine killed")
            await engine.kill()
        else:
            self._note("engine asked to end")
            code, took_s = await engine.terminate()
            self.end_s_max = max(self.end_s_max, took_s)
            if code != 0 and not (code == -signal.SIGTERM and not engine.has_claimed(self.world.data)):
                raise ChaosFailed(f"the engine ended with {code}:\n{engine.said()[-2000:]}")
        await self.world.clock.sleep(self.random.uniform(0, 1.0))
        engine.start()

    async def _break_part(self) -> None:
        control_plane, git = self.world.control_plane, self.world.git
        match self.random.randrange(4):
            case 0:
                self._note("API server killed")
                await control_plane.stop_api_server(abrupt=True)
                await self.world.clock.sleep(self.random.uniform(0, 2.0))
                await control_plane.start_api_server()
            case 1:
                self._note("API server ended")
                await control_plane.stop_api_server()
                await control_plane.start_api_server()
            case 2:
                self._note("etcd killed")
                await control_plane.stop_etcd(abrupt=True)
                await self.world.clock.sleep(self.random.uniform(0, 2.0))
                await control_plane.start_etcd()
            case _:
                fault = self.random.choice((Fault.GONE, Fault.HANG, Fault.HTML, Fault.ERROR, Fault.HALF))
                self._note(f"Git server {fault.name.lower()}")
                await git.fail(fault)
                await self.world.clock.sleep(self.random.uniform(0.5, 4.0))
                await git.fail(Fault.NONE)

    async def _turn_weather(self) -> None:
        proxy = self.random.choice((self.world.before_server, self.world.before_git))
        match self.random.randrange(6):
            case 0:
                proxy.turn(CALM)
            case 1:
                self._note("all connections reset")
                proxy.reset_all()
            case _:
                self._note("bad weather")
                proxy.turn(replace(STORM, bytes_max=self.random.choice((500, 4_000, 30_000))))

    async def _live_beside(self) -> None:
        """Strangers and neighbours, who know nothing of us."""
        if self.random.random() < 0.5:
            self.strangers += 1
            label = await self.world.label() if self.random.random() < 0.5 else ""
            if await self.world.stranger(f"{id(self)}-{self.strangers}", label=label):
                self._note("stranger with our label" if label else "stranger")
        elif await self.world.note(item("", 4 * self.random.randrange(ITEMS_AT_FIRST // 4)).name):
            self._note("neighbour's field")


async def one_round(world: World, *, seed: int, seconds: float, leaves_silence: bool = False) -> Round:
    """Storm, calm, and the checks at the end.

    Raises:
        ChaosFailed: something was wrong.
        NotConverged: the cluster is not as Git says in the bound.
    """
    storm = Storm(world=world, random=random.Random(seed), leaves_silence=leaves_silence)
    harmed_before = _harmed(world)
    commits, wrote, deleted = world.author.commits, world.judge.writes, world.judge.deletes
    world.engine.start()
    await storm.rage(seconds)
    converged_s = await world.converged(SILENCE_NOTICED_S_MAX if leaves_silence else CONVERGED_S_MAX)
    await world.all_seen()
    await _stays(world)
    verified = await world.trueline("verify")
    made = Round(
        seed=seed,
        commits=world.author.commits - commits,
        kills=sum(count for name, count in storm.acts.items() if name.endswith("killed")),
        acts=storm.acts,
        harmed=_harmed(world) - harmed_before,
        writes=world.judge.writes - wrote,
        deletes=world.judge.deletes - deleted,
        wrongs=tuple(world.judge.wrongs),
        end_s_max=storm.end_s_max,
        converged_s=converged_s,
    )
    if verified.code:
        raise ChaosFailed(f"seed {seed}: verify says {verified.out}{verified.err}")
    if made.end_s_max > END_S_MAX:
        raise ChaosFailed(f"seed {seed}: it took {made.end_s_max:.1f} s to end (INV-34)")
    return made


def _harmed(world: World) -> int:
    return world.before_server.harmed.total() + world.before_git.harmed.total()


async def _stays(world: World) -> None:
    """What is as Git says is written no more (INV-16)."""
    before = world.judge.writes
    await world.clock.sleep(QUIET_S)
    await world.all_seen()
    if world.judge.writes != before:
        raise ChaosFailed(f"{world.judge.writes - before} writes after everything was as Git says")

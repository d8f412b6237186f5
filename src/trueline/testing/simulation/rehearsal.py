"""A scenario played again and again, each time with another effect that fails, and held against the run without.

What stands before is made once; every run begins from what that left on the disks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from trueline.embedded.cluster import EmbeddedCluster
from trueline.health.status import Status
from trueline.loop.status import Sync
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.toolbox import Toolbox
from trueline.target.kubernetes.mark import LABEL, Installation
from trueline.testing.conformance.api import Api, Json
from trueline.testing.conformance.engine.declaration import Declaration
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.simulation.clock import MachineClock
from trueline.testing.simulation.effect import Failure, Moment, Strike
from trueline.testing.simulation.ending import Ending, differences, ending
from trueline.testing.simulation.fleet import is_as_declared
from trueline.testing.simulation.loop import SimulationError, VirtualLoop
from trueline.testing.simulation.machine import Machine, Site
from trueline.testing.simulation.network import is_fence
from trueline.testing.simulation.repository import ForkingRepository
from trueline.testing.simulation.scenario import Scenario
from trueline.testing.simulation.scene import ENGINE, INSTALLATION, INTERVAL_S, NAMESPACE, Scene, Steady, StillClock
from trueline.testing.simulation.step import Step
from trueline.testing.simulation.truth import Broken

EFFECTS_MAX = 400
"""More than any scenario has."""


@dataclass(frozen=True, slots=True)
class Remains:
    """What a run left: the cluster's objects, the machine's disk, Git."""

    repository: ForkingRepository
    fleet: dict[str, Declaration] = field(default_factory=dict)
    revision: int = 0
    objects: tuple[tuple[str, bytes], ...] = ()
    image: bytes = b""

    def load(self) -> tuple[int, Sequence[tuple[str, bytes]]]:
        """See `Disk.load`: a cluster begins from it."""
        return self.revision, self.objects

    def save(self, revision: int, writes: Sequence[tuple[str, bytes | None]]) -> None:
        """What comes after is not kept."""

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: how it ended, what is wrong with it by itself, and the effects that it had."""

    ending: Ending
    broken: tuple[str, ...]
    moments: tuple[Moment, ...]
    strikes_left: int
    remains: Remains


class Rehearsal:
    """One scenario with one toolbox."""

    def __init__(self, scenario: Scenario, toolbox: Toolbox) -> None:
        self.scenario = scenario
        self._toolbox = toolbox
        nothing = Remains(ForkingRepository(Steady()))
        self._before = self._played(nothing, scenario.before, foreign=FOREIGN)
        self.reference = self._played(self._before.remains, scenario.then)

    @property
    def moments(self) -> tuple[Moment, ...]:
        """The effects of the run in which nothing fails."""
        return self.reference.moments

    def strikes(self, *failures: Failure) -> Iterator[Strike]:
        """Every single failure, the first effect first."""
        for after, moment in enumerate(self.moments):
            for failure in failures or Failure:
                if moment in failure.moments:
                    yield Strike(after=after, failure=failure)

    def wrong(self) -> tuple[str, ...]:
        """What is wrong where nothing fails: the scenario does not do what it says."""
        return (*self._before.broken, *self.reference.broken, *self._unlike_told())

    def _unlike_told(self) -> Iterator[str]:
        scenario, end = self.scenario, self.reference.ending
        standing = {name: found[0] for name, found in end.standing.items()}
        if standing != (told := {name: sync.value for name, sync in scenario.ends.items()}):
            yield f"it ends {end.standing}, not {told}"
        for name, (sync, health, *_) in end.standing.items():
            if sync == Sync.SYNCED.value and health != Status.HEALTHY.value:
                yield f"{name} is {sync}, and {health}"
        bodies = list(end.objects.values())
        for body in scenario.live:
            if not any(is_as_declared(_placed(body), live) for live in bodies):
                yield f"{body['kind']}/{body['metadata']['name']} is not live as told"
        for body in scenario.gone:
            if any(_identity(live) == _identity(_placed(body)) for live in bodies):
                yield f"{body['kind']}/{body['metadata']['name']} is not gone"
        for name, count in scenario.deployments.items():
            if len(end.history[name]) != count:
                yield f"{name} was deployed {len(end.history[name])} times, not {count}"
        yield from self._touched(end)

    def play(self, *strikes: Strike) -> Run:
        """The same with failures."""
        return self._played(self._before.remains, self.scenario.then, strikes)

    def faults(self, run: Run) -> tuple[str, ...]:
        """INV-14: what the run has otherwise than the one without failures."""
        return (*run.broken, *differences(self.reference.ending, run.ending), *self._touched(run.ending))

    def second_deaths(self, first: Strike) -> Iterator[tuple[Strike, Run]]:
        """After the first failure, a death at each effect of what follows, until one comes to its end before that."""
        for after in range(EFFECTS_MAX):
            second = Strike(after=after, failure=Failure.DEATH)
            run = self.play(first, second)
            if run.strikes_left:
                return
            yield second, run
        raise SimulationError(f"{self.scenario.name}: after {first} it never came to its end")

    def _touched(self, end: Ending) -> Iterator[str]:
        """INV-01: nothing foreign was touched. INV-14: what lives through the whole scenario was never deleted."""
        began, expected = self._before.ending, self.reference.ending
        for key, raw in began.raw.items():
            if not Installation(INSTALLATION).is_own(_mark(began.objects, key)) and expected.raw.get(key) == raw:
                if end.raw.get(key) != raw:
                    yield f"INV-01 {key} is not ours, and was touched"
            elif expected.uids.get(key) == began.uids[key] != end.uids.get(key):
                yield f"INV-14 {key} was there all the time, and is another one now"
        for body in FOREIGN:
            key = f"/core/configmaps/{NAMESPACE}/{body['metadata']['name']}"
            if end.raw.get(key) != began.raw[key]:
                yield f"INV-01 {key} is not ours, and was touched"

    # ---- playing -------------------------------------------------------------------------------------------------

    def _played(
        self, remains: Remains, steps: Sequence[Step], strikes: Sequence[Strike] = (), *, foreign: Sequence[Json] = ()
    ) -> Run:
        loop = VirtualLoop()
        try:
            return loop.run_until_complete(self._play(loop, remains, steps, strikes, foreign))
        finally:
            loop.close()

    async def _play(
        self,
        loop: VirtualLoop,
        remains: Remains,
        steps: Sequence[Step],
        strikes: Sequence[Strike],
        foreign: Sequence[Json],
    ) -> Run:
        still = StillClock(loop)
        async with EmbeddedCluster(self._toolbox, still, disk=remains, connect=_no_webhooks) as cluster:
            api = Api(transport=cluster.transport(), clock=still, namespace=NAMESPACE, unique="nth")
            if foreign:
                await api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
                for body in foreign:
                    await api.create(body, fieldManager="operator")
            await cluster.wait_settled()
            repository = remains.repository.copy()
            site = Site(
                transport=cluster.transport(),
                repository=repository,
                toolbox=self._toolbox,
                clock=MachineClock(loop),
                rng=Steady(),
                note=lambda _who, _what: None,
                installation=INSTALLATION,
                image=remains.image,
                interval_s=INTERVAL_S,
            )
            machine = Machine(ENGINE, site)
            machine.arm(*strikes)
            scene = Scene(
                loop=loop, api=api, objects=cluster.store, repository=repository, machine=machine, fleet=remains.fleet
            )
            scene.watch()
            return await _performed(scene, steps, cluster)


async def _performed(scene: Scene, steps: Sequence[Step], cluster: EmbeddedCluster) -> Run:
    machine = scene.machine
    async with TaskGroup() as group:
        lives = group.create_task(machine.run())
        try:
            if scene.repository.head:
                await scene.settle()
            for step in steps:
                await step.happen(scene)
                await scene.settle()
        except Broken as broken:
            scene.broken.append(str(broken))
        moments, left = tuple(machine.moments), machine.strikes_left
        machine.arm()  # what did not strike until now would strike the end of the process, which is awaited
        process = await scene.awake()
        end = ending(scene, process)
        scene.broken += [f"INV-22 the journal does not hold: {found}" for found in process.journal.verify()]
        await _once_more(scene)
        lives.cancel()
    await cluster.wait_settled()
    objects = tuple((one.key, one.raw) for one in cluster.store.all())
    return Run(
        ending=end,
        broken=tuple(scene.broken),
        moments=moments,
        strikes_left=left,
        remains=Remains(scene.repository, dict(scene.fleet), cluster.store.revision, objects, machine.disk.image()),
    )


async def _once_more(scene: Scene) -> None:
    """INV-15: a further pass over everything writes nothing."""
    process, writes, revision = await scene.awake(), scene.machine.network.writes, scene.objects.revision
    for name in process.engine.kept:
        process.engine.wake(name)
    try:
        await scene.settle()
    except Broken as broken:
        scene.broken.append(str(broken))
    since = [event.key for event in scene.objects.since(revision) or () if not is_fence(event.key)]
    if (more := scene.machine.network.writes - writes) or since:
        scene.broken.append(f"INV-15 one pass more wrote {more} times: {scene.story()}")


def _no_webhooks(_: object) -> NoReturn:
    raise SimulationError("a scenario has no webhooks")


FOREIGN: Sequence[Json] = (
    config_map("theirs"),
    config_map("theirs-copied", labels={LABEL: f"{INSTALLATION}.shop"}),
    config_map("theirs-installed", labels={LABEL: "another.shop"}),
)
"""What stands beside in every scenario: nobody's, one with our mark copied, one of another installation."""


def _mark(objects: Any, key: str) -> str:
    body = objects.get(f"{key} 0", {})
    return str(body.get("metadata", {}).get("labels", {}).get(LABEL, ""))


def _placed(body: Json) -> Json:
    """As it is where it names no namespace."""
    if body["kind"] in {"Namespace", "CustomResourceDefinition"} or "namespace" in body["metadata"]:
        return body
    return {**body, "metadata": {**body["metadata"], "namespace": NAMESPACE}}


def _identity(body: Json) -> tuple[str, str, str]:
    return body["kind"], body["metadata"].get("namespace", ""), body["metadata"]["name"]

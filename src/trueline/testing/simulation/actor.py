"""Who does what in a simulation: people who commit, people who edit by hand, controllers, operators, and misfortune.

Each actor is a coroutine that goes on until it is cancelled; it writes to the cluster under its own name.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

from trueline.embedded.store import Kept, Store
from trueline.loop.chronicle import FLEET
from trueline.loop.status import Sync
from trueline.model.fault import Fault
from trueline.runtime.task_group import TaskGroup
from trueline.testing.conformance.api import Api, Json
from trueline.testing.process import EngineProcess
from trueline.testing.simulation.disk import Died
from trueline.testing.simulation.fleet import NAMES, NAMESPACE, Author
from trueline.testing.simulation.machine import Machine
from trueline.testing.simulation.network import CALM, WRITER, Faults
from trueline.testing.simulation.repository import ForkingRepository
from trueline.testing.simulation.truth import THEIRS, Truth, key_of_path

Note = Callable[[str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that actors have in hand."""

    rng: random.Random
    truth: Truth
    repository: ForkingRepository
    author: Author
    objects: Store
    api: Api
    note: Note

    def push(self, change: str, *, parent: str | None = None) -> None:
        """One more commit, of what the author makes of the newest."""
        fleet = self.author.change(self.truth.head.fleet)
        if fleet == self.truth.head.fleet:
            return
        self.truth.push(self.repository.push(fleet.files(), parent=parent), fleet)
        self.note("people", f"{change} {self.repository.head[:8]}")

    async def as_(self, who: str, act: Callable[[], Awaitable[Any]]) -> None:
        """Write to the cluster under a name."""
        token = WRITER.set(who)
        try:
            await act()
        finally:
            WRITER.reset(token)

    def ask(self, machine: Machine, act: Callable[[EngineProcess], object]) -> None:
        """A person asks something of a process: it may refuse, and it may die of it."""
        if (process := machine.process) is None:
            return
        try:
            act(process)
        except Fault as fault:
            self.note("people", f"are refused: {fault.diagnostics[0].code}")
        except Died:
            machine.kill()

    def some_object(self) -> Kept | None:
        """An object that people see."""
        found = self.objects.under(f"/core/configmaps/{NAMESPACE}/")
        found += self.objects.under(f"/apps/deployments/{NAMESPACE}/")
        return self.rng.choice(found) if found else None


# ---- people -----------------------------------------------------------------------------------------------------


async def commit(stage: Stage) -> None:
    """Somebody merges; now and then history is rewritten or put back."""
    while True:
        await asyncio.sleep(stage.rng.expovariate(1 / 60))
        draw = stage.rng.random()
        if draw < 0.9 or len(stage.truth.heads) < 3:  # noqa: PLR2004 - rewriting is rare
            stage.push("commit")
        elif draw < 0.95:  # noqa: PLR2004 - as above
            stage.push("rewrite to", parent=stage.rng.choice(stage.truth.heads).commit)
        else:
            head = stage.rng.choice(stage.truth.heads[-4:-1])
            stage.repository.reset(head.commit)
            stage.truth.push(head.commit, head.fleet)
            stage.note("people", f"put back {head.commit[:8]}")


async def edit(stage: Stage) -> None:
    """Somebody has kubectl at hand."""
    while True:
        await asyncio.sleep(stage.rng.expovariate(1 / 45))
        await stage.as_("person", lambda: _edit_once(stage, stage.some_object()))


async def meddle(stage: Stage, machine: Machine) -> None:
    """Somebody changes just what a process that stands still is about to write."""
    while True:
        await asyncio.sleep(stage.rng.expovariate(1 / 10))
        paths = machine.network.sending if machine.is_paused else []
        kept = stage.objects.get(key_of_path(stage.rng.choice(paths))) if paths else None
        if kept is not None and kept.key.startswith(("/core/configmaps/", "/apps/deployments/")):
            await stage.as_("person", partial(_edit_once, stage, kept))


async def _edit_once(stage: Stage, kept: Kept | None) -> None:
    rng, api = stage.rng, stage.api
    draw = rng.random()
    if kept is None or draw < 0.1:  # noqa: PLR2004 - the weights of what people do
        name = f"{THEIRS}-{rng.randrange(4)}"
        await api.apply(_config_map(name, {"x": str(rng.random())}), manager="kubectl", force=True)
        return
    body = _reference(kept)
    number = f"by-hand-{rng.randrange(1000)}"
    if kept.metadata.name.startswith(THEIRS):
        return
    if draw < 0.35:  # noqa: PLR2004 - as above
        change: Json = {"data": {"a": number}} if body["kind"] == "ConfigMap" else {"spec": {"replicas": 2}}
        await api.merge(body, change, fieldManager="kubectl-edit")
    elif draw < 0.5:  # noqa: PLR2004 - as above
        change = {"data": {f"{THEIRS}-field": number}} if body["kind"] == "ConfigMap" else {"metadata": {}}
        await api.merge(body, change, fieldManager="operator")
    elif draw < 0.7:  # noqa: PLR2004 - as above
        await api.delete(body)
    elif draw < 0.8:  # noqa: PLR2004 - as above
        await api.delete(body)
        await api.create(_config_map(kept.metadata.name, {"a": number, "mine": number}))
    elif draw < 0.9:  # noqa: PLR2004 - as above
        await api.merge(body, {"metadata": {"labels": {"trueline.dev/application": None}}}, fieldManager="kubectl-edit")
    else:
        copied = _config_map(f"{THEIRS}-copy-{rng.randrange(3)}", {"x": number})
        copied["metadata"]["labels"] = dict(kept.metadata.labels)
        await api.create(copied)


def _config_map(name: str, data: Json) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def _reference(kept: Kept) -> Json:
    return {
        "apiVersion": kept.envelope.api_version,
        "kind": kept.envelope.kind,
        "metadata": {"name": kept.metadata.name},
    }


async def fight(stage: Stage) -> None:
    """A controller holds one field to what it thinks, for a while, again and again."""
    while True:
        await asyncio.sleep(stage.rng.expovariate(1 / 400))
        body = _config_map(stage.rng.choice(NAMES), {"b": "fought over"})
        insist = partial(stage.api.merge, body, {"data": body["data"]}, fieldManager="controller")
        for _ in range(stage.rng.randrange(3, 12)):
            await stage.as_("controller", insist)
            await asyncio.sleep(stage.rng.expovariate(1 / 5))


async def scale(stage: Stage) -> None:
    """An autoscaler sets replicas through the subresource."""
    while True:
        await asyncio.sleep(stage.rng.expovariate(1 / 120))
        found = stage.objects.under(f"/apps/deployments/{NAMESPACE}/")
        if found:
            body = _reference(stage.rng.choice(found))
            change = {"spec": {"replicas": stage.rng.randrange(1, 4)}}
            await stage.as_("autoscaler", partial(stage.api.merge, body, change, "/scale", fieldManager="hpa"))


async def agree(stage: Stage, machine: Machine, every_s: float = 60.0) -> None:
    """Somebody reads what waits, and agrees to it."""
    while True:
        await asyncio.sleep(stage.rng.expovariate(1 / every_s))
        agree_once(stage, machine)


def agree_once(stage: Stage, machine: Machine) -> None:
    """Agree to everything that waits now."""
    process = machine.process
    if process is None:
        return
    told = (*process.engine.problems, *(one for kept in process.engine.kept.values() for one in kept.fenced))
    if any("trueline approve" in str(one) for one in told):
        head = stage.truth.head.commit
        stage.truth.agreed.append(head)
        stage.note("people", f"agree to {head[:8]}")
        stage.ask(machine, partial(_approve, FLEET, plan=head))
    for name, kept in sorted(process.engine.kept.items()):
        if kept.status.sync is Sync.WAITING:
            stage.truth.approved.add(name)
            stage.note("people", f"approve {name}")
            stage.ask(machine, partial(_approve, name))


def _approve(name: str, process: EngineProcess, plan: str = "") -> None:
    process.control.approve(name, plan, who="ada")


def _hold(name: str, process: EngineProcess) -> None:
    process.control.hold(name, who="ada", why="a look")


def _resume(name: str, process: EngineProcess) -> None:
    process.control.resume(name, who="ada")


async def turn_back(stage: Stage, machine: Machine) -> None:
    """Somebody rolls an application back or holds it, and later lets Git have its way again."""
    while True:
        await asyncio.sleep(stage.rng.expovariate(1 / 500))
        if machine.process is None or not machine.process.engine.kept:
            continue
        name = stage.rng.choice(sorted(machine.process.engine.kept))
        if stage.rng.random() < 0.7:  # noqa: PLR2004 - rollbacks are more than holds
            await _roll_back(stage, machine, name)
        else:
            stage.note("people", f"hold {name}")
            stage.ask(machine, partial(_hold, name))
        await asyncio.sleep(stage.rng.expovariate(1 / 120))
        stage.note("people", f"resume {name}")
        stage.ask(machine, partial(_resume, name))


async def _roll_back(stage: Stage, machine: Machine, name: str) -> None:
    assert machine.process is not None, "it was asked for"
    earlier = [deployment.revision for deployment in machine.process.history.history(name)]
    try:
        done = await machine.process.control.rollback(name, "", who="ada")
    except Fault as fault:
        stage.note("people", f"cannot roll {name} back: {fault.diagnostics[0].code}")
    except Died:
        # Nobody was told how far it came. It was asked for: the next life may find it written down, and do it.
        machine.kill()
        stage.note("people", f"asked to roll {name} back")
        _agree_to_return(stage, name, *earlier)
    else:
        stage.note("people", f"roll {name} back to {done.commit[:8]}")
        _agree_to_return(stage, name, done.commit)


def _agree_to_return(stage: Stage, name: str, *commits: str) -> None:
    stage.truth.agreed += commits
    stage.truth.rolled_back.setdefault(name, set()).update(commits)


async def tidy(stage: Stage) -> None:
    """People take away what they made under names that Git declares, so that nothing is in its way."""
    for kept in list(stage.objects.all()):
        if kept.metadata.uid in stage.truth.persons and not kept.metadata.name.startswith(THEIRS):
            await stage.api.delete(_reference(kept))


def resume_all(stage: Stage, machine: Machine) -> None:
    """Nothing is held any more."""
    process = machine.process
    for name, kept in sorted(process.engine.kept.items()) if process is not None else ():
        if kept.held or kept.pinned is not None:
            stage.note("people", f"resume {name}")
            stage.ask(machine, partial(_resume, name))


# ---- misfortune ---------------------------------------------------------------------------------------------------


async def storm(stage: Stage, machine: Machine) -> None:
    """The network is bad for a while, then good."""
    while True:
        await asyncio.sleep(stage.rng.expovariate(1 / 60))
        machine.network.faults = Faults.drawn(stage.rng)
        stage.repository.away = stage.rng.choice((0.0, 0.2, 1.0))
        stage.repository.lags = stage.rng.choice((0.0, 0.0, 0.3))
        stage.note("weather", "storm")
        await asyncio.sleep(stage.rng.expovariate(1 / 60))
        calm(stage, machine)


def calm(stage: Stage, machine: Machine) -> None:
    """Everything answers again."""
    machine.network.faults, stage.repository.away, stage.repository.lags = CALM, 0.0, 0.0
    stage.note("weather", "calm")


async def crash(stage: Stage, machine: Machine) -> None:
    """The machine dies between two of its effects."""
    while True:
        await asyncio.sleep(stage.rng.expovariate(1 / 150))
        machine.fuse = stage.rng.randrange(12)


async def stand_still(stage: Stage, machine: Machine) -> None:
    """The process is stopped for a while, as a suspended virtual machine is; often just before it writes."""
    while True:
        await asyncio.sleep(stage.rng.expovariate(1 / 200))
        if stage.rng.random() < 0.7:  # noqa: PLR2004 - before a write is where it hurts
            machine.halt = stage.rng.randrange(4)
            await asyncio.sleep(stage.rng.expovariate(1 / 60))
        else:
            machine.pause()
        await asyncio.sleep(stage.rng.expovariate(1 / 60))
        machine.halt = None
        machine.resume()


async def company(stage: Stage, machine: Machine) -> None:
    """Somebody starts a second process with a copy of the books, ends it again, and starts the first one anew."""
    for number in count(1):
        await asyncio.sleep(stage.rng.expovariate(1 / 250))
        other = machine.twin(f"twin-{number}")
        join(stage, other)
        if stage.rng.random() < 0.5:  # noqa: PLR2004 - as often as not
            other.network.faults = Faults.drawn(stage.rng)
        async with TaskGroup() as group:
            lives = group.create_task(other.live())
            await asyncio.sleep(stage.rng.expovariate(1 / 60))
            other.halt = stage.rng.choice((None, *range(4)))
            await asyncio.sleep(stage.rng.expovariate(1 / 60))
            other.halt = None
            other.resume()
            await asyncio.sleep(stage.rng.expovariate(1 / 20))
            other.kill()
            await lives
        machine.kill()


def join(stage: Stage, machine: Machine) -> None:
    """From now on each write of this machine is judged."""
    stage.truth.machines.append(machine)
    machine.network.tried = lambda path: stage.truth.see_trial(machine.name, path, stage.objects)
    machine.network.heard = partial(stage.truth.hear, machine)


async def fill_disk(stage: Stage, machine: Machine) -> None:
    """The disk is full for a while."""
    while True:
        await asyncio.sleep(stage.rng.expovariate(1 / 400))
        machine.disk.is_full = True
        stage.note("weather", "disk full")
        await asyncio.sleep(stage.rng.expovariate(1 / 40))
        machine.disk.is_full = False


async def set_clock(stage: Stage, machine: Machine) -> None:
    """The wall clock is set, by years at times."""
    while True:
        await asyncio.sleep(stage.rng.expovariate(1 / 400))
        days = stage.rng.choice((-3650, -1, 0, 1, 3650))
        machine.clock.jump(timedelta(days=days))
        stage.note("weather", f"clock {days:+d} days")


async def compact(stage: Stage) -> None:
    """The cluster forgets its history: a watch from before is told that it is too old."""
    while True:
        await asyncio.sleep(stage.rng.expovariate(1 / 200))
        stage.objects.compact()

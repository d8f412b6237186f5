"""One cluster, one repository and one machine, as the steps of a scenario find them."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from trueline.embedded.store import Event, Kept, Store
from trueline.loop.schedule import PAUSE_MAX_S
from trueline.loop.status import Sync
from trueline.model.ref import Ref
from trueline.runtime.clock import Timer
from trueline.testing.conformance.api import Api
from trueline.testing.conformance.engine.declaration import Declaration
from trueline.testing.process import TARGET, EngineProcess
from trueline.testing.simulation.clock import START
from trueline.testing.simulation.loop import VirtualLoop
from trueline.testing.simulation.machine import Machine
from trueline.testing.simulation.network import WRITER, is_fence
from trueline.testing.simulation.repository import ForkingRepository
from trueline.testing.simulation.truth import Broken

NAMESPACE: Final = "shop"
INSTALLATION: Final = "sim"
ENGINE: Final = "engine"
INTERVAL_S: Final = 10.0
CALM_S: Final = 24.0
"""Two looks at Git and some more: whoever did nothing for so long waits for somebody."""
UNKNOWN_S: Final = PAUSE_MAX_S + CALM_S
SETTLED_S_MAX: Final = 3600.0
LOOK_S: Final = 2.0


class Steady(random.Random):
    """Nothing is left to chance: what a network takes is always the same, so that only failures tell runs apart."""

    def random(self) -> float:
        """The middle."""
        return 0.5

    def expovariate(self, lambd: float = 1.0) -> float:
        """The mean."""
        return 1.0 / lambd


class StillClock:
    """The time that a cluster writes down never changes: so it answers the same to the same, whenever it is asked."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        """Always the beginning."""
        return START

    def monotonic_s(self) -> float:
        """Seconds since the beginning."""
        return self._loop.now_s

    async def sleep(self, seconds: float) -> None:
        """Wait; others go on meanwhile."""
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, act: Callable[[], object]) -> Timer:
        """Have the loop call it."""
        return self._loop.call_later(seconds, act)


@dataclass(slots=True, kw_only=True)
class Scene:
    """`fleet` is what the head of Git declares; `written` counts what the engine has made, changed and deleted.

    `refused` is how often people were told to ask again later.
    """

    loop: VirtualLoop
    api: Api
    objects: Store
    repository: ForkingRepository
    machine: Machine
    fleet: Mapping[str, Declaration]
    written: Counter[tuple[str, str]] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    refused: int = 0
    _position: int = 0

    def watch(self) -> None:
        """See every write of the engine from now on."""
        self._position = self.objects.revision
        self.objects.listen(self._see)

    def _see(self) -> None:
        events, self._position = self.objects.since(self._position), self.objects.revision
        for event in events or ():
            if WRITER.get() == ENGINE and not is_fence(event.key):
                self.written[event.key, _what(event)] += 1
                self._expect_intent(event.after or event.before)

    def _expect_intent(self, kept: Kept | None) -> None:
        """INV-23: what is done was written down before."""
        assert kept is not None, "an event is of something"
        process = self.machine.process
        if process is None or process.ledger.lookup(TARGET, ref_of(kept)) is None:
            self.broken.append(f"INV-23 {kept.key} is written, and no intent says so")

    async def awake(self) -> EngineProcess:
        """The process, once it has looked at Git and made its first passes."""
        end_s = self.loop.now_s + SETTLED_S_MAX
        while self.loop.now_s < end_s:
            if (process := self.machine.process) is not None and process.engine.is_ready:
                return process
            await asyncio.sleep(LOOK_S)
        raise Broken("INV-29 the engine does not come up")

    async def settle(self) -> None:
        """Until nothing was done for a while, and nothing will be done by itself.

        Raises:
            Broken: that takes too long.
        """
        end_s = self.loop.now_s + SETTLED_S_MAX
        seen, since_s = self._state(), self.loop.now_s
        while seen is None or self.loop.now_s - since_s < self._calm_s():
            await asyncio.sleep(LOOK_S)
            if (state := self._state()) != seen:
                seen, since_s = state, self.loop.now_s
            if self.loop.now_s > end_s:
                raise Broken(f"INV-29 it does not settle: {self.story()}")

    def _calm_s(self) -> float:
        """What is unknown is looked at again after a pause that has grown."""
        process = self.machine.process
        kept = process.engine.kept.values() if process is not None else ()
        return UNKNOWN_S if any(one.status.sync is Sync.UNKNOWN for one in kept) else CALM_S

    def _state(self) -> tuple[int, int] | None:
        process = self.machine.process
        if process is None or self.machine.is_paused or not process.engine.is_settled:
            return None
        return self.machine.effects, self.objects.revision

    def story(self) -> str:
        """How everything stands, in words."""
        if (process := self.machine.process) is None:
            return "no engine runs"
        found = [
            f"{name} {kept.status.sync.value} {kept.status.health.value} {kept.status.message}"
            f" {[str(one) for one in kept.status.problems]}"
            for name, kept in sorted(process.engine.kept.items())
        ]
        return f"{found} {[str(one) for one in process.engine.problems]}"


def _what(event: Event) -> str:
    if event.before is None:
        return "made"
    return "deleted" if event.after is None or event.after.metadata.deletion_timestamp else "changed"


def ref_of(kept: Kept) -> Ref:
    """The identity of a live object."""
    group = kept.envelope.api_version.rpartition("/")[0]
    kind = f"{kept.envelope.kind}.{group}" if group else kept.envelope.kind
    return Ref(kind, kept.metadata.namespace, kept.metadata.name)

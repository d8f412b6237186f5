"""Which object is looked at when: every write names the objects it concerns, and each is looked at once, in order."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field

from trueline.embedded.controller import (
    cloud,
    collect,
    daemon,
    definition,
    deployment,
    job,
    namespace,
    pod,
    replica,
    scaling,
    stateful,
)
from trueline.embedded.controller.hand import Hand, Unkept
from trueline.embedded.front import Front
from trueline.embedded.store import Event, Kept

UNKEPT_PAUSE_S = 5.0

Look = Callable[[Hand, Kept], Awaitable[None]]

LOOKS: Mapping[str, Look] = {
    "/core/namespaces": namespace.look,
    "/apiextensions.k8s.io/customresourcedefinitions": definition.look,
    "/apps/deployments": deployment.look,
    "/apps/replicasets": replica.look,
    "/apps/statefulsets": stateful.look,
    "/apps/daemonsets": daemon.look,
    "/batch/jobs": job.look,
    "/core/pods": pod.look,
    "/core/nodes": pod.look_at_node,
    "/core/services": cloud.look_at_service,
    "/networking.k8s.io/ingresses": cloud.look_at_ingress,
    "/core/persistentvolumeclaims": cloud.look_at_claim,
    "/autoscaling/horizontalpodautoscalers": scaling.look_at_autoscaler,
    "/policy/poddisruptionbudgets": scaling.look_at_budget,
    "/core/resourcequotas": scaling.look_at_quota,
}


@dataclass(slots=True, kw_only=True)
class Loop:
    """The controllers of one cluster."""

    front: Front
    hand: Hand = field(init=False)
    _position: int = 0
    _due: dict[str, None] = field(default_factory=dict)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.hand = Hand(front=self.front)
        store = self.front.store
        for kept in store.all():
            self._concern(Event(kept.revision, kept.key, None, kept))
        self._position = store.revision

    async def run(self) -> None:
        """Look, for ever."""
        forget = self.front.store.listen(self._wake)
        try:
            while True:
                self._woken.clear()
                self._take()
                while self._due:
                    key = next(iter(self._due))
                    del self._due[key]
                    try:
                        await self._look(key)
                    except Unkept:
                        self.hand.look_after(key, UNKEPT_PAUSE_S)
                    self._take()
                self._settled.set()
                await self._pause()
        finally:
            forget()

    async def _pause(self) -> None:
        """Until something is written, or an object is to be looked at again."""
        later, clock = self.hand.later, self.front.clock
        if not later:
            await self._woken.wait()
            return
        timer = clock.call_later(max(min(later.values()) - clock.monotonic_s(), 0.0), self._wake)
        try:
            await self._woken.wait()
        finally:
            timer.cancel()
        now_s = clock.monotonic_s()
        for key in [key for key, at_s in later.items() if at_s <= now_s]:
            del later[key]
            self._due[key] = None

    def _wake(self) -> None:
        self._settled.clear()
        self._woken.set()

    async def wait_settled(self) -> None:
        """Until nothing is left to look at."""
        await self._settled.wait()

    def _take(self) -> None:
        """Read what was written since; after more than the history holds, everything is looked at again."""
        events = self.front.store.since(self._position)
        if events is None:
            events = [Event(kept.revision, kept.key, None, kept) for kept in self.front.store.all()]
        for event in events:
            self._concern(event)
        self._position = self.front.store.revision

    def _concern(self, event: Event) -> None:
        self._index(event)
        definition.serve(self.front.catalogue, event)
        for key in self._concerned(event):
            self._due[key] = None

    def _index(self, event: Event) -> None:
        hand = self.hand
        if event.before:
            for owner in event.before.metadata.owner_references:
                hand.dependents.get(owner.uid, set()).discard(event.key)
        if event.after:
            hand.by_uid[event.after.metadata.uid] = event.key
            for owner in event.after.metadata.owner_references:
                hand.dependents.setdefault(owner.uid, set()).add(event.key)
        elif event.before:
            hand.by_uid.pop(event.before.metadata.uid, None)

    def _concerned(self, event: Event) -> Iterator[str]:
        """The object, its owners, its dependents once it is gone, its namespace while that ends, and who counts it."""
        yield event.key
        for kept in (event.before, event.after):
            if kept is None:
                continue
            yield from (self.hand.by_uid[o.uid] for o in kept.metadata.owner_references if o.uid in self.hand.by_uid)
        gone = event.before if event.after is None else None
        if gone is not None:
            yield from sorted(self.hand.dependents.get(gone.metadata.uid, ()))
            yield f"/core/namespaces/{gone.metadata.namespace}"
            yield from (quota.key for quota in self.hand.under(f"/core/resourcequotas/{gone.metadata.namespace}/"))
            yield from definition.of(self.front.catalogue, event.key)
        elif event.after and event.after.metadata.namespace:
            yield from self._budgets(event)

    def _budgets(self, event: Event) -> Iterator[str]:
        if event.key.startswith("/core/pods/") and event.after:
            for kept in self.hand.under(f"/policy/poddisruptionbudgets/{event.after.metadata.namespace}/"):
                yield kept.key

    async def _look(self, key: str) -> None:
        if (kept := self.hand.get(key)) is None:
            return
        if await collect.collected(self.hand, kept):
            return
        look = LOOKS.get("/".join(key.split("/")[:3]))
        if look is not None:
            await look(self.hand, kept)
        else:
            await definition.end(self.hand, kept)

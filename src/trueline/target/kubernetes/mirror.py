"""What carries our label, kept by watches while `run` runs and read anew by lists where it does not.

It says what it was told and since when it was not; an object that left a watch is looked for by its name before its
absence is believed, for its label may have been taken off (D5). It never writes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import aclosing
from typing import Any, Generic, TypeVar

import msgspec

from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.runtime.clock import Clock
from trueline.runtime.task_group import TaskGroup
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.live import Live, Pool, uid_text
from trueline.target.kubernetes.look import Looker
from trueline.target.kubernetes.mark import LABEL
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.shelf import Shelf
from trueline.target.kubernetes.sighting import Listeners
from trueline.target.kubernetes.status import RefusalKind
from trueline.target.kubernetes.watch import Gone, Lost, Reset, Restored, Seen, Synced, watch
from trueline.target.kubernetes.wire import ObjectMeta, PartialObject, decode_object
from trueline.target.protocol import Sighting

T = TypeVar("T")

SETTLE_S_MAX = 30.0
DOUBTERS = 8
EXPECTED_MAX = 10_000
LEFT_MAX = 200


class Mirror(Generic[T]):
    """One cluster's marked objects. `judge` is asked of whole objects of the kinds that `needs_status` names."""

    def __init__(
        self,
        client: KubernetesClient,
        clock: Clock,
        looker: Looker,
        *,
        manager: str,
        needs_status: Callable[[str], bool],
        judge: Callable[[Mapping[str, Any]], T],
    ) -> None:
        self._client = client
        self._clock = clock
        self._looker = looker
        self._pool = Pool(manager)
        self._needs_status = needs_status
        self._judge = judge
        self._shelves: dict[str, dict[str, Shelf[T]]] = {}
        self._is_narrow: set[str] = set()
        self._listeners = Listeners()
        self._tasks: TaskGroup | None = None
        self._doubts: dict[Ref, ResourceType] = {}
        self._some_doubt = asyncio.Event()
        self._expected: dict[bytes | str, None] = {}
        self._left: dict[str, T] = {}

    @property
    def is_watching(self) -> bool:
        """Whether watches keep it."""
        return self._tasks is not None

    async def run(self) -> None:
        """Keep it by watches, until it is cancelled."""
        try:
            async with TaskGroup() as tasks:
                self._tasks = tasks
                for _ in range(DOUBTERS):
                    tasks.create_task(self._settle_doubts())
                for shelves in self._shelves.values():
                    for shelf in shelves.values():
                        tasks.create_task(self._keep_following(shelf))
        finally:
            self._tasks = None
            for shelves in self._shelves.values():
                for shelf in shelves.values():
                    shelf.lose("it is not watched any more")

    async def settle(self, wanted: Mapping[ResourceType, Iterable[str]]) -> None:
        """Bring each type in these namespaces as far as it can be known now."""
        async with TaskGroup() as tasks:
            for resource_type, namespaces in wanted.items():
                tasks.create_task(self._settle_type(resource_type, set(namespaces)))

    def open(self, wanted: Iterable[ResourceType]) -> None:
        """Begin with types before anybody waits for them."""
        for resource_type in wanted:
            if resource_type.kind_name not in self._is_narrow:
                self._made(resource_type, "")

    def at(self, resource_type: ResourceType, namespace: str, name: str) -> Known[Live | None] | Unknown:
        """What carries our label there; known to be `None` is no absence, it may stand there without the label.

        INV-05: since contact was lost nothing is known.
        """
        shelf = self._shelf(resource_type.kind_name, namespace)
        if shelf is None:
            return Unknown(f"{resource_type.kind_name} is not read")
        if shelf.gap:
            return Unknown(shelf.gap)
        return Known(shelf.at(namespace, name))

    def judged(self, ref: Ref) -> Known[T | None] | Unknown:
        """What was judged of an object's status; `None` where it is not there or its kind has none."""
        shelf = self._shelf(ref.kind, ref.namespace)
        if shelf is None or shelf.gap:
            return Unknown(f"{ref.kind} is not read" if shelf is None else shelf.gap)
        return Known(shelf.judged(ref.namespace, ref.name))

    def last_judged(self, uid: str) -> T | None:
        """What was judged of an object before it began to leave; `None` where nothing is remembered of it."""
        return self._left.get(uid)

    def is_there(self, ref: Ref) -> Known[bool] | Unknown:
        """Whether something with our label stood there when it was last seen."""
        shelf = self._shelf(ref.kind, ref.namespace)
        if shelf is None or shelf.gap:
            return Unknown(f"{ref.kind} is not read" if shelf is None else shelf.gap)
        return Known(shelf.at(ref.namespace, ref.name) is not None)

    def marked(self, mark: str, refs: Collection[Ref] | None = None) -> Iterator[tuple[Ref, Live]]:
        """What carries that value of our label, of the types in use; nothing where contact is lost."""
        if refs is None:
            yield from ((ref, live) for ref, live in self.all() if live.mark == mark)
        for ref in refs or ():
            place = self._shelf(ref.kind, ref.namespace)
            held = place.at(ref.namespace, ref.name) if place is not None and not place.gap else None
            if held is not None and held.mark == mark:
                yield ref, held

    def all(self) -> Iterator[tuple[Ref, Live]]:
        """Everything that carries our label, of the types in use; nothing where contact is lost."""
        for kind, shelves in self._shelves.items():
            for shelf in shelves.values():
                for namespace, name, live in () if shelf.gap else shelf.objects():
                    yield Ref(kind, namespace, name), live

    def sightings(self) -> AsyncIterator[Sighting]:
        """Everything that is there, as far as it is known, and everything that changes from now on."""
        shelves = (shelf for shelves in self._shelves.values() for shelf in shelves.values())
        there = {
            Ref(shelf.type.kind_name, namespace, name): live.observed()
            for shelf in shelves
            for namespace, name, live in shelf.objects()
        }
        return self._listeners.open(there)

    def note(self, resource_type: ResourceType, metadata: ObjectMeta) -> None:
        """What the answer to a write says of an object; the watch may come later.

        A type that was not served when this pass looked is watched from its first object on.
        """
        kind = resource_type.kind_name
        shelf = self._shelf(kind, metadata.namespace)
        if shelf is None and self.is_watching:
            shelf = self._made(resource_type, metadata.namespace if kind in self._is_narrow else "")
        if shelf is not None and LABEL in (metadata.labels or {}):
            shelf.note(metadata.namespace, metadata.name, self.live(metadata))

    def expect_gone(self, uid: str) -> None:
        """We deleted it: when it leaves the watch there is nothing to look for."""
        self._expected[self._pool.live(ObjectMeta(uid=uid)).uid] = None
        while len(self._expected) > EXPECTED_MAX:
            self._expected.pop(next(iter(self._expected)))

    def live(self, metadata: ObjectMeta) -> Live:
        """An object's metadata, compact."""
        return self._pool.live(metadata)

    def _shelf(self, kind_name: str, namespace: str) -> Shelf[T] | None:
        shelves = self._shelves.get(kind_name, {})
        return shelves.get("") or shelves.get(namespace)

    async def _settle_type(self, resource_type: ResourceType, namespaces: set[str]) -> None:
        """The whole cluster with one watch; each namespace by itself where our rights reach no further."""
        if resource_type.kind_name not in self._is_narrow:
            await self._settle_shelf(self._made(resource_type, ""))
        if resource_type.kind_name in self._is_narrow:
            async with TaskGroup() as tasks:
                for namespace in namespaces - {""}:
                    tasks.create_task(self._settle_shelf(self._made(resource_type, namespace)))

    def _made(self, resource_type: ResourceType, namespace: str) -> Shelf[T]:
        shelves = self._shelves.setdefault(resource_type.kind_name, {})
        if namespace not in shelves:
            shelves[namespace] = Shelf(resource_type, namespace)
            if self._tasks is not None:
                self._tasks.create_task(self._keep_following(shelves[namespace]))
        return shelves[namespace]

    async def _settle_shelf(self, shelf: Shelf[T]) -> None:
        if self._tasks is None:
            await self._list(shelf)
        elif not shelf.settled.is_set():
            await self._wait_settled(shelf)

    async def _wait_settled(self, shelf: Shelf[T]) -> None:
        async with TaskGroup() as tasks:
            both = [tasks.create_task(shelf.settled.wait()), tasks.create_task(self._clock.sleep(SETTLE_S_MAX))]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for each in both:
                each.cancel()

    def _is_whole(self, resource_type: ResourceType) -> bool:
        return not resource_type.is_secret and self._needs_status(resource_type.kind_name)

    async def _list(self, shelf: Shelf[T]) -> None:
        whole = self._is_whole(shelf.type)
        listed = await self._client.list(shelf.type, namespace=shelf.namespace, selector=LABEL, whole=whole)
        if isinstance(listed, Unknown):
            if not self._narrowed(shelf, listed.reason):
                shelf.lose(listed.reason)
            return
        shelf.begin()
        try:
            for raw in listed.value.items:
                self._take(shelf, decode_object(raw), raw)
        except msgspec.DecodeError as error:
            shelf.lose(f"a list of {shelf.type.resource} does not decode: {error}")
            return
        for namespace, name in shelf.finish(listed.value.resource_version):
            shelf.take(namespace, name)

    def _narrowed(self, shelf: Shelf[T], reason: str) -> bool:
        """Rights for the whole cluster are missing: from now on namespace by namespace."""
        if shelf.namespace or not shelf.type.namespaced or f"{RefusalKind.FORBIDDEN.value}: " not in reason:
            return False
        self._is_narrow.add(shelf.type.kind_name)
        self._shelves[shelf.type.kind_name].pop("", None)
        shelf.lose(reason)
        return True

    async def _keep_following(self, shelf: Shelf[T]) -> None:
        """A fault of ours in one watch makes its objects Unknown and begins it anew: it stops no other one (INV-30)."""
        attempt = 0
        while True:
            try:
                await self._follow(shelf)
            except Exception as error:  # noqa: BLE001 - whatever it is, the loop goes on, and it is told
                self._lose(shelf, f"a fault of Trueline itself, please report it: {type(error).__name__}")
                await self._client.pause(attempt)
                attempt += 1
            else:
                return

    async def _follow(self, shelf: Shelf[T]) -> None:
        whole = self._is_whole(shelf.type)
        told = watch(self._client, self._clock, shelf.type, selector=LABEL, whole=whole, namespace=shelf.namespace)
        async with aclosing(told) as sightings:
            async for sighting in sightings:
                match sighting:
                    case Reset():
                        shelf.begin()
                    case Synced(version):
                        self._finish(shelf, version)
                    case Seen(seen, body):
                        self._take(shelf, seen, body)
                    case Gone(gone):
                        self._doubt(shelf, gone.metadata.namespace, gone.metadata.name)
                    case Restored():
                        self._restore(shelf)
                    case Lost(reason) if self._ends(shelf, reason):
                        return
                    case Lost(reason):
                        self._lose(shelf, reason)

    def _take(self, shelf: Shelf[T], seen: PartialObject, body: msgspec.Raw) -> None:
        judged = self._judge(msgspec.json.decode(body, type=dict[str, Any])) if self._is_whole(shelf.type) else None
        live = self.live(seen.metadata)
        namespace, name = seen.metadata.namespace, seen.metadata.name
        ref = Ref(shelf.type.kind_name, namespace, name)
        self._doubts.pop(ref, None)
        if live.deleting:
            self._remember(shelf, namespace, name)
        if shelf.put(namespace, name, live, judged):
            self._listeners.tell(ref, live.observed())

    def _finish(self, shelf: Shelf[T], version: str) -> None:
        was_lost = shelf.is_lost
        for namespace, name in shelf.finish(version):
            self._doubt(shelf, namespace, name)
        if was_lost:
            self._tell_restored()

    def _restore(self, shelf: Shelf[T]) -> None:
        was_lost = shelf.is_lost
        if not shelf.is_filling:
            shelf.restore()
            if was_lost:
                self._tell_restored()

    def _lose(self, shelf: Shelf[T], reason: str) -> None:
        since = self._clock.now().isoformat(timespec="seconds")
        shelf.lose(f"{reason} (since {since})")
        if not reason.startswith(RefusalKind.FORBIDDEN.value):
            self._listeners.tell_contact(shelf.gap)

    def _tell_restored(self) -> None:
        if not any(shelf.is_lost for shelves in self._shelves.values() for shelf in shelves.values()):
            self._listeners.tell_contact("")

    def _ends(self, shelf: Shelf[T], reason: str) -> bool:
        """A watch that cannot come back: no rights for the whole cluster, or the type is gone from the server."""
        if self._narrowed(shelf, reason):
            return True
        if not reason.startswith(f"{RefusalKind.NOT_FOUND.value}: "):
            return False
        shelf.lose(reason)
        self._shelves[shelf.type.kind_name].pop(shelf.namespace, None)
        for namespace, name in shelf.places():
            self._doubt(shelf, namespace, name)
        return True

    def _doubt(self, shelf: Shelf[T], namespace: str, name: str) -> None:
        """It left the watch. Where we deleted it, or it was not ours, that is all; else it is looked for."""
        self._remember(shelf, namespace, name)
        live = shelf.take(namespace, name)
        ref = Ref(shelf.type.kind_name, namespace, name)
        if live is not None and (live.uid in self._expected or not live.mark_is_ours):
            self._expected.pop(live.uid, None)
            self._listeners.tell(ref, None)
            return
        self._doubts[ref] = shelf.type
        self._some_doubt.set()

    def _remember(self, shelf: Shelf[T], namespace: str, name: str) -> None:
        """How it did before it left: a Job that its time to live takes away had come to an end."""
        live, judged = shelf.at(namespace, name), shelf.judged(namespace, name)
        if live is not None and judged is not None:
            self._left.setdefault(uid_text(live.uid), judged)
            while len(self._left) > LEFT_MAX:
                self._left.pop(next(iter(self._left)))

    async def _settle_doubts(self) -> None:
        attempt = 0
        while True:
            await self._some_doubt.wait()
            if not self._doubts:
                self._some_doubt.clear()
                continue
            ref = next(iter(self._doubts))
            resource_type = self._doubts.pop(ref)
            found = await self._looker.one((resource_type, ref.namespace, ref.name))
            if isinstance(found, Unknown):
                await self._client.pause(attempt)
                attempt += 1
                self._doubts.setdefault(ref, resource_type)
                self._some_doubt.set()
                continue
            attempt = 0
            self._tell_found(ref, found.value)

    def _tell_found(self, ref: Ref, found: PartialObject | None) -> None:
        shelf = self._shelf(ref.kind, ref.namespace)
        if shelf is not None and shelf.at(ref.namespace, ref.name) is not None:
            return  # the watch has seen it again meanwhile, and knows more
        self._listeners.tell(ref, None if found is None else self.live(found.metadata).observed())

"""One writer for each application and target: the engine's side of the fences (INV-12, INV-13).

Before a pass the fence says whether somebody came further than Git says here; before the first write of this process it
is taken; before the first write at another commit that stands there; before each stage it is asked whether it still
holds. Where the journal ends is left there once all is quiet, at the latest each hour.
"""

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from trueline.loop.board import Board
from trueline.loop.chronicle import Entered
from trueline.loop.desired import Desired
from trueline.loop.engine_parts import EngineParts
from trueline.loop.parts import Parts
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.fault import Fault, Transient
from trueline.model.known import Known, Unknown
from trueline.runtime.clock import wait_until
from trueline.runtime.task_group import TaskGroup
from trueline.source.artifact import Revision
from trueline.target.fence import Fence, FenceRecord, Head, Order, Standing, Taken

QUIET_S = 60.0
"""For how long an application is left alone before what it came to is written to its fence."""
ANCHOR_S = 3600.0
RELEASE_S_MAX = 2.0
NO_HEAD = Head()
MOVED = "it changed meanwhile"


class Fenced(Fault):
    """The application is not written by this process. `is_passing`: it may be, once more can be told."""

    def __init__(self, diagnostic: Diagnostic, *, is_passing: bool = False) -> None:
        super().__init__([diagnostic])
        self.is_passing = is_passing


@dataclass(slots=True, kw_only=True)
class _Place:
    """The fences of one target: what waits to be told, since when, and what was told last."""

    fence: Fence
    waiting: dict[str, tuple[float, float]] = field(default_factory=dict)
    """By application: when it first had something to tell, and when it had last."""
    told_at_s: float = 0.0
    told: Head = NO_HEAD


class FenceKeeper:
    """Keeps the fences of every target that passes are made on."""

    def __init__(self, parts: EngineParts, board: Board) -> None:
        self._parts = parts
        self._board = board
        self._places: dict[str, _Place] = {}
        self._changed = asyncio.Event()
        self._followed: set[tuple[str, str]] = set()
        self._notes: tuple[Diagnostic, ...] = ()

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """What is worth knowing of fences, and stops nothing."""
        told = (note for _, place in sorted(self._places.items()) for note in place.fence.notes)
        return (*self._notes, *dict.fromkeys(told))

    # ---- a pass ----------------------------------------------------------------------------------------------

    async def admit(self, parts: Parts, aim: Desired, *, is_asked: bool) -> "PassFence":
        """What a pass asks its fence with; `is_asked`: a person went back, so an older revision is meant.

        Raises:
            Fenced: another process writes the application, or has come further.
            Transient: the target could not be asked.
        """
        name, fence = aim.application.name, parts.fence
        looked = await fence.look()
        if isinstance(looked, Unknown):
            raise _not_answered(name, looked.reason)
        if parts.target.name not in self._places:
            self._compare_books(parts, looked.value.values())
        self._place(parts)
        if (record := fence.taken_by(name)) is not None:
            raise _taken(name, record)
        found = looked.value.get(name)
        if found is not None and name not in fence.held and not is_asked:
            await self._compare_order(parts, found, aim)
        return PassFence(self, parts, aim, admitted=None if is_asked else _commit(found))

    def _place(self, parts: Parts) -> _Place:
        name = parts.target.name
        if name not in self._places:
            self._places[name] = _Place(fence=parts.fence, told_at_s=self._parts.clock.monotonic_s())
            parts.fence.listen(self._board.schedule.wake)
        return self._places[name]

    def _compare_books(self, parts: Parts, records: Collection[FenceRecord]) -> None:
        """A data directory that was put back, or is new, knows less than the fences do (INV-26): it is told, once.

        What its inventories say of objects may be older than the objects: each is looked at before it is believed.
        """
        chronicle, target = self._parts.chronicle, parts.target.name
        known = chronicle.generation(target)
        for record in records:
            name, standing = record.application, record.standing
            is_known = chronicle.knows(standing.head) or chronicle.has_met(target, name, standing.head)
            if is_known and standing.order.generation <= known:
                continue
            parts.ledger.doubt(name, target)
            chronicle.witness(standing.head)
            chronicle.meet(target, name, standing.head)
            if not self._notes:
                self._notes = (_older_books(record, known, chronicle.head.sequence),)
        if newest := max((record.standing.order.generation for record in records), default=0):
            chronicle.catch_up(target, newest)

    async def _compare_order(self, parts: Parts, record: FenceRecord, aim: Desired) -> None:
        """Older is never applied over newer, whoever applied the newer (INV-12); a person may say that it is meant.

        What this process left there itself is no proof that it goes on: it may have lost Git since.
        """
        before, now, chronicle = record.standing.order.commit, aim.commit, self._parts.chronicle
        entered = chronicle.entered(parts.target.name, aim.application.name)
        is_same = before in {"", now} or entered == Entered(commit=before, run=aim.run)
        goes_on = entered.commit == before and chronicle.is_later(now, before)
        if is_same or goes_on or (before, now) in self._followed or self._parts.approvals.is_approved(Digest(now)):
            return
        revision = await self._revision(now)
        doubt = await self._parts.fleet.lineage(before, revision)
        if doubt is not None and not await self._follows_agreed(parts, record, revision):
            self._compare_books(parts, [record])  # somebody may have left it there meanwhile
            raise Fenced(_newer_seen(record, doubt), is_passing=doubt.code == "TL0137")
        self._followed.add((before, now))

    async def _follows_agreed(self, parts: Parts, record: FenceRecord, revision: Revision) -> bool:
        """Whether somebody agreed to a commit that this one follows, though the fence said what it says now."""
        head, chronicle = record.standing.head, self._parts.chronicle
        for commit in chronicle.agreed(parts.target.name, record.application, head):
            if await self._parts.fleet.lineage(commit, revision) is None:
                return True
        return False

    async def _revision(self, commit: str) -> Revision:
        look = self._board.look
        if look is not None and look.revision.commit == commit:
            return look.revision
        return (await self._parts.fleet.look_back(commit)).revision

    def _order(self, target: str, aim: Desired, found: FenceRecord | None) -> Order:
        """How far the application has come once this aim is begun with; `found` is what stands at its fence.

        INV-12: it is the application's own commit, and the newest that said what is applied. What a start aims at while
        Git cannot be read was declared first by an older one: then what stands there stays.
        """
        chronicle, look = self._parts.chronicle, self._board.look
        generation, before = chronicle.generation(target), _commit(found)
        is_newest = look is not None and look.revision.commit == aim.commit
        if not is_newest and Entered(commit=before, run=aim.run) == chronicle.entered(target, aim.application.name):
            return Order(generation=generation, commit=before)
        return Order(generation=generation + (is_newest and aim.commit != chronicle.newest), commit=aim.commit)

    async def enter(self, parts: Parts, aim: Desired, *, admitted: str | None = None, is_begun: bool = True) -> None:
        """Before the first write of a pass: this process is the one that writes.

        That costs requests once in its life, and one more for each commit that is begun with. `admitted` is the commit
        that stood at the fence when the pass was admitted; `None`: it does not matter, for a person goes back. Not
        `is_begun`: only what ran before is healed, so the application comes no further; nor does it at a return.

        Raises:
            Fenced: another process is.
            Transient: that could not be told, or the fence says something else than when the pass was admitted.
        """
        name, target, fence = aim.application.name, parts.target.name, parts.fence
        found = await self._found(fence, name)
        if name not in fence.held and admitted not in {None, _commit(found)}:
            raise _not_answered(name, MOVED)  # INV-12: this process may be behind by now; the next pass compares
        standing = self._standing(target, found)
        if comes_further := is_begun and not aim.is_return:
            standing = replace(standing, order=self._order(target, aim, found))
        is_held, place = name in fence.held, self._place(parts)
        match await fence.take(name, standing):
            case Taken.HELD if is_held:
                await self._leave_order(parts, name, found, standing)
                now_s = self._parts.clock.monotonic_s()
                first_s, _ = place.waiting.get(name, (now_s, now_s))
                place.waiting[name] = first_s, now_s
            case Taken.HELD:
                self._told(place, standing)
                await self._begin_turn(parts, name, found)
            case Taken.LOST:
                await self.check(parts, name)
            case Taken.MOVED | Taken.UNKNOWN as taken:
                raise _not_answered(name, MOVED if taken is Taken.MOVED else "no answer came back")
            case Taken.UNGUARDED:
                return
        if comes_further:
            self._parts.chronicle.enter(target, name, Entered(commit=standing.order.commit, run=aim.run))
        self._changed.set()

    async def _leave_order(self, parts: Parts, name: str, found: FenceRecord | None, standing: Standing) -> None:
        """INV-12: what is begun with stands at the fence before anything of it is written.

        So whoever takes the fence next, and has not seen it, is told; one request for each commit that is applied.
        """
        if found is not None and _commit(found) == standing.order.commit:
            return
        if not await parts.fence.tell(name, standing):
            await self.check(parts, name)
            raise _not_answered(name, "how far it comes could not be left there")

    async def _begin_turn(self, parts: Parts, name: str, before: FenceRecord | None) -> None:
        """INV-12: where another process had it since our own last turn, what we wrote down may be older than what runs.

        Raises:
            Transient: so it is; the pass was planned with it, and the next one looks at each object again.
        """
        chronicle, target = self._parts.chronicle, parts.target.name
        is_ours = (before.since if before else "") == chronicle.turn(target, name)
        is_doubted = not is_ours and parts.ledger.doubt(name, target)
        taken = await self._found(parts.fence, name)
        chronicle.begin_turn(target, name, taken.since if taken else "")
        if is_doubted:
            raise _not_answered(name, MOVED)

    async def _found(self, fence: Fence, name: str) -> FenceRecord | None:
        """What stands at a fence, as it was seen last."""
        looked = await fence.look()
        return looked.value.get(name) if isinstance(looked, Known) else None

    def _standing(self, target: str, found: FenceRecord | None) -> Standing:
        """What is left at a fence where the application came no further."""
        chronicle = self._parts.chronicle
        order = Order(generation=chronicle.generation(target), commit=_commit(found))
        return Standing(order=order, head=chronicle.head)

    async def check(self, parts: Parts, name: str) -> None:
        """Before a stage: nobody else has begun to write meanwhile.

        Raises:
            Fenced: somebody has.
            Transient: that could not be told.
        """
        if await parts.fence.holds(name):
            return
        if (record := parts.fence.taken_by(name)) is not None:
            raise _taken(name, record)
        raise _not_answered(name, "it is not held any more")

    # ---- what is left at the fences --------------------------------------------------------------------------

    async def keep(self) -> None:
        """Leave there what waits for it, until it is cancelled."""
        while True:
            self._changed.clear()
            await self._wait()
            for target, place in list(self._places.items()):
                await self._tell(target, place)

    async def _tell(self, target: str, place: _Place) -> None:
        now_s, head = self._parts.clock.monotonic_s(), self._parts.chronicle.head
        due = [name for name, times in place.waiting.items() if _due_s(times) <= now_s]
        if not due and now_s - place.told_at_s >= ANCHOR_S:
            place.told_at_s = now_s
            due = sorted(place.fence.held)[:1] if head.sequence != place.told.sequence else []
        for name in due:
            place.waiting.pop(name, None)
            standing = self._standing(target, await self._found(place.fence, name))
            if await place.fence.tell(name, standing):
                self._told(place, standing)

    def _told(self, place: _Place, standing: Standing) -> None:
        place.told_at_s, place.told = self._parts.clock.monotonic_s(), standing.head

    async def release(self) -> None:
        """At the end: whoever comes next finds how far the fleet has come, and that nobody writes."""
        held = [
            (target, place.fence, name) for target, place in self._places.items() for name in sorted(place.fence.held)
        ]
        try:
            async with asyncio.timeout(RELEASE_S_MAX), TaskGroup() as group:
                for target, fence, name in held:
                    standing = self._standing(target, await self._found(fence, name))
                    group.create_task(fence.release(name, standing))
        except TimeoutError:
            return  # whoever comes next takes it all the same

    def _dues(self) -> Iterator[float]:
        for place in self._places.values():
            yield from map(_due_s, place.waiting.values())
            if place.fence.held:
                yield place.told_at_s + ANCHOR_S

    async def _wait(self) -> None:
        await wait_until(self._changed, self._parts.clock, min(self._dues(), default=None))


class PassFence:
    """One pass before its fence."""

    def __init__(self, keeper: FenceKeeper, parts: Parts, aim: Desired, *, admitted: str | None) -> None:
        self._keeper = keeper
        self._parts = parts
        self._aim = aim
        self._admitted = admitted
        self.is_new = False
        """Whether this pass took it."""

    async def enter(self, *, is_begun: bool = True) -> None:
        """Before the first write; see `FenceKeeper.enter`."""
        name, fence = self._aim.application.name, self._parts.fence
        was_held = name in fence.held
        await self._keeper.enter(self._parts, self._aim, admitted=self._admitted, is_begun=is_begun)
        self.is_new = self.is_new or (not was_held and name in fence.held)

    async def check(self) -> None:
        """Before a stage; see `FenceKeeper.check`."""
        await self._keeper.check(self._parts, self._aim.application.name)


def _commit(found: FenceRecord | None) -> str:
    """What stands at a fence; empty where there is none."""
    return found.standing.order.commit if found else ""


def _due_s(times: tuple[float, float]) -> float:
    first_s, last_s = times
    return min(last_s + QUIET_S, first_s + ANCHOR_S)


def _taken(name: str, record: FenceRecord) -> Fenced:
    return Fenced(
        Diagnostic(
            code="TL1901",
            summary="another process writes the application",
            detail=f"{name}: {record.holder} took its fence at {record.since}; nothing is written here any more",
            remedy="end one of the two processes; to go on with this one, end the other, then start this one again",
        )
    )


def _newer_seen(record: FenceRecord, doubt: Diagnostic) -> Diagnostic:
    return Diagnostic(
        code="TL1902",
        summary="a revision that does not follow the one that the cluster has seen",
        detail=f"{record.application}: {doubt.detail}",
        remedy=doubt.remedy,
    )


def _older_books(record: FenceRecord, generation: int, sequence: int) -> Diagnostic:
    order, head = record.standing.order, record.standing.head
    return Diagnostic(
        code="TL1905",
        summary="the data directory is older than what the cluster has seen",
        detail=f"the fence of {record.application} was written after revision {order.generation} ({order.commit[:10]}) "
        f"and record {head.sequence}; here they are {generation} and {sequence}, or others",
        remedy="nothing to do where a backup was put back or the directory is new: what is owned is found again",
    )


def _not_answered(name: str, reason: str) -> Transient:
    return Transient(
        [
            Diagnostic(
                code="TL1900",
                summary="the fence cannot be asked",
                detail=f"{name}: {reason}",
                remedy="nothing to do where it passes; else look at the cluster's API server",
            )
        ]
    )

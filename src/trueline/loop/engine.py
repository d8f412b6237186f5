"""The engine: it follows Git and the targets, takes turns, makes passes, and keeps how everything stands.

It holds no thread and waits for no child; time is the clock's. A lost event costs time and never correctness, because
every pass starts from what Git and the target say then (D2).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from trueline.declare.application import Application, OnRemoval
from trueline.health.status import Status
from trueline.loop.bug import own_fault
from trueline.loop.chronicle import Chronicle
from trueline.loop.claim import ClaimBook
from trueline.loop.desire import Desirer, removed
from trueline.loop.desired import Desired
from trueline.loop.fight import Fights
from trueline.loop.fleet import Fleet, Look
from trueline.loop.kept import Kept
from trueline.loop.parts import Parts
from trueline.loop.port import Approvals
from trueline.loop.progress import Pass
from trueline.loop.reconcile import reconcile
from trueline.loop.register import Register
from trueline.loop.schedule import Schedule, Turn
from trueline.loop.standing import stand
from trueline.loop.status import ApplicationStatus, Sync
from trueline.loop.supply import Targets
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.fault import Fault, Transient, UserError
from trueline.plan.change import Action
from trueline.plan.guard import Approve
from trueline.record.hold import Holds
from trueline.runtime.clock import Clock
from trueline.target.inventory import Entry, EntryState
from trueline.target.protocol import Contact, Seen, Sighting
from trueline.target.snapshot import Observed

REFRESH_PAUSE_S = 0.02
REFRESH_PAUSE_PER_COST = 10.0
RENDERS_AT_ONCE = 4
FAILURES_SETTLED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineParts:
    """What the wiring gives."""

    fleet: Fleet
    desirer: Desirer
    targets: Targets
    register: Register
    chronicle: Chronicle
    claims: ClaimBook
    holds: Holds
    approvals: Approvals
    clock: Clock
    interval_s: float = 30.0
    workers: int = 4


class Engine:
    """The whole loop of one fleet repository."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._schedule = Schedule(parts.clock)
        self.kept: dict[str, Kept] = {}
        self.look: Look | None = None
        self.problems: tuple[Diagnostic, ...] = ()
        self._poked = asyncio.Event()
        self._changed = asyncio.Event()
        self._stale: set[str] = set()
        self._group: asyncio.TaskGroup | None = None
        self._observers: dict[str, asyncio.Task[None]] = {}
        self._fights = Fights(parts.clock)
        self._looks = 0
        self._agreed: set[str] = set()
        self.restore: Callable[[Kept], Awaitable[Desired | None]] | None = None
        """What a rollback had pinned before a restart; set by who controls."""

    # ---- the tasks --------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything goes on inside the block; what was under way at its end is settled at the next start."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            tasks = [group.create_task(self._follow()), group.create_task(self._refresh())]
            tasks += [group.create_task(self._work()) for _ in range(self._parts.workers)]
            try:
                yield
            finally:
                self._group = None
                for task in [*tasks, *self._observers.values()]:
                    task.cancel()

    def poke(self) -> None:
        """Somebody says that Git has changed: look now. Never more than "look again" (D2)."""
        self._poked.set()

    async def _follow(self) -> None:
        while True:
            self._poked.clear()
            await self.follow_once()
            async with asyncio.TaskGroup() as group:
                timer = group.create_task(self._parts.clock.sleep(self._parts.interval_s))
                poke = group.create_task(self._poked.wait())
                await asyncio.wait({timer, poke}, return_when=asyncio.FIRST_COMPLETED)
                timer.cancel()
                poke.cancel()

    async def follow_once(self) -> None:
        """One look at Git; whatever cannot be told now leaves everything as it is."""
        try:
            revision = await self._parts.fleet.poll()
            if self.look is None or revision.commit != self.look.revision.commit:
                await self._advance(await self._parts.fleet.look(revision))
            elif self._has_other_sources or self._unread:
                await self._desire_all(self.look)
            self.problems = self.look.declared.diagnostics if self.look else ()
        except Fault as fault:
            self.problems = fault.diagnostics
            await self._fall_back()
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the loop; it is told
            self.problems = (own_fault("the fleet repository", error),)
        self._looks += 1
        self._changed.set()

    async def _fall_back(self) -> None:
        """After a start that cannot follow Git: what was applied last is kept and healed, from the objects we keep."""
        newest = self._parts.chronicle.newest
        if self.look is None and newest:
            with suppress(Fault):
                self.look = await self._parts.fleet.look_back(newest)
                self._parts.targets.declare(self.look.declared.targets)
                await self._desire_all(self.look)

    @property
    def _has_other_sources(self) -> bool:
        return any(spec.url or spec.revision for kept in self.kept.values() for spec in kept.application.sources)

    @property
    def _unread(self) -> bool:
        """Whether something may be made of Git now that could not be made before: a kind has come, a target is back."""
        return any(kept.desired is None or kept.failure or kept.desired.problems for kept in self.kept.values())

    async def _advance(self, look: Look) -> None:
        """Follow a new revision, unless somebody has to agree to it first."""
        if (doubt := await self._doubt(look)) is not None:
            raise UserError([doubt])
        self._parts.chronicle.see(look.revision)
        self._parts.targets.declare(look.declared.targets)
        self.look = look
        self._remove_missing(look)
        await self._desire_all(look)

    async def _doubt(self, look: Look) -> Diagnostic | None:
        """Why a revision is not followed by itself: it is older, rewrites history (promise 9), or declares nothing."""
        if self._parts.approvals.is_approved(Digest(look.revision.commit)):
            return None
        if gone := self._gone_with_everything(look):
            return _nothing_declared(look, gone)
        return await self._parts.fleet.lineage(self._parts.chronicle.newest, look.revision)

    async def _desire_all(self, look: Look) -> None:
        bound = asyncio.Semaphore(RENDERS_AT_ONCE)

        async def one(application: Application) -> None:
            async with bound:
                await self._desire(application, look)

        with self._parts.claims.reading():
            async with asyncio.TaskGroup() as group:
                for application in look.applications:
                    group.create_task(one(application))
        for name in self._parts.claims.doubting():
            self._schedule.wake(name)

    async def _desire(self, application: Application, look: Look) -> None:
        kept = self._keep(application)
        kept.wanted = str(look.revision)
        try:
            wish = await self._parts.desirer.wish(application, look.ground)
            kept.wanted = str(wish.revision)
            if wish.identity is not None and wish.identity == kept.identity and kept.desired is not None:
                before = kept.desired.revision
                kept.desired = replace(kept.desired, revision=str(wish.revision), commit=wish.commit)
                kept.applied = str(wish.revision) if kept.applied == before else kept.applied
                kept.failure = ()
                if kept.is_due:  # a pass that is under way has another object in hand, and would leave this one due
                    self._schedule.wake(application.name)
                self._touch(application.name)
                return
            desired = await self._parts.desirer.desire(wish)
            await self._adopt(kept, desired, self._parts.desirer.identity(wish))
        except Transient as fault:
            kept.trouble = fault.diagnostics if kept.desired is None else kept.trouble
            self._touch(application.name)
        except UserError as fault:
            self._fail(kept, fault.diagnostics)
        except Exception as error:  # noqa: BLE001 - see _work
            self._fail(kept, (own_fault(application.name, error),))

    async def _adopt(self, kept: Kept, desired: Desired, identity: Digest | None) -> None:
        """Take a new desired, unless it has problems: then what was desired before goes on, and the problem is told.

        The identity stays with what was desired before, too: else the next look would take the broken for the applied.
        """
        name = desired.application.name
        if desired.problems and kept.desired is not None:
            if desired.problems != kept.desired.problems:
                self._fail(kept, desired.problems)
            return
        kept.identity = identity
        parts = await self._parts.targets.parts(desired.application.target)
        self._observe(parts)
        for rival in self._parts.claims.declare(name, parts.target.name, desired.resources):
            self._schedule.wake(rival)
        kept.failure, kept.trouble = (), ()
        kept.application = desired.application
        kept.desired = desired
        self._release(kept)
        kept.is_due = True
        self._schedule.succeed(name)
        self._schedule.wake(name)
        self._touch(name)

    def _release(self, kept: Kept) -> None:
        """Git says something else than what a rollback held: the rollback is over."""
        if kept.pinned is None or kept.desired is None:
            return
        name, run = kept.application.name, kept.desired.run
        holds = [hold.revision for hold in self._parts.holds.active(name) if hold.revision]
        if run not in holds:
            kept.pinned = None
            for revision in holds:
                self._parts.holds.resume(name, who="git", revision=revision)

    def _fail(self, kept: Kept, diagnostics: tuple[Diagnostic, ...]) -> None:
        if kept.failure != diagnostics:
            self._parts.chronicle.fail(kept.application.name, diagnostics)
        kept.failure = diagnostics
        self._touch(kept.application.name)

    def _keep(self, application: Application) -> Kept:
        if application.name not in self.kept:
            now = self._parts.clock.now()
            status = ApplicationStatus(application=application.name, target="", sync=Sync.UNKNOWN, at=now, since=now)
            self.kept[application.name] = Kept(application=application, status=status)
        return self.kept[application.name]

    def _gone_with_everything(self, look: Look) -> int:
        """How many applications were declared before, where now nothing is: an empty fleet is no wish to delete it."""
        folder = {application.name for application in look.applications if look.is_folder}
        is_empty = look.is_folder or not (look.applications or look.declared.broken)
        return len(self._known().keys() - folder) if is_empty else 0

    def _known(self) -> dict[str, Application]:
        """Every application that was declared before, here or before the last start, and is not gone yet."""
        known = {a.name: a for a in self._parts.register.applications()}
        return known | {name: kept.application for name, kept in self.kept.items()}

    def _remove_missing(self, look: Look) -> None:
        """Applications that left Git go through the same guarded lane; a broken declaration removes nothing."""
        declared = {application.name for application in look.applications}
        for name, application in sorted(self._known().items()):
            if name not in declared and not look.declared.keeps(name, application.origin.path):
                kept = self._keep(application)
                kept.application, kept.failure = application, ()
                kept.desired, kept.wanted = removed(application, look.revision), str(look.revision)
                kept.pinned = None
                for woken in (name, *self._parts.claims.forget(name)):
                    self._schedule.wake(woken)

    # ---- passes -----------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            turn = await self._schedule.next()
            try:
                await self._take(turn)
            except Exception as error:  # noqa: BLE001 - one application's bug of ours never stops the others (promise 14)
                self._quarantine(turn.application, error)
            finally:
                self._schedule.done(turn)

    def _quarantine(self, name: str, error: Exception) -> None:
        """A store that is full, or a fault of our own: told as what it is, tried again with growing pauses."""
        if (kept := self.kept.get(name)) is not None:
            kept.trouble = error.diagnostics if isinstance(error, Fault) else (own_fault(name, error),)
            self._schedule.retry(name)
            self._touch(name)

    async def _take(self, turn: Turn) -> None:
        kept = self.kept.get(turn.application)
        if kept is None or kept.aim is None:
            return
        kept.held = self._held(kept)
        if kept.held and kept.pinned is None and self.restore is not None:
            kept.pinned = await self._restored(kept)
            kept.held = self._held(kept)
        kept.waits_for = self._dependency(kept)
        if not kept.held and not kept.waits_for:
            await self._pass(kept, kept.aim, turn)
        self._touch(turn.application)

    def wake(self, name: str) -> None:
        """Look at an application again, whole."""
        self._schedule.wake(name)

    def sync(self, name: str) -> None:
        """A person asks for what Git says."""
        self.kept[name].is_asked = True
        self._schedule.succeed(name)
        self._schedule.wake(name)

    def require_approval(self, name: str) -> None:
        """Until a pass has written something, only a plan that somebody agreed to is applied: a saved one."""
        self._agreed.add(name)

    def _as_agreed(self, aim: Desired) -> Desired:
        if aim.application.name not in self._agreed:
            return aim
        sync = replace(aim.application.sync, approve=Approve.ALWAYS)
        return replace(aim, application=replace(aim.application, sync=sync))

    def pin(self, name: str, desired: Desired) -> None:
        """A rollback: this is what shall be, until Git renders something else than it does now."""
        kept = self.kept[name]
        kept.pinned, kept.is_due, kept.is_asked = desired, True, True
        self._schedule.wake(name)
        self._touch(name)

    def unpin(self, name: str) -> None:
        """What Git says counts again."""
        kept = self.kept[name]
        kept.is_due = kept.is_due or kept.pinned is not None
        kept.pinned = None
        self._schedule.wake(name)
        self._touch(name)

    async def _pass(self, kept: Kept, aim: Desired, turn: Turn) -> None:
        name = kept.application.name
        try:
            parts = await self._parts.targets.parts(aim.application.target)
            self._observe(parts)
            if aim.is_removal and aim.application.sync.on_removal is OnRemoval.KEEP:
                self._gone(name)
                return
            completed = self._parts.chronicle.completed_run(name)
            focus = turn.focus if kept.last is not None and kept.last.is_complete else None
            made = await reconcile(
                parts,
                self._disputed(self._as_agreed(aim), parts),
                completed_run=completed,
                focus=focus,
                is_asked=kept.is_asked,
                resting=self._fights.resting(name),
            )
        except Fault as fault:
            kept.trouble = fault.diagnostics
            self._schedule.retry(name)
            return
        kept.trouble = ()
        self._conclude(kept, aim, made, is_whole=focus is None)

    def _disputed(self, aim: Desired, parts: Parts) -> Desired:
        """What another application declares too is an error of both, for as long as it does (D16)."""
        disputes = self._parts.claims.disputes(aim, parts.target.name)
        return replace(aim, problems=(*aim.problems, *disputes)) if disputes else aim

    def _conclude(self, kept: Kept, aim: Desired, made: Pass, *, is_whole: bool) -> None:
        name = kept.application.name
        kept.waits = frozenset(made.waits)
        if made.outcomes:
            self._agreed.discard(name)
        kept.is_due = kept.is_due and aim is not kept.aim
        kept.is_asked = kept.is_asked and not made.is_complete
        if is_whole or not made.is_complete:
            kept.last = made.remembered
        if is_whole and made.is_complete:
            kept.applied = aim.revision
        for fight in self._fights.note(name, made.drifts):
            self._parts.chronicle.fight(fight)
            self._schedule.wake_after(name, fight.pause_s)
        if is_whole:
            self._parts.chronicle.conclude(aim, made, by="git" if kept.pinned is None else "rollback")
        else:
            self._parts.chronicle.drift(name, made)
        if made.is_retried:
            self._schedule.retry(name)
        else:
            self._schedule.succeed(name)
        if is_whole is made.is_complete and (not is_whole or _has_run_hooks(made)):
            self._schedule.wake(name)  # from one object to the whole; or hooks that have done their work go
        if aim.is_removal and made.is_complete:
            self._gone(name)

    def _gone(self, name: str) -> None:
        self._parts.chronicle.remove(name)
        self._parts.register.forget(name)
        self._schedule.forget(name)
        self._fights.forget(name)
        self.kept.pop(name, None)
        self._wake_dependants(name)

    def _held(self, kept: Kept) -> str:
        """Why nothing is applied: a hold of the whole application, or of exactly the revision that is aimed at."""
        for hold in self._parts.holds.active(kept.application.name):
            if not hold.revision or (kept.aim is not None and hold.revision in {kept.aim.commit, kept.aim.run}):
                return f"{hold.why} ({hold.who})"
        return ""

    async def _restored(self, kept: Kept) -> Desired | None:
        """What cannot be restored now leaves the application held: nothing is applied."""
        try:
            return await self.restore(kept) if self.restore is not None else None
        except Fault as fault:
            kept.trouble = fault.diagnostics
            return None

    def _dependency(self, kept: Kept) -> str:
        """What has to be True before this one (D10); on removal, what needs this one and is still there."""
        if kept.desired is not None and kept.desired.is_removal:
            name = kept.application.name
            return next((n for n, other in self.kept.items() if name in other.application.depends_on), "")
        for name in kept.application.depends_on:
            needed = self.kept.get(name)
            if needed is None or not needed.status.is_true or needed.status.wanted != needed.status.revision:
                return name
        return ""

    # ---- what the targets say ---------------------------------------------------------------------------------

    def _observe(self, parts: Parts) -> None:
        name = parts.target.name
        if self._group is not None and name not in self._observers:
            self._observers[name] = self._group.create_task(self._follow_target(parts))

    async def _follow_target(self, parts: Parts) -> None:
        async for sighting in parts.watcher.sightings():
            self._sight(parts, sighting)

    def _sight(self, parts: Parts, sighting: Sighting) -> None:
        match sighting:
            case Contact():
                self._contact(parts)
            case Seen(ref=ref, observed=observed):
                owned = parts.owners.lookup(parts.target.name, ref)
                name = owned[0] if owned else self._marked(parts, observed)
                kept = self.kept.get(name)
                if kept is None:
                    return
                self._touch(name)
                if owned is None or not _is_as_left(owned[1], observed):
                    self._schedule.wake(name, [ref])
                elif kept.waits:
                    self._schedule.wake(name)

    def _marked(self, parts: Parts, observed: Observed | None) -> str:
        mark = observed.mark if observed else ""
        return next((name for name in sorted(self.kept) if mark and parts.target.mark(name) == mark), "")

    def _contact(self, parts: Parts) -> None:
        for name, kept in self.kept.items():
            if kept.status.target in {"", parts.target.name}:
                self._schedule.wake(name)

    # ---- how everything stands --------------------------------------------------------------------------------

    def _touch(self, name: str) -> None:
        self._stale.add(name)
        self._changed.set()

    async def _refresh(self) -> None:
        """Statuses follow events, coalesced: however many objects change, a status is put together once for all.

        The pause comes first, so that a heal does not wait for a status; it grows with what statuses cost.
        """
        clock, took_s = self._parts.clock, 0.0
        while True:
            await self._changed.wait()
            await clock.sleep(max(REFRESH_PAUSE_S, took_s * REFRESH_PAUSE_PER_COST))
            self._changed.clear()
            names, self._stale = sorted(self._stale), set()
            began_s = clock.monotonic_s()
            for name in names:
                if name in self.kept:
                    await self._restand_or_tell(self.kept[name])
            took_s = clock.monotonic_s() - began_s

    async def _restand_or_tell(self, kept: Kept) -> None:
        """A disk that is full, or a fault of ours, must not end the loop; it is told until it passes."""
        try:
            await self._restand(kept)
        except Fault as fault:
            self.problems = fault.diagnostics
        except Exception as error:  # noqa: BLE001 - see _work
            self.problems = (own_fault(kept.application.name, error),)

    async def _restand(self, kept: Kept) -> None:
        before = kept.status
        try:
            parts = await self._parts.targets.parts(kept.application.target)
        except Fault:
            parts = None
        kept.status = _with_pin(kept, stand(kept, parts, self._parts.clock.now()))
        if _words(before) != _words(kept.status):
            self._parts.chronicle.change(before, kept.status)
            self._parts.register.put(kept.application, kept.status)
        if kept.status.is_true and (not before.is_true or before.revision != kept.status.revision):
            self._wake_dependants(kept.application.name)
            if self.look is not None:
                await self._parts.fleet.keep(self.look.revision.commit)
                self._parts.chronicle.advance(self.look.revision.commit)

    def _wake_dependants(self, name: str) -> None:
        for other, kept in self.kept.items():
            if name in kept.application.depends_on or kept.waits_for == name:
                self._schedule.wake(other)

    def statuses(self) -> tuple[ApplicationStatus, ...]:
        """How every application stands, sorted by name."""
        return tuple(kept.status for _, kept in sorted(self.kept.items()))

    @property
    def is_ready(self) -> bool:
        """Whether Git was looked at and every application had its first pass."""
        return self._looks > 0 and all(
            kept.last is not None or kept.failure or kept.trouble or kept.held or kept.waits_for
            for kept in self.kept.values()
        )

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way and nothing will change by itself."""
        return (
            self.is_ready
            and not self._stale
            and self._schedule.is_idle
            and all(map(self._is_settled, self.kept.values()))
        )

    def _is_settled(self, kept: Kept) -> bool:
        """Whether only a person, Git or the target can change how an application stands."""
        if kept.failure or kept.trouble:
            return True
        if kept.waits_for and not kept.held:
            needed = self.kept.get(kept.waits_for)
            return needed is None or (not needed.status.is_true and self._is_settled(needed))
        if kept.is_due and not kept.held:
            return False
        if kept.status.sync is Sync.UNKNOWN:
            return self._schedule.failures(kept.application.name) >= FAILURES_SETTLED
        is_progressing = kept.status.sync is Sync.SYNCED and kept.status.health in _ON_THE_WAY
        return kept.status.sync in _FINAL and not is_progressing

    async def wait_settled(self, poll_s: float = 0.05) -> None:
        """Wait until everything is True or has a named state that only a person, Git or the target can change."""
        while not self.is_settled:
            await self._parts.clock.sleep(poll_s)


_FINAL = frozenset({Sync.SYNCED, Sync.OUT_OF_SYNC, Sync.OVERRULED, Sync.WAITING, Sync.HELD, Sync.BLOCKED, Sync.PARTLY})

_ON_THE_WAY = frozenset({Status.PROGRESSING, Status.MISSING})


def _has_run_hooks(made: Pass) -> bool:
    return any(change.run and change.action is not Action.HOLD for change in made.review.plan.changes)


def _is_as_left(entry: Entry, observed: Observed | None) -> bool:
    """Whether a sighting is what we know already: recorded, or promised by the dry run before our own apply."""
    if observed is None or observed.uid != entry.uid:
        return observed is not None and not entry.uid and observed.ours == entry.promised
    if entry.state is EntryState.INTENDED and observed.ours == entry.promised:
        return True
    return (entry.ours, entry.others, entry.generation) == (observed.ours, observed.others, observed.generation)


def _nothing_declared(look: Look, count: int) -> Diagnostic:
    return Diagnostic(
        code="TL0702",
        summary="the fleet declares no application any more",
        detail=f"{look.revision}: {count} applications were declared before; nothing is removed",
        remedy=f"if this is meant: trueline approve --revision {look.revision.commit}; otherwise restore the files",
    )


def _with_pin(kept: Kept, status: ApplicationStatus) -> ApplicationStatus:
    """After a rollback the status says openly that Git says something else, and is not True until Git follows."""
    if kept.pinned is None:
        return status
    said = f"rolled back to {kept.pinned.revision}; Git says {kept.wanted or 'nothing that renders'}"
    sync = Sync.HELD if status.sync is Sync.SYNCED else status.sync
    message = f"{said}; {status.message}" if status.message else said
    is_same = (kept.status.sync, kept.status.health) == (sync, status.health)
    return replace(status, sync=sync, message=message, since=kept.status.since if is_same else status.at)


def _words(status: ApplicationStatus) -> tuple[object, ...]:
    return (status.sync, status.health, status.message, status.revision, status.wanted, status.problems, status.objects)

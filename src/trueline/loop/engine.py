"""The engine: it takes turns, makes passes, and puts together who follows Git, who follows the targets and who tells.

It holds no thread and waits for no child; time is the clock's. A lost event costs time and never correctness, because
every pass starts from what Git and the target say then (D2).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from trueline.declare.application import Mode
from trueline.loop import leave
from trueline.loop.board import Board
from trueline.loop.bug import own_fault
from trueline.loop.dependency import Dependencies
from trueline.loop.desired import Desired
from trueline.loop.engine_parts import EngineParts
from trueline.loop.fence import Fenced, FenceKeeper
from trueline.loop.fight import Fights
from trueline.loop.fleet import Look
from trueline.loop.follow import GitFollower
from trueline.loop.heal import HealWish, agreed_to, review_heal
from trueline.loop.kept import Kept
from trueline.loop.loss import Losses
from trueline.loop.measure import Measures
from trueline.loop.parts import Parts
from trueline.loop.progress import Pass
from trueline.loop.readiness import Readiness
from trueline.loop.reconcile import Asking, put_back, reconcile
from trueline.loop.refresh import Refresher
from trueline.loop.safekeeping import Safekeeping
from trueline.loop.schedule import Queue, Turn
from trueline.loop.sight import TargetFollower
from trueline.loop.status import ApplicationStatus
from trueline.loop.unclaimed import Unclaimed
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.fault import Fault
from trueline.plan.change import Action
from trueline.plan.guard import Approve
from trueline.plan.plan import Plan
from trueline.runtime.task_group import TaskGroup
from trueline.target.snapshot import NOTHING


class _Overtaken(Exception):
    """While a pass was planned and tried, something else came to be aimed at."""


class Engine:
    """The whole loop of one fleet repository."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._board = Board(parts.clock)
        self._targets = TargetFollower(self._board)
        self._unclaimed = Unclaimed(parts.clock)
        self._git = GitFollower(parts, self._board, self._observe)
        self._safekeeping = Safekeeping(parts, self._board)
        self._refresher = Refresher(parts, self._board, self._safekeeping)
        self._fights = Fights(parts.clock)
        self._fences = FenceKeeper(parts, self._board)
        self._losses = Losses(parts, self._board)
        self._readiness = Readiness(self._board, is_ours=self._is_ours)
        self._dependencies = Dependencies(
            self._board, register=parts.register, chronicle=parts.chronicle, is_ours=self._is_ours
        )
        self._agreed: set[str] = set()
        self._only: frozenset[str] | None = None
        self.restore: Callable[[Kept], Awaitable[Desired | None]] | None = None
        """What a rollback had pinned before a restart; set by who controls."""
        self.tellers: list[Callable[[], tuple[Diagnostic, ...]]] = []
        """What is worth knowing of what goes on beside it: the Notifiers, the upkeep; each adds itself."""

    @property
    def kept(self) -> dict[str, Kept]:
        """Every application as it stands between passes."""
        return self._board.kept

    @property
    def look(self) -> Look | None:
        """What Git said last."""
        return self._board.look

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """What is wrong with no single application: the fleet repository, the store."""
        return self._board.problems

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """What is worth knowing of no single application, and stops nothing."""
        declared = self.look.declared.notes if self.look else ()
        beside = (note for tell in self.tellers for note in tell())
        return (*declared, *self._fences.notes, *self._unclaimed_notes(), *beside)

    @property
    def looks(self) -> int:
        """How often Git was looked at."""
        return self._board.looks

    @property
    def queue(self) -> Queue:
        """How many turns are due."""
        return self._board.schedule.queue

    @property
    def measures(self) -> Measures:
        """What is counted of passes."""
        return self._parts.measures

    def _unclaimed_notes(self) -> tuple[Diagnostic, ...]:
        """Only once Git was followed, and for a whole fleet: else it is not known which applications there are."""
        if self.look is None or self._only is not None or self.look.declared.broken:
            return ()
        return self._unclaimed.notes({*self.kept, *self._parts.register.names()})

    def _observe(self, parts: Parts) -> None:
        self._targets.observe(parts)
        self._unclaimed.observe(parts)

    # ---- the tasks --------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def running(self, *, only: Collection[str] | None = None) -> AsyncIterator[None]:
        """Everything goes on inside the block; what was under way at its end is settled at the next start.

        With `only`, no pass is made of any other application.
        """
        self._only = frozenset(only) if only is not None else None
        async with TaskGroup() as group:
            self._targets.begin(group)
            self._git.begin(group)
            tasks = [group.create_task(self._git.follow()), group.create_task(self._refresher.refresh())]
            tasks += [group.create_task(self._fences.keep()), group.create_task(self._safekeeping.run())]
            tasks += [group.create_task(self._work()) for _ in range(self._parts.workers)]
            try:
                yield
            finally:
                self._targets.end()
                self._git.end()
                for task in tasks:
                    task.cancel()
                if not any(task.done() and not task.cancelled() for task in tasks):  # else one of them has failed
                    await self._fences.release()

    def poke(self, names: Collection[str] | None = None) -> None:
        """Somebody says that Git has changed: look now; with `names`, at the sources of these applications alone."""
        self._git.poke(names)

    async def follow_once(self) -> None:
        """One look at Git; whatever cannot be told now leaves everything as it is."""
        await self._git.follow_once()

    # ---- passes -----------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            turn = await self._board.schedule.next()
            try:
                await self._take(turn)
            except Exception as error:  # noqa: BLE001 - one application's bug of ours never stops the others (promise 14)
                self._quarantine(turn.application, error)
            finally:
                self._board.schedule.done(turn)

    def _quarantine(self, name: str, error: Exception) -> None:
        """A store that is full, or a fault of our own: told, tried again with growing pauses; no other's (INV-30)."""
        if (kept := self.kept.get(name)) is not None:
            kept.trouble = error.diagnostics if isinstance(error, Fault) else (own_fault(name, error),)
            self._board.schedule.retry(name)
            self._board.touch(name)

    async def _take(self, turn: Turn) -> None:
        kept = self.kept.get(turn.application)
        if kept is None or kept.aim is None or self._board.is_gathered(turn.application) or not self._is_ours(kept):
            return
        kept.held = self._held(kept)
        is_restored = not kept.held or kept.pinned is not None or await self._restore(kept)
        kept.held = self._held(kept)
        if kept.healing is not None:
            await self._put_back(kept, kept.aim, kept.healing)
        kept.waits_for = self._dependencies.missing(kept)
        if not kept.waits_for and await self._git.read_again(kept):
            return  # it has another turn with that
        if not kept.held and not kept.waits_for:
            began_s = self._parts.clock.monotonic_s()
            await self._pass(kept, kept.aim, turn)
            took_s, is_made = self._parts.clock.monotonic_s() - began_s, not (kept.trouble or kept.fenced)
            self._parts.measures.passed(took_s, is_whole=turn.focus is None, is_made=is_made)
        elif is_restored:
            self._rest(kept)
        self._board.touch(turn.application)

    def _rest(self, kept: Kept) -> None:
        """No pass is due: what was wrong with the last one is over (INV-29), else it would never be settled."""
        kept.trouble = ()
        self._board.schedule.succeed(kept.application.name)

    def _is_ours(self, kept: Kept) -> bool:
        return self._only is None or kept.application.name in self._only

    def wake(self, name: str) -> None:
        """Look at an application again, whole."""
        self._board.schedule.wake(name)

    def sync(self, name: str, plan: Digest = NOTHING) -> None:
        """A person asks for what Git says; with a plan that they were shown, for that one."""
        kept = self.kept[name]
        kept.is_asked, kept.asked_plan = True, plan
        self._board.schedule.succeed(name)
        self._board.schedule.wake(name)

    def heal(self, name: str, wish: HealWish) -> None:
        """A person has named objects put back: that comes before the next pass."""
        self.kept[name].healing = wish
        self._board.schedule.wake(name)

    async def _put_back(self, kept: Kept, aim: Desired, wish: HealWish) -> None:
        """Once, and only what a person was shown (INV-11); whatever keeps it from that is told, and not tried again."""
        name, kept.healing = kept.application.name, None
        if kept.held:
            wish.missed(f"it is held: {kept.held}")
            return
        try:
            parts = await self._parts.targets.parts(aim.application.target)
            fence = await self._fences.admit(parts, aim, is_asked=kept.pinned is not None)
            found = await review_heal(parts, aim, wish.refs, takes_away=wish.takes_away)
            if found.shown != wish.plan:
                wish.missed("the target has changed since")
                return
            if wish.is_agreed:
                found = agreed_to(found)
            foresee = partial(self._parts.chronicle.foresee, name)
            made = await put_back(parts, aim, found, fence=fence, foresee=foresee)
        except Fault as fault:
            wish.missed(fault.diagnostics[0].line)
            return
        if made is None:
            wish.missed("; ".join(found.plan.asks) or "the target does not allow it now")
            return
        self._parts.chronicle.drift(name, made)
        self._targets.look_back(parts, name)

    async def enter(self, parts: Parts, aim: Desired, *, is_asked: bool) -> None:
        """Before anything is written beside the passes: this process has to be the one that writes (INV-13).

        Raises:
            Fenced: another one is.
            Transient: the target could not be asked.
        """
        fence = await self._fences.admit(parts, aim, is_asked=is_asked)
        await fence.enter(is_begun=False)
        await fence.check()

    def refresh(self, name: str) -> None:
        """A person asks for a look at Git and the whole application now, whatever pause there is after a failure."""
        self._git.poke()
        self._board.schedule.succeed(name)
        self._board.schedule.wake(name)

    def require_approval(self, name: str) -> None:
        """Until a pass has written something, only a plan that somebody agreed to is applied: a saved one."""
        self._agreed.add(name)

    def _as_agreed(self, aim: Desired) -> Desired:
        if aim.application.name not in self._agreed:
            return aim
        sync = replace(aim.application.sync, approve=Approve.ALWAYS)
        return replace(aim, application=replace(aim.application, sync=sync))

    def pin(self, name: str, desired: Desired, plan: Digest = NOTHING) -> None:
        """A rollback: this is what shall be, until Git renders something else than it does now.

        With a plan that was shown, nothing else is begun for it.
        """
        kept = self.kept[name]
        kept.pinned, kept.is_due, kept.is_asked, kept.asked_plan = desired, True, True, plan
        self._board.schedule.wake(name)
        self._board.touch(name)

    def unpin(self, name: str) -> None:
        """What Git says counts again."""
        kept = self.kept[name]
        kept.is_due = kept.is_due or kept.pinned is not None
        kept.pinned, kept.asked_plan = None, NOTHING
        self._board.schedule.wake(name)
        self._board.touch(name)

    async def _pass(self, kept: Kept, aim: Desired, turn: Turn) -> None:
        name = kept.application.name
        if leave.is_forgotten(leave.bounded(aim, self._parts.clock.now())):
            self._parts.claims.abandon(name)
            self._gone(name)
            return
        try:
            parts = await self._parts.targets.parts(aim.application.target)
            self._observe(parts)
            fence = await self._fences.admit(parts, aim, is_asked=kept.pinned is not None)
            kept.fenced = ()
            completed = self._parts.chronicle.completed_run(name)
            focus = turn.focus if _is_whole_done(kept, aim) else None
            asking = self._asking(kept, aim, is_whole=focus is None)
            made = await reconcile(
                parts,
                self.weighed(self._as_agreed(aim), parts),
                completed_run=completed,
                focus=focus,
                begin=lambda plan: self._begin(kept, aim, plan if focus is None else None),
                asking=asking,
                resting=self._fights.resting(name) if parts.target.rules.rests else {},
                fence=fence,
                foresee=lambda drifts: self._parts.chronicle.foresee(name, drifts),
            )
        except _Overtaken:
            self._board.schedule.wake(name)
            return
        except Fenced as fenced:
            kept.fenced, kept.trouble = fenced.diagnostics, ()
            if fenced.is_passing:
                self._board.schedule.retry(name)
            return
        except Fault as fault:
            kept.trouble = fault.diagnostics
            self._board.schedule.retry(name)
            return
        kept.trouble = ()
        if made.is_other:
            kept.is_asked = False  # who asked was shown another plan, and is asked again
        self._conclude(kept, aim, made, is_whole=focus is None)
        has_left = aim.is_removal and aim is kept.aim  # else it is in Git again since the pass began
        if has_left and made.is_complete and not parts.ledger.count(name, parts.target.name):
            self._gone(name)  # who still owns what another one is to take, is not forgotten before that (INV-08)
        if fence.is_new and made.review.plan.held:
            self._board.schedule.wake(name)  # INV-12: what stands there can be proven to be late only from now on
        self._targets.look_back(parts, name)
        self._targets.let_go(parts, made)

    def _asking(self, kept: Kept, aim: Desired, *, is_whole: bool) -> Asking:
        """What a person asked a pass for. INV-11: the plan that they were shown, of the whole application.

        What was begun for them goes on. Where Git's word is applied by itself, no plan of a person's binds it.
        """
        if self._parts.chronicle.is_under_way(aim):
            return Asking(is_asked=True)
        is_bound = kept.pinned is not None or aim.application.sync.mode is Mode.MANUAL
        if not is_bound or not kept.asked_plan:
            return Asking(is_asked=kept.is_asked)
        return Asking(is_asked=kept.is_asked and is_whole, plan=kept.asked_plan)

    def _begin(self, kept: Kept, aim: Desired, plan: Plan | None) -> None:
        """What Git says now is begun with: from here on, nothing older is followed by itself (promise 9).

        `plan` is that of a pass over the whole application: only such a one deploys.

        INV-12: a commit may be begun with late, while Git says a newer one that cannot be rendered: it counts too. And
        a pass may have stood still since it began: where something else is aimed at by now, it ends here; a commit that
        changes nothing of the application does not end it, else frequent ones would starve it.
        """
        if kept.aim is not aim and (kept.aim is None or kept.aim.run != aim.run):
            raise _Overtaken
        is_newest = self.look is not None and self.look.revision.commit == aim.commit
        if is_newest or (kept.pinned is None and self._parts.chronicle.is_later(aim.commit)):
            self._parts.chronicle.advance(aim.commit)
        if plan is not None:
            kept.asked_plan = NOTHING
            by = "git" if kept.pinned is None else "rollback"
            self._parts.chronicle.begin(aim, plan.digest, by=by)

    def weighed(self, aim: Desired, parts: Parts) -> Desired:
        """What is aimed at, with what only the whole fleet and today's date tell of it.

        What another application declares too is an error of both, for as long as it does (D16, INV-08).
        """
        aim = leave.bounded(aim, self._parts.clock.now())
        owned = parts.ledger.count(aim.application.name, parts.target.name)
        if owned > len(aim.resources) and not leave.is_reviewed(aim):
            aim = replace(aim, asks=self._losses.asks(aim.application.name))
        disputes = self._parts.claims.disputes(aim, parts.target.name)
        return replace(aim, problems=(*aim.problems, *disputes)) if disputes else aim

    def _conclude(self, kept: Kept, aim: Desired, made: Pass, *, is_whole: bool) -> None:
        name = kept.application.name
        if any(outcome.change.action.is_apply for outcome in made.outcomes):
            self._wake_leaving()
        kept.waits = frozenset(made.waits)
        kept.carrying = made.carrying(kept.carrying, is_whole=is_whole)
        kept.gone = made.gone(kept.gone, is_whole=is_whole)
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
            self._board.schedule.wake_after(name, fight.pause_s)
        if is_whole:
            self._parts.chronicle.conclude(aim, made)
        else:
            self._parts.chronicle.drift(name, made)
        if made.is_retried:
            self._board.schedule.retry(name)
        else:
            self._board.schedule.succeed(name)
        if is_whole is made.is_complete and (not is_whole or _has_run_hooks(made)):
            self._board.schedule.wake(name)  # from one object to the whole; or hooks that have done their work go

    def _wake_leaving(self) -> None:
        """INV-14: what moved is theirs no more, and nothing else tells them so.

        It is done before anything is written down, which may find no room, and for whatever was applied: what an
        earlier attempt moved is no transfer any more.
        """
        self._board.wake_all([n for n, other in self.kept.items() if other.desired and other.desired.is_removal])

    def _gone(self, name: str) -> None:
        self._parts.chronicle.remove(name)
        self._parts.register.forget(name)
        self._board.schedule.forget(name)
        self._fights.forget(name)
        self._losses.forget(name)
        self.kept.pop(name, None)
        self._board.wake_dependants(name)

    def _held(self, kept: Kept) -> str:
        """Why nothing is applied: a hold of the whole application, or of exactly the revision that is aimed at."""
        for hold in self._parts.holds.active(kept.application.name):
            if not hold.revision or (kept.aim is not None and hold.revision in {kept.aim.commit, kept.aim.run}):
                return f"{hold.why} ({hold.who})"
        return ""

    async def _restore(self, kept: Kept) -> bool:
        """What cannot be restored now leaves the application held: nothing is applied, and it is tried again."""
        try:
            kept.pinned = await self.restore(kept) if self.restore is not None else None
        except Fault as fault:
            kept.trouble = fault.diagnostics
            self._board.schedule.retry(kept.application.name)
            return False
        return True

    # ---- how everything stands --------------------------------------------------------------------------------

    def statuses(self) -> tuple[ApplicationStatus, ...]:
        """How every application stands, sorted by name."""
        return tuple(kept.status for _, kept in sorted(self.kept.items()))

    @property
    def is_ready(self) -> bool:
        """Whether Git was looked at and every application had its first pass."""
        return self._readiness.is_ready

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way and nothing will change by itself."""
        is_told = self._refresher.is_idle and self._safekeeping.is_idle
        is_idle = self._git.is_idle and is_told and self._board.schedule.is_idle
        return self.is_ready and is_idle and self._readiness.is_final

    async def wait_settled(self, poll_s: float = 0.05) -> None:
        """Wait until everything is True or has a named state that only a person, Git or the target can change."""
        while not self.is_settled:
            await self._parts.clock.sleep(poll_s)


def _is_whole_done(kept: Kept, aim: Desired) -> bool:
    """Whether a pass has brought all of this about, so that a look at single objects is enough.

    INV-14: a pass that was cut short (a full disk) leaves the one before it as the last, and that was of another aim.
    """
    return kept.last is not None and kept.last.is_complete and not kept.is_due and not aim.is_removal


def _has_run_hooks(made: Pass) -> bool:
    return any(change.run and change.action is not Action.HOLD for change in made.review.plan.changes)

"""Following Git: what each application shall be now, or why that cannot be told.

A revision that is older, rewrites history or declares nothing is not followed by itself. What cannot be read or
rendered leaves what was desired before as it is, and stops no other application.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from trueline.declare.application import Application, OnRemoval
from trueline.loop.board import Board
from trueline.loop.bug import own_fault
from trueline.loop.desire import Wish, declaration, follows_others, removed
from trueline.loop.desired import Desired
from trueline.loop.engine_parts import EngineParts
from trueline.loop.fleet import Look, find
from trueline.loop.kept import Kept
from trueline.loop.parts import Parts
from trueline.loop.past import desired_at
from trueline.loop.status import Sync
from trueline.loop.verifier import Admission
from trueline.loop.version import pins_of
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.fault import Fault, Transient, UserError
from trueline.plan.guard import Approve, Limits
from trueline.runtime.task_group import TaskGroup
from trueline.source.artifact import Revision

RENDERS_AT_ONCE = 4
POLLS_AT_ONCE = 64
NAMED_MAX = 10
GATHER_S_MAX = 2.0
"""How long a rendered application waits for the others of its revision, so that a claim of two is seen first."""


class GitFollower:
    """Looks at the fleet repository and keeps the board's wishes; `observe` is told of every target that is named."""

    def __init__(self, parts: EngineParts, board: Board, observe: Callable[[Parts], None]) -> None:
        self._parts = parts
        self._board = board
        self._observe = observe
        self._poked = asyncio.Event()
        self._named: frozenset[str] | None = frozenset()
        self._group: TaskGroup | None = None
        self._polls = asyncio.Semaphore(POLLS_AT_ONCE)
        self._renders = asyncio.Semaphore(RENDERS_AT_ONCE)
        self._wanted: dict[str, tuple[Application, Look]] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._read_again_at: dict[str, str] = {}
        self._followed = ""

    def begin(self, group: TaskGroup) -> None:
        """From now on, an application that takes long goes on in this group while others are followed."""
        self._group = group

    def end(self) -> None:
        """Nothing goes on any more."""
        self._group = None
        for task in self._under_way.values():
            task.cancel()

    @property
    def is_idle(self) -> bool:
        """Whether every application was read as far as it can be."""
        return all(task.done() for task in self._under_way.values())

    def poke(self, names: Collection[str] | None = None) -> None:
        """Somebody says that Git has changed: look now. Never more than "look again" (D2).

        With `names`, only at the sources of these applications; several pokes at once are one look at all they name.
        """
        self._named = None if names is None or self._named is None else self._named.union(names)
        self._poked.set()

    async def follow(self) -> None:
        """Look each interval, and when poked."""
        while True:
            self._take_poke()
            await self.follow_once()
            async with TaskGroup() as group:
                timer = group.create_task(self._parts.clock.sleep(self._parts.interval_s))
                while not timer.done():
                    poke = group.create_task(self._poked.wait())
                    await asyncio.wait({timer, poke}, return_when=asyncio.FIRST_COMPLETED)
                    poke.cancel()
                    if self._board.look is None or self._named is None or not self._poked.is_set():
                        break
                    await self._look_at(self._board.look, self._take_poke())
                timer.cancel()

    def _take_poke(self) -> frozenset[str]:
        """Whom a look that begins now is about; what is said from now on is for the next one."""
        names, self._named = self._named or frozenset(), frozenset()
        self._poked.clear()
        return names

    async def _look_at(self, look: Look, names: frozenset[str]) -> None:
        """The sources of some applications, at the revision of the fleet that is followed; the interval goes on."""
        try:
            await self._desire_all(look, names)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the loop; it is told
            self._board.problems = (own_fault("the fleet repository", error),)
        self._board.changed.set()

    async def follow_once(self) -> None:
        """One look at Git; whatever cannot be told now leaves everything as it is."""
        board = self._board
        try:
            revision = await self._parts.fleet.poll()
            if board.look is None or revision.commit != board.look.revision.commit:
                admission = await self._parts.verifier.admit_fleet(self._parts.fleet.source, revision)
                await self._advance(await self._parts.fleet.look(revision), admission)
            elif self._has_other_sources or self._unread:
                await self._desire_all(board.look)
            board.problems = board.look.declared.diagnostics if board.look else ()
            board.problems += self._parts.verifier.problems
        except Fault as fault:
            board.problems = fault.diagnostics
            await self._fall_back()
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the loop; it is told
            board.problems = (own_fault("the fleet repository", error),)
        board.looks += 1
        board.changed.set()

    async def _fall_back(self) -> None:
        """After a start that cannot follow Git: what was applied last is kept and healed, from the objects we keep."""
        if self._board.look is not None:
            if any(kept.is_unread and kept.away for kept in self._board.kept.values()):  # that may have passed
                await self._desire_all(self._board.look)
            return
        if (look := await self._look_back()) is not None:
            signer = self._parts.verifier.signer_of(look.revision.commit)
            look = replace(look, ground=replace(look.ground, signer=signer))
            self._board.look = look
            self._parts.targets.declare(look.declared.targets)
            await self._desire_all(look)

    async def _look_back(self) -> Look | None:
        """What was begun with last.

        INV-12: where its objects are not here, nothing is kept or healed. What was True before it is here, and is older
        than what was begun to be written.
        """
        with suppress(Fault):
            if commit := self._parts.chronicle.newest:
                return await self._parts.fleet.look_back(commit)
        return None

    @property
    def _has_other_sources(self) -> bool:
        kept = self._board.kept.values()
        return any(follows_others(one.application) for one in kept)

    @property
    def _unread(self) -> bool:
        """Whether something may be made of Git now that could not be made before: a kind has come, a target is back."""
        kept = self._board.kept.values()
        return any(one.desired is None or one.failure or one.away or one.desired.problems for one in kept)

    # ---- a new revision ----------------------------------------------------------------------------------------

    async def _advance(self, look: Look, admission: Admission) -> None:
        """Follow a new revision, unless somebody has to agree to it first."""
        if (doubt := await self._doubt(look, admission)) is not None:
            raise UserError([doubt])
        signer = await self._parts.verifier.learn(look.ground.source, look.revision, look.declared)
        look = replace(look, ground=replace(look.ground, signer=signer))
        self._parts.chronicle.see(look.revision, signer)
        self._note_branch(look.revision)
        self._parts.targets.declare(look.declared.targets)
        self._board.look, self._followed = look, look.revision.commit  # a full disk may end it before that
        with self._parts.claims.reading():
            self._remove_missing(look)
            await self._keep_unreadable(look)
            await self._desire_all(look)
        self._board.wake_all(self._parts.claims.doubting())
        waiting = [name for name, kept in self._board.kept.items() if kept.status.sync is Sync.WAITING]
        self._board.wake_all(waiting)  # what others lost with them may have come back

    def _note_branch(self, revision: Revision) -> None:
        """A branch that begins where the other one stands changes nothing yet; its first commit is a doubt."""
        chronicle = self._parts.chronicle
        if self._parts.fleet.follows_default and not (chronicle.branch and revision.commit == chronicle.newest):
            chronicle.follow_branch(revision.ref)

    async def _doubt(self, look: Look, admission: Admission) -> Diagnostic | None:
        """Why a revision is not followed by itself: it is older or rewrites history (promise 9), is another branch's,
        or much of what was declared is gone (promise 3).
        """  # noqa: D205 - one sentence needs two lines
        if self._parts.approvals.is_approved(Digest(look.revision.commit)):
            return None
        if gone := self._gone_with_everything(look):
            return _nothing_declared(look, gone)
        if (many := self._many_leave(look)) is not None:
            return many
        fleet, newest = self._parts.fleet, self._parts.chronicle.newest
        if look.revision.commit == newest or not admission.replaced.isdisjoint((newest, self._followed)):
            return None
        other = fleet.other_branch(self._parts.chronicle.branch, look.revision)
        return other or await self._leads_elsewhere(newest, look.revision)

    async def _leads_elsewhere(self, newest: str, found: Revision) -> Diagnostic | None:
        """Why a revision does not follow what was begun with last, nor what is followed now.

        The latter follows the former, or somebody agreed to it; perhaps nothing could be begun with it yet.
        """
        doubt, fleet = await self._parts.fleet.lineage(newest, found), self._parts.fleet
        if doubt is None or self._followed in {"", newest}:
            return doubt
        return None if await fleet.lineage(self._followed, found) is None else doubt

    def _gone_with_everything(self, look: Look) -> int:
        """How many applications were declared before, where now nothing is: an empty fleet is no wish to delete it."""
        folder = {application.name for application in look.applications if look.is_folder}
        is_empty = look.is_folder or not (look.applications or look.declared.broken)
        return len(self._known().keys() - folder) if is_empty else 0

    def _many_leave(self, look: Look) -> Diagnostic | None:
        """INV-03 for the fleet: applications are small where plans have a limit, and all together they are not.

        Not counted are those that are on their way out already, those of which Git says that nobody is asked, and those
        whose Removal somebody has reviewed.
        """
        if self._declares_all(look):
            return None
        leaving = {name for name, kept in self._board.kept.items() if kept.desired and kept.desired.is_removal}
        known = {name: one for name, one in self._known().items() if name not in leaving}
        declared = {application.name for application in look.applications}
        today = self._parts.clock.now().date()
        reviewed = {r.application for r in look.declared.removals if not r.resources and today <= r.until}
        gone = [
            name
            for name, one in sorted(known.items())
            if name not in declared | reviewed
            and not look.declared.keeps(name, one.origin.path)
            and one.sync.on_removal is not OnRemoval.KEEP
            and one.sync.approve is not Approve.NEVER
        ]
        return _much_is_gone(look, gone, len(known)) if Limits().are_passed(len(gone), len(known)) else None

    def _declares_all(self, look: Look) -> bool:
        """Whether nothing that was declared before is missing: then no declaration of before is read."""
        declared = {application.name for application in look.applications}
        return declared.issuperset((*self._board.kept, *self._parts.register.names()))

    def _known(self) -> dict[str, Application]:
        """Every application that was declared before, here or before the last start, and is not gone yet."""
        known = {a.name: a for a in self._parts.register.applications()}
        return known | {name: kept.application for name, kept in self._board.kept.items()}

    def _remove_missing(self, look: Look) -> None:
        """Applications that left Git go through the same guarded lane; a broken declaration removes none (INV-02)."""
        if self._declares_all(look):
            return
        declared = {application.name for application in look.applications}
        for name, application in sorted(self._known().items()):
            if name not in declared and not look.declared.keeps(name, application.origin.path):
                kept = self._board.keep(application)
                kept.application, kept.failure = application, ()
                said = [one for one in look.declared.removals if one.application == name]
                kept.desired, kept.wanted = removed(application, look.revision, said), str(look.revision)
                kept.identity, kept.pinned = None, None
                self._board.wake_all((name, *self._parts.claims.remove(name, at=look.revision.commit)))

    async def _keep_unreadable(self, look: Look) -> None:
        """After a start with a declaration that does not parse: what it declared when it did is kept and healed."""
        known = {application.name for application in look.applications} | self._board.kept.keys()
        if known.issuperset(self._parts.register.names()):
            return
        for application in list(self._parts.register.applications()):
            name = application.name
            if name not in known and look.declared.keeps(name, application.origin.path):
                kept = self._board.keep(application)
                await self._keep_last(kept, look)
                if kept.desired is None:
                    self._board.kept.pop(name)

    # ---- each application ----------------------------------------------------------------------------------------

    async def _desire_all(self, look: Look, names: Collection[str] | None = None) -> None:
        """Every application anew, or those of `names`, begun with together; one that takes long stops no other."""
        self._board.gather()
        try:
            with self._parts.claims.reading():
                if self._group is None:
                    async with TaskGroup() as group:
                        self._start_all(group, look, names)
                else:
                    await self._done_or_late(self._start_all(self._group, look, names))
                for late in self._late(look):
                    self._parts.claims.cannot_read(late.name, look.revision.commit, look.files_of(late))
        finally:
            self._board.release()
        self._board.wake_all(self._parts.claims.doubting())

    def _start_all(self, group: TaskGroup, look: Look, names: Collection[str] | None) -> tuple[asyncio.Task[None], ...]:
        for application in look.applications:
            name = application.name
            if names is not None and name not in names:
                continue
            task = self._under_way.get(name)
            self._wanted[name] = (application, look)
            if task is None or task.done():
                self._under_way[name] = group.create_task(self._desire_newest(name))
        return tuple(self._under_way.values())

    async def _done_or_late(self, tasks: Collection[asyncio.Task[None]]) -> None:
        if not tasks:
            return
        async with TaskGroup() as group:
            patience = group.create_task(self._parts.clock.sleep(GATHER_S_MAX))
            done = group.create_task(asyncio.wait(tasks))
            await asyncio.wait({patience, done}, return_when=asyncio.FIRST_COMPLETED)
            patience.cancel()
            done.cancel()

    def _late(self, look: Look) -> Iterator[Application]:
        self._under_way = {name: task for name, task in self._under_way.items() if not task.done()}
        return (application for application in look.applications if application.name in self._under_way)

    async def _desire_newest(self, name: str) -> None:
        """Until what was looked at last is what was desired: while one look was read, another may have come."""
        while (wanted := self._wanted.pop(name, None)) is not None:
            await self._desire(*wanted)
        self._board.wake_all(self._parts.claims.doubting())

    async def read_again(self, kept: Kept) -> bool:
        """Once what it needs is there: whether something else is made of Git now than what could not be before.

        Once for each revision: whatever comes later is seen by the look of each interval.
        """
        name, look, before = kept.application.name, self._board.look, kept.desired
        is_broken = bool(kept.failure or (before is not None and before.problems))
        declared = next((a for a in look.applications if a.name == name), None) if look and is_broken else None
        if look is None or declared is None or not declared.depends_on or not self._is_due_again(name, look):
            return False
        await self._desire(declared, look)
        return kept.desired is not before

    def _is_due_again(self, name: str, look: Look) -> bool:
        task, commit = self._under_way.get(name), look.revision.commit
        is_due = (task is None or task.done()) and self._read_again_at.get(name) != commit
        if is_due:
            self._read_again_at[name] = commit
        return is_due

    async def _desire(self, application: Application, look: Look) -> None:
        kept = self._board.keep(application)
        kept.wanted = str(look.revision)
        is_read, wish = False, None
        try:
            async with self._polls:
                wish = await self._parts.desirer.wish(application, look.ground)
            is_read = await self._follow_wish(kept, wish, look)
            kept.away = ()
        except Transient as fault:
            kept.away = fault.diagnostics
            kept.is_unread = _is_unread(kept, application, wish)
        except UserError as fault:
            self._fail(kept, fault.diagnostics)
        except Exception as error:  # noqa: BLE001 - one application's bug of ours never stops the others (promise 14)
            self._fail(kept, (own_fault(application.name, error),))
        is_over = not is_read and kept.desired is not None and await self._is_over(kept.desired, look)
        if is_over and self._board.look is look:  # else it may have left Git meanwhile
            kept.desired = None
        if kept.desired is None:
            await self._keep_last(kept, look)
        if not is_read and self._board.look is look:
            self._parts.claims.cannot_read(application.name, look.revision.commit, look.files_of(application))
        self._board.touch(application.name)

    async def _follow_wish(self, kept: Kept, wish: Wish, look: Look) -> bool:
        """Whether what Git says now is what is desired."""
        kept.wanted = str(wish.revision)
        name = wish.application.name
        before = await self._pins_before(kept, wish)
        if doubts := await self._parts.desirer.doubts(
            wish, before, self._parts.approvals.is_approved, look.ground.source
        ):
            raise UserError(doubts)
        same = kept.desired if wish.identity is not None and wish.identity == kept.identity else None
        if same is not None and not same.problems:  # what is wrong may be the target's: a kind that has come since
            self._stay(kept, same, wish)
            return True
        async with self._renders:
            desired = await self._parts.desirer.desire(wish)
        if self._board.look is not look or self._board.kept.get(name) is not kept:
            return False  # another look has come, or it left Git meanwhile
        if desired.problems and kept.desired is None:
            await self._keep_last(kept, look)
        await self._adopt(kept, desired, self._parts.desirer.identity(wish))
        return not desired.problems

    async def _is_over(self, before: Desired, look: Look) -> bool:
        """Whether what was desired is not what to go on with, although nobody knows what Git declares instead.

        INV-02: what is in Git again does not go on leaving. INV-12: what Git took back before anything was begun with
        it is not begun with any more; what was deployed last is.
        """
        last = self._parts.chronicle.latest(before.application.name)
        if before.is_removal or before.commit == look.revision.commit or (last and last.tree == before.run):
            return before.is_removal
        with suppress(Fault):
            return await self._parts.fleet.lineage(before.commit, look.revision) is not None
        return True

    async def _pins_before(self, kept: Kept, wish: Wish) -> Mapping[str, str]:
        """What was applied of sources that Git declares as before; another address or branch is Git's own wish."""
        name = wish.application.name
        if kept.desired is not None:
            pins, sources = kept.desired.pins, kept.desired.application.sources
        elif (last := self._parts.chronicle.latest(name)) is not None and last.pins != wish.pins:
            pins, sources = last.pins, wish.application.sources
            with suppress(Fault):
                sources = find(await self._parts.fleet.look_back(last.revision), name).sources
        else:
            return {}
        same = {(spec.name, spec.url, spec.revision) for spec in sources}
        declared = (spec for spec in wish.application.sources if (spec.name, spec.url, spec.revision) in same)
        return {name: pins[name] for spec in declared for name in pins_of(spec, pins)}

    async def _keep_last(self, kept: Kept, look: Look) -> None:
        """After a start with what cannot be read: what was deployed last is kept and healed, and the reason told.

        INV-12: a deployment that had only begun is that too; the one before it is older than what runs.
        """
        name, parts = kept.application.name, self._parts
        last = parts.chronicle.latest(name)
        if last is None:
            return
        with suppress(Fault, KeyError):
            desired = await desired_at(parts.fleet, parts.desirer, name, last.revision, last.pins)
            if not desired.problems and kept.desired is None and self._board.look is look:
                failure = kept.failure
                await self._adopt(kept, desired, None)
                kept.failure = failure

    def _stay(self, kept: Kept, before: Desired, wish: Wish) -> None:
        """A commit that changes nothing for an application: it runs what that commit says already."""
        name, revision = kept.application.name, str(wish.revision)
        kept.desired = replace(before, revision=revision, commit=wish.commit, pins=wish.pins, signed=wish.signed)
        kept.applied = revision if kept.applied == before.revision else kept.applied
        kept.failure = ()
        self._parts.claims.read(name)
        if kept.is_due:  # a pass that is under way has another object in hand, and would leave this one due
            self._board.desired(name)

    async def _adopt(self, kept: Kept, desired: Desired, identity: Digest | None) -> None:
        """Take a new desired, unless it has problems: then what was desired before goes on, and it is told (INV-17).

        INV-02: so nothing is pruned on the word of a render that is not whole.

        The identity stays with what was desired before, too: else the next look would take the broken for the applied.
        """
        name = desired.application.name
        if desired.problems and kept.desired is not None:
            if desired.problems != kept.desired.problems:
                self._fail(kept, desired.problems)
            return
        self._release_hold(kept, desired)  # first: where it cannot be written, nothing is adopted, and the next look is
        kept.identity = identity
        parts = await self._parts.targets.parts(desired.application.target)
        self._observe(parts)
        rivals = self._parts.claims.declare(name, parts.target.name, desired.resources, at=desired.commit)
        self._board.wake_all(rivals)
        kept.failure, kept.trouble = (), ()
        kept.application = desired.application
        kept.desired = desired
        kept.is_due = True
        self._board.schedule.succeed(name)
        self._board.desired(name)

    def _release_hold(self, kept: Kept, desired: Desired) -> None:
        """Git says something else than what a rollback held: the rollback is over, if that came before a start too."""
        if desired.problems or desired.is_return:
            return
        name, run = kept.application.name, desired.run
        holds = [hold.revision for hold in self._parts.holds.active(name) if hold.revision]
        if run not in holds:
            for revision in holds:
                self._parts.holds.resume(name, who="git", revision=revision)
            kept.pinned = None

    def _fail(self, kept: Kept, diagnostics: tuple[Diagnostic, ...]) -> None:
        if kept.failure != diagnostics:
            self._parts.chronicle.fail(kept.application.name, diagnostics)
        kept.failure = diagnostics


def _is_unread(kept: Kept, application: Application, wish: Wish | None) -> bool:
    """Whether Git is known to say something else than what is desired: its files were found, and not rendered."""
    if kept.identity is None or declaration(application) != declaration(kept.application):
        return True
    return wish is not None and wish.identity != kept.identity


def _much_is_gone(look: Look, gone: Sequence[str], count: int) -> Diagnostic:
    named = ", ".join(gone[:NAMED_MAX]) + (" and others" if gone[NAMED_MAX:] else "")
    return Diagnostic(
        code="TL1680",
        summary="many applications leave the fleet at once",
        detail=f"{look.revision}: {len(gone)} of {count} applications would be removed: {named}; nothing is",
        remedy=f"if this is meant: trueline approve --revision {look.revision.commit}; otherwise restore the files",
    )


def _nothing_declared(look: Look, count: int) -> Diagnostic:
    return Diagnostic(
        code="TL0702",
        summary="the fleet declares no application any more",
        detail=f"{look.revision}: {count} applications were declared before; nothing is removed",
        remedy=f"if this is meant: trueline approve --revision {look.revision.commit}; otherwise restore the files",
    )

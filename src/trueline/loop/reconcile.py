"""One application, one pass: snapshot, plan, trial, apply. It reads like the way of a commit because it is that way.

A pass starts from what Git and the target say now (D2) and keeps nothing between passes. It never waits for health:
where a wave has to be healthy first, the pass ends and says what it waits for; a watch event starts the next one (D9).
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from trueline.apply.executor import carry_out
from trueline.apply.ledger import Act
from trueline.apply.outcome import Outcome, Result
from trueline.declare.application import Mode
from trueline.drift.drift import Drift
from trueline.health.status import Status
from trueline.loop.desired import Desired
from trueline.loop.fence import PassFence
from trueline.loop.parts import Parts
from trueline.loop.progress import Pass, beside, blocked, concluded, foreseen, lost, waiting
from trueline.loop.review import Review, review
from trueline.loop.status import Sync
from trueline.model.digest import Digest
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.plan.guard import Approve
from trueline.plan.order import LEAVES, Stage, ground, stages
from trueline.plan.plan import Plan
from trueline.render.resource import Phase
from trueline.target.answer import Refusal
from trueline.target.inventory import Ending
from trueline.target.snapshot import NOTHING
from trueline.trial.attempt import try_all
from trueline.trial.trial import Trial, Verdict

Foresee: TypeAlias = Callable[[tuple[Drift, ...]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writing:
    """What is asked and told around each write."""

    fence: PassFence | None = None
    foresee: Foresee = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Whether a person asked for this pass, which is what a manual application waits for, and for which plan.

    INV-11: where they were shown one, no other one is begun.
    """

    is_asked: bool = False
    plan: Digest = NOTHING

    def is_other(self, found: Review) -> bool:
        """Whether what would happen is not what they were shown."""
        return bool(self.plan) and found.plan.digest != self.plan


NOT_ASKED = Asking()


async def reconcile(  # noqa: PLR0913 - what a pass is asked for
    parts: Parts,
    desired: Desired,
    *,
    completed_run: str,
    focus: Collection[Ref] | None = None,
    begin: Callable[[Plan], None],
    asking: Asking = NOT_ASKED,
    resting: Mapping[Ref, str] | None = None,
    fence: PassFence | None = None,
    foresee: Foresee = lambda _: None,
) -> Pass:
    """Go as far as this pass can; `asking` says what a person asked for.

    `begin` is called when nothing forbids to go on, before the first write; `foresee` with the drift that is about to
    be healed. `resting` are refs that are not healed now, with the reason. `fence` is asked before the first write, and
    before each stage.

    Raises:
        Fenced: another process writes the application; what was done until then is recorded.
        StoreFull: nothing can be recorded, so nothing is done.
    """
    writing = _Writing(fence=fence, foresee=foresee)
    found = await review(parts, desired, completed_run=completed_run, focus=focus, resting=resting)
    if found.plan.problems:
        healed = await _heal_meanwhile(parts, desired, found, writing, asking=asking)
        return blocked(found, found.plan.problems, healed)
    if (stopped := _gate(parts, desired, found, asking=asking)) is not None:
        if stopped.sync is not Sync.WAITING:
            return stopped
        return beside(stopped, await _heal_meanwhile(parts, desired, found, writing, asking=asking))
    if fence is not None and _writes(found.trials):
        await fence.enter()
    begin(found.plan)
    return await _Run(parts, desired, found, writing).go()


async def put_back(
    parts: Parts,
    desired: Desired,
    found: Review,
    *,
    fence: PassFence | None = None,
    foresee: Foresee = lambda _: None,
) -> Pass | None:
    """Write the heals of a review that a person named; `None` where something forbids it, and nothing is written.

    INV-11: where every change is approved first, such a one is too. INV-04: on the word of a silent target nothing is.
    """
    if found.plan.problems or _gate(parts, desired, found, asking=Asking(is_asked=True)) is not None:
        return None
    writing = _Writing(fence=fence, foresee=foresee)
    if fence is not None and _writes(found.trials):
        await fence.enter(is_begun=False)
    return await _Run(parts, desired, found, writing).heal()


async def _heal_meanwhile(
    parts: Parts, desired: Desired, found: Review, writing: "_Writing", *, asking: Asking
) -> Pass | None:
    """Nothing that Git changed may be done, so what ran before is kept as it was (INV-17); `None`: nothing is healed.

    Where every change is approved first, a heal is too.
    """
    trials = [*found.trials, *found.meanwhile]
    heals = [trial for trial in trials if trial.change.action is Action.HEAL and trial.verdict in _HEALED]
    changes = tuple(trial.change for trial in heals)
    asks = found.plan.asks if desired.application.sync.approve is Approve.ALWAYS else ()
    plan = replace(found.plan, changes=changes, problems=(), asks=asks)
    healing = replace(found, plan=plan, trials=tuple(trials), meanwhile=())
    if not heals or _gate(parts, desired, healing, asking=replace(asking, plan=NOTHING)) is not None:
        return None
    if writing.fence is not None and _writes(heals):
        await writing.fence.enter(is_begun=False)
    return await _Run(parts, desired, replace(healing, trials=tuple(heals)), writing).heal()


def _gate(parts: Parts, desired: Desired, found: Review, *, asking: Asking) -> Pass | None:
    """Whatever forbids to begin beside a problem: a silent target (INV-04, INV-05), a person who has not agreed."""
    if found.unknown or any(trial.verdict is Verdict.LOST for trial in found.trials):
        return lost(found)
    if not any(change.action.is_write for change in found.plan.changes):
        return None
    return _mode(desired, found, asking=asking) or _agreed(found, asking) or _approval(parts, found)


def _mode(desired: Desired, found: Review, *, asking: Asking) -> Pass | None:
    match desired.application.sync.mode:
        case Mode.PLAN_ONLY:
            return waiting(found, Sync.OUT_OF_SYNC, "this application is only planned")
        case Mode.MANUAL if not asking.is_asked:
            return waiting(found, Sync.OUT_OF_SYNC, "this application is synced by hand: trueline apply")
        case Mode.MANUAL | Mode.AUTO:
            return None


def _agreed(found: Review, asking: Asking) -> Pass | None:
    """INV-11: the world has moved since a person was shown what would happen, so they are asked again."""
    if not asking.is_other(found):
        return None
    message = "it would do something else than what was agreed to: look at its plan again, and ask again"
    return replace(waiting(found, Sync.OUT_OF_SYNC, message), is_other=True)


def _approval(parts: Parts, found: Review) -> Pass | None:
    """INV-11: who agreed to this plan agreed to this one alone."""
    if found.plan.asks and not parts.approvals.is_approved(found.plan.digest):
        return waiting(found, Sync.WAITING, "; ".join(found.plan.asks))
    return None


class _Run:
    """The writing part of one pass: stage after stage, until something fails (INV-17) or is waited for (INV-18)."""

    def __init__(self, parts: Parts, desired: Desired, found: Review, writing: _Writing) -> None:
        self._fence = writing.fence
        self._parts = parts
        self._foresee = writing.foresee
        self._desired = desired
        self._found = found
        self._trials = {trial.change.ref: trial for trial in found.trials}
        self._outcomes: list[Outcome] = []
        plan = found.plan
        self._act = Act(application=plan.application, target=plan.target, revision=plan.revision, plan=plan.digest)

    async def go(self) -> Pass:
        known = self._found.inventory.entries
        if news := {ref: end for ref, end in self._found.endings.items() if end is not known[ref].ended}:
            self._parts.ledger.end(self._act, news)
        if (stopped := await self._lay_ground()) is not None:
            return stopped
        laid = {outcome.change.ref for outcome in self._outcomes}
        for stage in stages([change for change in self._found.plan.changes if change.ref not in laid]):
            if self._held_before(stage):
                return replace(concluded(self._found, self._outcomes, waits=()), is_retried=True)
            if waits := self._unhealthy_before(stage):
                return concluded(self._found, self._outcomes, waits=waits)
            await self._carry_out(stage)
            if self._is_stopped:
                return concluded(self._found, self._outcomes, waits=())
        return concluded(self._found, self._outcomes, waits=self._unhealthy_hooks())

    async def heal(self) -> Pass:
        """Only what was applied before, in no order: it stands, or stood, already."""
        await self._carry_out(Stage(key=(0, 0, 0), changes=self._found.plan.changes))
        return concluded(self._found, self._outcomes, waits=())

    async def _lay_ground(self) -> Pass | None:
        """Until the last trial is made, only what a trial needs is applied: no workload, and nothing is pruned (D6)."""
        needed = {ref for change in self._deferred() for ref in self._desired.awaits[change.ref]}
        for stage in ground(self._found.plan.changes, needed):
            await self._carry_out(stage)
            if self._is_stopped:
                return concluded(self._found, self._outcomes, waits=())
            if (stopped := await self._retry_deferred(needed)) is not None:
                return stopped
        return None

    @property
    def _is_stopped(self) -> bool:
        return any(outcome.result in _STOPPING for outcome in self._outcomes)

    async def _carry_out(self, stage: Stage) -> None:
        passed = Verdict.PASSED
        trials = [self._trials.get(c.ref) or Trial(change=c, verdict=passed) for c in stage.changes]
        parts = self._parts
        if self._fence is not None and _writes(trials):
            await self._fence.check()
        if drifts := foreseen(self._found, trials):
            self._foresee(drifts)
        self._outcomes += await carry_out(
            self._act, trials, target=parts.target, bodies=parts.bodies, ledger=parts.ledger
        )

    def _deferred(self) -> list[Change]:
        return [trial.change for trial in self._trials.values() if trial.verdict is Verdict.DEFERRED]

    async def _retry_deferred(self, needed: Collection[Ref]) -> Pass | None:
        """Try what waited for objects that this pass has made; a refusal now stops everything that follows (D6)."""
        missing = set(needed) - {outcome.change.ref for outcome in self._outcomes}
        due = [change for change in self._deferred() if missing.isdisjoint(self._desired.awaits[change.ref])]
        for trial in await try_all(due, replace(self._found.tried, awaits={})):
            self._trials[trial.change.ref] = trial
        return self._stopped_by_deferred()

    def _stopped_by_deferred(self) -> Pass | None:
        """Why what follows is not begun: a refusal, or what was just made is not ready to take what needs it."""
        stopping = [t for t in self._trials.values() if t.verdict in {Verdict.REFUSED, Verdict.LOST}]
        if not stopping:
            return None
        refused = [t for t in stopping if t.verdict is Verdict.REFUSED and t.refusal not in _NOT_READY]
        found = replace(self._found, trials=tuple(self._trials.values()))
        waits = () if refused else tuple(trial.change.ref for trial in stopping)
        return concluded(found, self._outcomes, waits=waits, refused=refused)

    def _unhealthy_before(self, stage: Stage) -> tuple[Ref, ...]:
        """What has to be healthy before this stage: everything declared in earlier waves and phases."""
        changes = self._found.plan.changes
        if not any(change.action.is_apply for change in stage.changes):
            return ()
        before = [c for c in changes if c.action not in LEAVES and c.position.key[:2] < stage.key[:2]]
        return self._unhealthy([c.ref for c in before if _is_waited_for(c, stage)])

    def _held_before(self, stage: Stage) -> bool:
        """Whether a hook that has to run before this stage cannot: an object that is not ours has its name."""
        held = (change for change in self._found.plan.changes if change.run and change.action is Action.HOLD)
        return any(change.position.key[:2] < stage.key[:2] for change in held)

    def _unhealthy_hooks(self) -> tuple[Ref, ...]:
        awaited = (c for c in self._found.plan.changes if c.run and c.action not in LEAVES | {Action.HOLD})
        return self._unhealthy([change.ref for change in awaited])

    def _unhealthy(self, refs: Collection[Ref]) -> tuple[Ref, ...]:
        healths = self._parts.health.health(refs)
        ended, begun = self._found.endings, {outcome.change.ref for outcome in self._outcomes}
        waited = [ref for ref in refs if ref in begun or ended.get(ref, Ending.NONE) is Ending.NONE]
        fine = {Status.HEALTHY, Status.SUSPENDED}
        return tuple(ref for ref in waited if ref in self._phased or healths[ref].status not in fine)

    @property
    def _phased(self) -> frozenset[Ref]:
        """Hooks of several phases: what follows the end of one is planned by the pass that begins with seeing it."""
        phases = Counter(hook.ref for hook in self._desired.hooks)
        return frozenset(ref for ref, count in phases.items() if count > 1)


def _writes(trials: Collection[Trial]) -> bool:
    """Whether anything is sent: what was looked at and is the same is not."""
    return any(trial.change.action.is_write and trial.verdict is not Verdict.SAME for trial in trials)


_NOT_READY = frozenset({Refusal.NO_KIND, Refusal.NO_NAMESPACE})

_HEALED = frozenset({Verdict.PASSED, Verdict.SAME})


def _is_waited_for(change: Change, stage: Stage) -> bool:
    """A hook that runs on failure waits for those before it, and not for what failed."""
    return change.position.phase is Phase.FAILED or stage.key[0] != Phase.FAILED.rank


_STOPPING = frozenset({Result.REFUSED, Result.STALE, Result.UNKNOWN})

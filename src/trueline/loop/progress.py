"""How far a pass got, and what that makes of the application's sync."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from trueline.apply.outcome import Outcome, Result
from trueline.drift.drift import Drift, added, judge, newly_added
from trueline.loop.review import Review
from trueline.loop.status import Sync
from trueline.model.diagnostic import Diagnostic
from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.plan.change import Action
from trueline.target.answer import Refusal
from trueline.target.inventory import Entry, Inventory
from trueline.target.snapshot import Snapshot
from trueline.trial.trial import Trial, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pass: the review it began with, what was done, and how it stands.

    `drifts` were healed or are warned of; `left` stands as it is because Git says so, and is found by each pass anew.
    `waits` are refs whose health the next pass needs; `is_retried`: nothing will wake it, so it comes again by itself.
    `is_other`: the plan is not the one that was agreed to, so it was not begun.
    `coming` were never there and are not made while this plan is stopped: nobody misses them.
    """

    review: Review
    sync: Sync
    message: str = ""
    outcomes: tuple[Outcome, ...] = ()
    drifts: tuple[Drift, ...] = ()
    left: tuple[Drift, ...] = ()
    waits: tuple[Ref, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    is_retried: bool = False
    is_other: bool = False
    coming: frozenset[Ref] = frozenset()

    @property
    def unsettled(self) -> frozenset[Ref]:
        """What was begun and is not as it shall be."""
        return frozenset(outcome.change.ref for outcome in self.outcomes if outcome.result not in _TAKEN)

    @property
    def is_complete(self) -> bool:
        """Whether everything that is declared was applied and nothing is waited for."""
        return self.sync in {Sync.SYNCED, Sync.OVERRULED} and not self.waits

    def carrying(self, before: frozenset[Ref], *, is_whole: bool) -> frozenset[Ref]:
        """Which objects hold what others added, after this pass; one that is not whole tells of what it looked at."""
        now = {ref: bool(entry.added) for ref, entry in self.review.inventory.entries.items()}
        now |= {
            trial.change.ref: True for trial in self.review.trials if trial.change.action is Action.HOLD and trial.added
        }
        for outcome in self.outcomes:
            if outcome.observed is not None and not outcome.change.run:
                now[outcome.change.ref] = bool(outcome.added)
            elif outcome.result is Result.DONE and not outcome.change.action.is_apply:
                now[outcome.change.ref] = False
        carrying = frozenset(ref for ref, carries in now.items() if carries)
        return carrying if is_whole else (before - now.keys()) | carrying

    def gone(self, before: frozenset[Ref], *, is_whole: bool) -> frozenset[Ref]:
        """What was deleted on the target and is left so, after this pass: see `carrying`."""
        seen, changes = self.review.snapshot, self.review.plan.changes
        looked = {one.ref: one.action is Action.KEEP and seen.at(one.ref) == Known(None) for one in changes}
        gone = frozenset(ref for ref, is_gone in looked.items() if is_gone)
        return gone if is_whole else (before - looked.keys()) | gone

    @property
    def remembered(self) -> "Pass":
        """The same without what stays as it is: what is kept between passes grows with the changes (D4)."""
        review, nothing = self.review, Inventory(application=self.review.plan.application)
        changes = tuple(change for change in review.plan.changes if change.action is not Action.KEEP)
        light = replace(
            review,
            plan=replace(review.plan, changes=changes),
            tried=replace(review.tried, inventory=nothing, awaits=None),
            inventory=nothing,
            snapshot=Snapshot(),
        )
        return replace(self, review=light)


def blocked(review: Review, problems: Collection[Diagnostic], healed: "Pass | None" = None) -> Pass:
    """Nothing that Git changed was done, because something is wrong with it; what ran before may have been healed."""
    problems = tuple(problems)
    message = problems[0].line if problems else ""
    made = Pass(
        review=review, sync=Sync.BLOCKED, message=message, problems=problems, is_retried=True, coming=_coming(review)
    )
    return beside(made, healed)


def beside(stopped: Pass, healed: Pass | None) -> Pass:
    """A pass that was stopped, with what was healed all the same: the world moved, so it is planned again."""
    if healed is None:
        return stopped
    return replace(stopped, outcomes=healed.outcomes, drifts=healed.drifts, is_retried=True)


def lost(review: Review) -> Pass:
    """Nothing was changed, because the target does not answer."""
    silent = [f"{ref}: {reason}" for ref, reason in review.unknown]
    silent += [f"{t.change.ref}: {t.message}" for t in review.trials if t.verdict is Verdict.LOST]
    return Pass(review=review, sync=Sync.UNKNOWN, message=silent[0] if silent else "", is_retried=True)


def waiting(review: Review, sync: Sync, message: str) -> Pass:
    """Nothing was changed, because a person decides."""
    return Pass(review=review, sync=sync, message=message, coming=_coming(review))


def _coming(review: Review) -> frozenset[Ref]:
    known = review.inventory.entries
    return frozenset(
        one.ref for one in review.plan.changes if one.action is Action.CREATE and not one.run and one.ref not in known
    )


def concluded(
    review: Review, outcomes: Sequence[Outcome], *, waits: Collection[Ref], refused: Collection[Trial] = ()
) -> Pass:
    """What was done, and what that leaves."""
    sync, message = _sync(review, outcomes, tuple(waits), refused)
    return Pass(
        review=review,
        sync=sync,
        message=message,
        outcomes=tuple(outcomes),
        drifts=tuple(_drifts(review, outcomes)),
        left=tuple(_left(review)),
        waits=tuple(waits),
        is_retried=sync in {Sync.PARTLY, Sync.UNKNOWN}
        or any(o.result in _UNSETTLED for o in outcomes)
        or any(t.refusal is Refusal.OCCUPIED for t in review.trials)  # nothing wakes it when that goes
        or bool(waits),
    )


def _sync(
    review: Review, outcomes: Sequence[Outcome], waits: tuple[Ref, ...], refused: Collection[Trial]
) -> tuple[Sync, str]:
    for outcome in outcomes:
        match outcome.result:
            case Result.REFUSED:
                return Sync.PARTLY, f"{outcome.change.ref}: {outcome.message}"
            case Result.UNKNOWN | Result.STALE:
                return Sync.SYNCING, f"{outcome.change.ref}: {outcome.message}"
            case Result.DONE | Result.SAME | Result.OVERRULED:
                continue
    for trial in refused:
        return Sync.PARTLY, f"{trial.change.ref}: {trial.message}"
    if waits:
        return Sync.SYNCING, f"waits for {', '.join(map(str, waits[:3]))}" + (" and others" if waits[3:] else "")
    return _settled(review, outcomes)


def _settled(review: Review, outcomes: Sequence[Outcome]) -> tuple[Sync, str]:
    """Everything was done that could be: what is left differs for a reason that has a name (INV-29)."""
    for ref in review.failed:
        return Sync.PARTLY, f"{ref}: the hook failed"
    held = [change for change in review.plan.changes if change.action is Action.HOLD]
    if held:
        return Sync.OUT_OF_SYNC, f"{held[0].ref}: {held[0].reason}"
    withheld = [(o.change.ref, o.withheld[0]) for o in outcomes if o.withheld]
    if withheld:
        ref, conflict = withheld[0]
        return Sync.OUT_OF_SYNC, f"{ref}: {conflict.path} is left to {conflict.manager}"
    done = {outcome.change.ref: outcome for outcome in outcomes}
    overruled = {ref: e.overruled for ref, e in review.inventory.entries.items() if e.overruled and ref not in done}
    overruled |= {o.change.ref: o.overruled for o in outcomes if o.overruled}
    for ref, paths in sorted(overruled.items()):
        return Sync.OVERRULED, f"{ref}: the target sets {', '.join(paths)} otherwise"
    for ref, entry in sorted(review.inventory.entries.items()):
        if entry.withheld and ref not in done:
            return Sync.OUT_OF_SYNC, f"{ref}: {entry.withheld[0]} is left to another manager"
    return Sync.SYNCED, ""


def _left(review: Review) -> Iterator[Drift]:
    for trial in review.trials:
        entry = review.inventory.entries.get(trial.change.ref)
        if trial.change.action is Action.HOLD and entry is not None:
            yield from filter(None, (_judged(review, entry, trial), newly_added(entry, trial.added)))


def _judged(review: Review, entry: Entry, trial: Trial) -> Drift | None:
    part = review.snapshot.at(trial.change.ref)
    return judge(
        entry,
        part.value if isinstance(part, Known) else None,
        conflicts=trial.drifted,
        changes=trial.changes,
        overruled=trial.overruled,
    )


def foreseen(review: Review, trials: Collection[Trial]) -> tuple[Drift, ...]:
    """What is drift of what is about to be healed: a process that dies on the way has told it before (INV-14)."""
    found: list[Drift | None] = []
    for trial in trials:
        ref, entry = trial.change.ref, review.inventory.entries.get(trial.change.ref)
        if trial.change.action is Action.HEAL and entry is not None and not trial.change.run:
            found += (_judged(review, entry, trial), added(ref, trial.taken, goes=True))
            found.append(newly_added(entry, trial.added))
    return tuple(drift for drift in found if drift is not None)


def _drifts(review: Review, outcomes: Sequence[Outcome]) -> list[Drift]:
    """What was drift in this pass; a look that found nothing leaves no record, and an addition is news once."""
    trials = {trial.change.ref: trial for trial in review.trials}
    found: list[Drift | None] = []
    for outcome in outcomes:
        change, trial = outcome.change, trials.get(outcome.change.ref)
        entry = review.inventory.entries.get(change.ref)
        if entry is None or trial is None or change.run or outcome.result not in _TAKEN:
            continue
        if change.action is Action.HEAL:
            found.append(_judged(review, entry, trial))
        found += (added(change.ref, trial.taken, goes=True), newly_added(entry, outcome.added))
    return [drift for drift in found if drift is not None]


_UNSETTLED = frozenset({Result.STALE, Result.UNKNOWN})
"""The world moved, or nobody knows whether it was done: the next pass reads the target, and no event may come of it."""

_TAKEN = frozenset({Result.DONE, Result.SAME, Result.OVERRULED})

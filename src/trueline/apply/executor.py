"""Carrying out one stage of a plan: intents durable first, then every act side by side, then the outcomes.

It decides nothing: what is sent was planned and tried. It never retries; the next pass starts from what is there.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from trueline.apply.ledger import Act, Intent, Ledger
from trueline.apply.outcome import Outcome, Result
from trueline.plan.change import Action, Change
from trueline.runtime.task_group import TaskGroup
from trueline.target.answer import Accepted, Answer, Refusal, Refused
from trueline.target.protocol import Target, Write, WriteMode
from trueline.target.snapshot import Observed
from trueline.trial.protocol import Bodies
from trueline.trial.trial import Trial, Verdict


async def carry_out(
    act: Act, trials: Sequence[Trial], *, target: Target, bodies: Bodies, ledger: Ledger
) -> tuple[Outcome, ...]:
    """Do what one stage asks for; the outcomes stand in the order of the trials and are durable on return (INV-23).

    Raises:
        StoreFull: the intents could not be written; nothing was done.
    """
    intents = [Intent(change=t.change, promised=t.promised) for t in trials if t.verdict is not Verdict.SAME]
    if intents:
        ledger.intend(act, intents)
    async with TaskGroup() as group:
        tasks = [group.create_task(_do(act, trial, target, bodies)) for trial in trials]
    outcomes = tuple(task.result() for task in tasks)
    ledger.settle(act, outcomes)
    return outcomes


async def _do(  # noqa: PLR0911 - one for each action
    act: Act, trial: Trial, target: Target, bodies: Bodies
) -> Outcome:
    change = trial.change
    match change.action:
        case Action.HEAL | Action.UPDATE if trial.verdict is Verdict.SAME:
            return Outcome(
                change=change,
                result=Result.SAME,
                observed=trial.observed,
                withheld=trial.withheld,
                added=trial.added,
            )
        case Action.CREATE | Action.UPDATE | Action.HEAL | Action.TRANSFER:
            return await _apply(trial, target, bodies)
        case Action.TAKE_OVER:
            return await _take_over(trial, target, bodies)
        case Action.REPLACE:
            return await _replace(act, trial, target, bodies)
        case Action.PRUNE:
            return _pruned(change, await _delete(act, change, target))
        case Action.RELEASE:
            mark = target.mark(act.application)
            return _pruned(change, await target.release(change.ref, uid=change.uid, mark=mark, dry=False))
        case Action.FORGET:
            return Outcome(change=change, result=Result.DONE)
        case Action.KEEP | Action.HOLD:
            raise AssertionError(f"{change} is nothing to do")
        case _:
            assert_never(change.action)


async def _take_over(trial: Trial, target: Target, bodies: Bodies) -> Outcome:
    """First the former tools' entries become ours, otherwise a field that leaves Git would stay live for ever."""
    match await target.take_over(trial.change.ref, seen=_tried_on(trial), dry=False):
        case Accepted(observed=ours):
            return _outcome(trial, await target.write(_fenced(_write(trial, bodies), ours)))
        case Refused() as refused:
            return _outcome(trial, refused)


async def _apply(trial: Trial, target: Target, bodies: Bodies) -> Outcome:
    """What stands in the place of ours, or beside it, becomes ours first, so that the apply removes it."""
    write, seen = _write(trial, bodies), _tried_on(trial)
    if trial.reclaims is not None:
        reclaimed = await target.reclaim(trial.change.ref, body=write.body, extent=trial.reclaims, seen=seen, dry=False)
        if isinstance(reclaimed, Refused):
            return _outcome(trial, reclaimed)
        seen = reclaimed.observed
    return _outcome(trial, await target.write(_fenced(write, seen)))


async def _replace(act: Act, trial: Trial, target: Target, bodies: Bodies) -> Outcome:
    """Git asked for it by name: an immutable field cannot change in place."""
    match await _delete(act, trial.change, target):
        case Accepted() | Refused(refusal=Refusal.GONE):
            return _outcome(trial, await target.write(_write(trial, bodies)))
        case Refused() as refused:
            return _outcome(trial, refused)


async def _delete(act: Act, change: Change, target: Target) -> Answer:
    """INV-10: what was planned to go, by UID and mark; the target adds the version."""
    return await target.delete(change.ref, uid=change.uid, mark=target.mark(act.application), version="", dry=False)


def _tried_on(trial: Trial) -> Observed:
    """What a change was planned for and tried on (INV-11)."""
    version = trial.observed.version if trial.observed is not None else trial.version
    return Observed(uid=trial.change.uid, version=version, generation=trial.change.generation)


def _fenced(write: Write, seen: Observed) -> Write:
    """What was tried is what is written over: an older writer, or one that was paused, is refused (INV-12)."""
    return replace(write, version=seen.version, generation=seen.generation) if write.uid else write


def _write(trial: Trial, bodies: Bodies) -> Write:
    """INV-13: for the object that was planned for. INV-19: forced only where the trial says so."""
    change = trial.change
    body = bodies.get(change.body)
    assert body is not None, f"no body for {change.ref}"
    return Write(
        ref=change.ref,
        body=body,
        mode=WriteMode.APPLY_FORCED if trial.forced else WriteMode.APPLY,
        uid="" if change.action is Action.REPLACE else change.uid,
        withheld=tuple(conflict.path for conflict in trial.withheld),
    )


def _outcome(trial: Trial, answer: Answer) -> Outcome:
    match answer:
        case Accepted() as accepted:
            overruled = accepted.overruled or trial.overruled
            return Outcome(
                change=trial.change,
                result=Result.OVERRULED if overruled else Result.DONE,
                observed=accepted.observed,
                withheld=trial.withheld,
                overruled=overruled,
                kept_by=accepted.kept_by,
                added=accepted.added,
            )
        case Refused() as refused:
            return Outcome(change=trial.change, result=_result(refused.refusal), message=refused.message)


def _result(refusal: Refusal) -> Result:
    match refusal:
        case Refusal.STALE | Refusal.GONE:
            return Result.STALE
        case Refusal.BUSY:
            return Result.UNKNOWN
        case _:
            return Result.REFUSED


def _pruned(change: Change, answer: Answer) -> Outcome:
    match answer:
        case Accepted() | Refused(refusal=Refusal.GONE):
            return Outcome(change=change, result=Result.DONE)
        case Refused() as refused:
            return Outcome(change=change, result=_result(refused.refusal), message=refused.message)

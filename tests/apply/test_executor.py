"""Intents are durable before the act; where they cannot be, nothing is done."""

from typing import Any

import msgspec
import pytest

from tests.trial.answering import THEIRS, AnsweringTarget, Bodies, LoggingLedger, accepted, change, refused, seen
from trueline.apply.executor import carry_out
from trueline.apply.ledger import Act
from trueline.apply.outcome import Outcome, Result
from trueline.model.digest import Digest
from trueline.plan.change import Action
from trueline.runtime.store import StoreFull
from trueline.target.answer import Answer, Refusal
from trueline.target.protocol import WriteMode
from trueline.target.reclaim import Reclaim
from trueline.trial.trial import Trial, Verdict

ACT = Act(application="shop", target="prod", revision="main@1", plan=Digest("plan"))


def trial(name: str, action: Action = Action.UPDATE, verdict: Verdict = Verdict.PASSED, **more: Any) -> Trial:
    return Trial(change=change(name, action), verdict=verdict, **more)


async def done(target: AnsweringTarget, *trials: Trial, full: Exception | None = None) -> tuple[Outcome, ...]:
    ledger = LoggingLedger(target.log, full)
    return await carry_out(ACT, trials, target=target.target, bodies=Bodies(), ledger=ledger)


async def test_intents_of_a_stage_come_before_every_act_and_outcomes_after() -> None:
    """INV-23: what is about to be done is on the disk."""
    target = AnsweringTarget()
    await done(target, trial("a"), trial("b"))
    assert target.log == ["intend a b", "apply a", "apply b", "settle a b"]


async def test_a_full_ledger_does_nothing() -> None:
    target = AnsweringTarget()
    with pytest.raises(StoreFull):
        await done(target, trial("a"), trial("b", Action.PRUNE), full=StoreFull([]))
    assert target.log == []


async def test_a_look_that_found_nothing_needs_no_intent_and_no_act() -> None:
    target = AnsweringTarget()
    (outcome,) = await done(target, trial("a", Action.HEAL, Verdict.SAME))
    assert outcome.result is Result.SAME
    assert target.log == ["settle a"]


async def test_a_prune_names_the_uid() -> None:
    """INV-10: and the mark; the target adds the version."""
    target = AnsweringTarget()
    await done(target, trial("a", Action.PRUNE))
    assert target.log == ["intend a", "delete a u1 t1.shop", "settle a"]


async def test_a_write_names_the_object_it_was_planned_for() -> None:
    """INV-10, INV-13: another object in its place is refused by the server; what is made anew has no UID yet."""
    target = AnsweringTarget()
    await done(target, trial("a"), trial("b", Action.HEAL), trial("c", Action.REPLACE))
    assert [write.uid for write in target.writes] == ["u1", "u1", ""]


@pytest.mark.parametrize(
    ("action", "reclaims"), [(Action.TAKE_OVER, None), (Action.HEAL, Reclaim.ITEMS), (Action.UPDATE, None)]
)
async def test_what_is_written_over_is_what_was_tried_on_or_what_a_take_over_has_left(
    action: Action, reclaims: Reclaim | None
) -> None:
    """INV-11, INV-12: each request says the version that the one before it has left."""
    target = AnsweringTarget()
    await done(target, trial("a", action, reclaims=reclaims, observed=msgspec.structs.replace(seen(), version="5")))
    assert [one.version for one in target.taken] == (["5"] if action is not Action.UPDATE else [])
    assert [write.version for write in target.writes] == [seen().version if target.taken else "5"]


async def test_what_is_forgotten_asks_the_target_nothing() -> None:
    target = AnsweringTarget()
    await done(target, trial("a", Action.FORGET))
    assert target.log == ["intend a", "settle a"]


async def test_a_replacement_deletes_and_makes_a_take_over_takes_and_applies() -> None:
    target = AnsweringTarget()
    await done(target, trial("a", Action.REPLACE))
    await done(target, trial("b", Action.TAKE_OVER))
    assert target.log[1:3] == ["delete a u1 t1.shop", "apply a"]
    assert target.writes[0].uid == ""
    assert target.log[5:7] == ["take over b", "apply b"]


async def test_what_stands_in_the_place_of_ours_becomes_ours_before_the_apply_that_removes_it() -> None:
    target = AnsweringTarget()
    await done(target, trial("a", Action.HEAL, reclaims=Reclaim.ITEMS, forced=True))
    assert target.log == ["intend a", "reclaim items a u1", "apply-forced a", "settle a"]


async def test_what_others_added_is_known_after_a_look_and_after_an_apply() -> None:
    target = AnsweringTarget(lambda _: accepted(added=(THEIRS,)))
    looked = trial("a", Action.HEAL, Verdict.SAME, added=(THEIRS,))
    outcomes = await done(target, looked, trial("b", Action.HEAL))
    assert [outcome.added for outcome in outcomes] == [(THEIRS,), (THEIRS,)]


async def test_only_a_trial_that_says_so_is_forced_and_what_is_withheld_is_left_out() -> None:
    target = AnsweringTarget()
    await done(target, trial("a"), trial("b", forced=True), trial("c", withheld=(THEIRS,)))
    assert [write.mode for write in target.writes] == [WriteMode.APPLY, WriteMode.APPLY_FORCED, WriteMode.APPLY]
    assert [write.withheld for write in target.writes] == [(), (), (THEIRS.path,)]


ANSWERS = [
    (accepted(), Result.DONE),
    (accepted(overruled=("spec.a",)), Result.OVERRULED),
    (refused(Refusal.BUSY), Result.UNKNOWN),
    (refused(Refusal.STALE), Result.STALE),
    (refused(Refusal.GONE), Result.STALE),
    (refused(Refusal.DENIED), Result.REFUSED),
    (refused(Refusal.CONFLICT), Result.REFUSED),
]


@pytest.mark.parametrize(("answer", "result"), ANSWERS, ids=[str(n) for n in range(len(ANSWERS))])
async def test_what_became_of_an_apply(answer: Answer, result: Result) -> None:
    (outcome,) = await done(AnsweringTarget(lambda _: answer), trial("a"))
    assert outcome.result is result

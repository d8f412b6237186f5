"""Trials: what is asked first, and how conflicts are split into drift, Git's wish and other people's fields (D17)."""

from dataclasses import replace
from typing import Any

import pytest

from tests.trial.answering import (
    DIGEST,
    LISTED_DIGEST,
    MINE,
    OURS,
    THEIRS,
    AnsweringTarget,
    accepted,
    change,
    inventory,
    ref,
    refused,
    seen,
)
from trueline.model.digest import Digest
from trueline.plan.change import Action
from trueline.target.answer import Answer, FieldChange, FieldConflict, Refusal
from trueline.target.protocol import Write, WriteMode
from trueline.target.reclaim import Reclaim
from trueline.trial.attempt import try_all
from trueline.trial.trial import Trial, Verdict

LEAF = FieldChange(path="data.a", before="9", after="1")


def contested(*conflicts: FieldConflict) -> AnsweringTarget:
    """A target that refuses what is not forced and still holds one of these fields."""

    def answer(write: Write) -> Answer:
        held = [one for one in conflicts if one.path not in write.withheld]
        return accepted(changes=(LEAF,)) if write.mode.is_forced or not held else refused(Refusal.CONFLICT, *held)

    return AnsweringTarget(answer)


async def try_one(target: AnsweringTarget, action: Action, *owned: str, **more: Any) -> Trial:
    (trial,) = await try_all([change("web", action)], target.tried(inventory(*owned), **more))
    return trial


async def test_a_field_that_was_ours_is_drift_and_forced() -> None:
    target = contested(MINE)
    trial = await try_one(target, Action.HEAL, "web")
    assert (trial.verdict, trial.drifted, trial.forced, trial.withheld) == (Verdict.PASSED, (MINE,), True, ())
    assert target.log == ["try web"]


async def test_a_field_that_never_was_ours_is_left_out() -> None:
    target = contested(MINE)
    trial = await try_one(target, Action.UPDATE)
    assert (trial.verdict, trial.forced, trial.withheld) == (Verdict.PASSED, False, (MINE,))
    assert target.log == ["try web", "try web"]


TAKER = FieldConflict(manager="kubectl-edit", path="spec.ports[port=81]")


@pytest.mark.parametrize("displaced", [(), (TAKER,)])
@pytest.mark.parametrize(
    ("action", "body", "is_asked"),
    [
        (Action.HEAL, LISTED_DIGEST, True),
        (Action.HEAL, DIGEST, True),
        (Action.UPDATE, LISTED_DIGEST, False),
    ],
)
async def test_what_is_refused_beside_an_item_in_the_place_of_ours_is_put_back(
    action: Action, body: Digest, displaced: tuple[FieldConflict, ...], *, is_asked: bool
) -> None:
    target = AnsweringTarget(lambda _: refused(Refusal.INVALID), displaced=displaced)
    changed = replace(change("web", action), body=body)
    (trial,) = await try_all([changed], target.tried(inventory("web")))
    is_found = bool(is_asked and displaced)
    assert (trial.verdict, trial.reclaims is not None) == (Verdict.PASSED if is_found else Verdict.REFUSED, is_found)
    assert trial.drifted == (displaced if is_found else ())
    assert target.log == ["try web", *(["try reclaim fields web u1"] if is_asked else [])]


HELM = FieldConflict(manager="helm", path="data.x")
TAKING = [
    ("what a tool added goes", Action.HEAL, (HELM,), (HELM,), True),
    ("with a change of Git's too", Action.UPDATE, (HELM,), (HELM,), True),
    ("a stranger is not asked about", Action.HEAL, (THEIRS,), (), False),
    ("what nobody added neither", Action.UPDATE, (), (), False),
    ("what is new has nothing", Action.CREATE, (HELM,), (HELM,), False),
    ("nothing is found", Action.HEAL, (HELM,), (), True),
]


@pytest.mark.parametrize(("_", "action", "added", "found", "is_asked"), TAKING)
async def test_what_tools_added(
    _: str, action: Action, added: tuple[FieldConflict, ...], found: tuple[FieldConflict, ...], *, is_asked: bool
) -> None:
    target = AnsweringTarget(lambda _: accepted(changes=(), added=added), displaced=found)
    uid = "" if action is Action.CREATE else "u1"
    (trial,) = await try_all([change("web", action, uid)], target.tried(inventory("web"), takes_away=True))
    assert [line for line in target.log if "reclaim" in line] == (["try reclaim all web u1"] if is_asked else [])
    is_taken = is_asked and bool(found)
    assert (trial.reclaims, trial.taken) == ((Reclaim.ALL, found) if is_taken else (None, ()))
    assert trial.verdict is (Verdict.SAME if action is Action.HEAL and not is_taken else Verdict.PASSED)
    target.log.clear()
    await try_all([change("web", action, uid)], target.tried(inventory("web")))
    assert target.log == ["try web"], "only where Git says so"


async def test_a_conflict_hides_what_tools_added_so_it_is_asked() -> None:
    target = AnsweringTarget(lambda _: refused(Refusal.CONFLICT, MINE), displaced=(MINE, HELM))
    trial = await try_one(target, Action.HEAL, "web", takes_away=True)
    assert target.log == ["try web", "try reclaim all web u1"]
    assert (trial.reclaims, trial.taken, trial.drifted) == (Reclaim.ALL, (HELM,), (MINE,))


async def test_a_field_that_git_takes_is_forced() -> None:
    trial = await try_one(contested(THEIRS), Action.UPDATE, take_over=frozenset({THEIRS.path}))
    assert (trial.forced, trial.withheld) == (True, ())


async def test_of_two_conflicts_each_goes_its_way() -> None:
    """INV-19: ours is put back, and theirs is left."""
    target = contested(MINE, THEIRS)
    trial = await try_one(target, Action.UPDATE, "web")
    assert (trial.drifted, trial.withheld, trial.forced) == ((MINE,), (THEIRS,), True)
    assert target.writes[-1].withheld == (THEIRS.path,)


@pytest.mark.parametrize(("manager", "is_taken"), [("helm", True), ("stranger", False)])
async def test_a_former_tool_is_taken_over_and_a_stranger_is_not(manager: str, *, is_taken: bool) -> None:
    conflict = FieldConflict(manager=manager, path="data.a")
    trial = await try_one(contested(conflict), Action.TAKE_OVER)
    assert (trial.forced, bool(trial.withheld)) == (is_taken, not is_taken)


@pytest.mark.parametrize("action", [Action.CREATE, Action.UPDATE, Action.HEAL, Action.TAKE_OVER, Action.TRANSFER])
async def test_the_first_request_is_never_forced(action: Action) -> None:
    target = contested(MINE, THEIRS)
    await try_one(target, action, "web")
    assert target.writes[0].mode is WriteMode.TRY


async def test_a_field_that_was_left_is_left_while_its_manager_holds_it() -> None:
    """INV-19: a look that forgot it would call it ours, and the next change of Git's would force it."""
    owned, look = inventory("web", withheld=(MINE.path,)), change("web", Action.HEAL)
    held = AnsweringTarget(lambda one: accepted(changes=()) if one.withheld else refused(Refusal.CONFLICT, MINE))
    (trial,) = await try_all([look], held.tried(owned))
    assert (trial.verdict, trial.withheld, trial.forced) == (Verdict.SAME, (MINE,), False)
    assert [one.withheld for one in held.writes] == [(), (MINE.path,)]
    let_go = AnsweringTarget(lambda _: accepted(changes=(LEAF,), observed=seen("f2")))
    (trial,) = await try_all([look], let_go.tried(owned))
    assert (trial.verdict, trial.withheld) == (Verdict.PASSED, ())


LOOKS = [
    (accepted(changes=()), Verdict.SAME),
    (accepted(changes=(LEAF,)), Verdict.PASSED),
    (accepted(changes=(), observed=seen("f2")), Verdict.PASSED),
]


@pytest.mark.parametrize(("answer", "wanted"), LOOKS, ids=["nothing differs", "a field differs", "it is not ours"])
async def test_a_look_that_finds_nothing_is_the_same(answer: Answer, wanted: Verdict) -> None:
    trial = await try_one(AnsweringTarget(lambda _: answer), Action.HEAL, "web")
    assert trial.verdict is wanted
    assert trial.promised in {OURS, "f2"}


@pytest.mark.parametrize("refusal", Refusal)
async def test_what_may_pass_is_lost_and_the_rest_is_refused(refusal: Refusal) -> None:
    trial = await try_one(AnsweringTarget(lambda _: refused(refusal)), Action.UPDATE, "web")
    is_passing = refusal in {Refusal.BUSY, Refusal.STALE, Refusal.GONE}
    assert trial.verdict is (Verdict.LOST if is_passing else Verdict.REFUSED)
    assert trial.refusal is refusal


@pytest.mark.parametrize(
    ("action", "uid", "is_deferred"),
    [
        (Action.CREATE, "", True),
        (Action.UPDATE, "u1", True),
        (Action.HEAL, "", True),
        (Action.HEAL, "u1", False),
        (Action.KEEP, "u1", False),
    ],
)
async def test_what_awaits_a_change_of_the_plan_is_tried_after_it(
    action: Action, uid: str, *, is_deferred: bool
) -> None:
    target = AnsweringTarget()
    awaits = {ref("object"): (ref("namespace"), ref("definition"))}
    changes = [change("definition", action, uid), change("object", Action.CREATE, "")]
    trials = await try_all(changes, target.tried(inventory(), awaits=awaits))
    assert (trials[-1].verdict is Verdict.DEFERRED) is is_deferred


async def test_every_refusal_is_told_at_once_in_the_order_of_the_changes() -> None:
    target = AnsweringTarget(lambda write: refused(Refusal.INVALID) if write.ref.name != "b" else accepted())
    trials = await try_all([change(name) for name in "abc"], target.tried(inventory()))
    assert [trial.verdict for trial in trials] == [Verdict.REFUSED, Verdict.PASSED, Verdict.REFUSED]


async def test_a_prune_is_tried_with_its_uid() -> None:
    target = AnsweringTarget()
    assert (await try_one(target, Action.PRUNE, "web")).verdict is Verdict.PASSED
    assert target.log == ["try delete web u1 t1.shop"]


READERS = [
    ("a preview", True, (), [Verdict.UNTRIED, Verdict.UNTRIED, Verdict.UNTRIED]),
    ("a preview of who may write something", True, ("b",), [Verdict.REFUSED, Verdict.PASSED, Verdict.REFUSED]),
    ("a pass", False, (), [Verdict.REFUSED, Verdict.REFUSED, Verdict.REFUSED]),
]


@pytest.mark.parametrize(("case", "whole", "may", "verdicts"), READERS)
async def test_who_may_only_read_sees_a_plan_that_was_not_tried(
    case: str, may: tuple[str, ...], verdicts: list[Verdict], *, whole: bool
) -> None:
    """INV-36: rights to read are enough for a plan; a pass says which right is missing."""
    target = AnsweringTarget(lambda write: accepted() if write.ref.name in may else refused(Refusal.FORBIDDEN))
    changes = [change(name) for name in "abc"]
    trials = await try_all(changes, target.tried(inventory("a", "b", "c"), whole=whole))
    assert [trial.verdict for trial in trials] == verdicts, case
    assert [trial.message for trial in trials] == [
        "" if one.change.ref.name in may else "said forbidden" for one in trials
    ]

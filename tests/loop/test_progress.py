"""What a pass makes of the application's sync: one word for each way a pass can end, the most urgent one first."""

from dataclasses import replace
from typing import Any

import pytest

from tests.trial.answering import AnsweringTarget, change, ref, seen
from trueline.apply.outcome import Outcome, Result
from trueline.drift.drift import DriftKind
from trueline.loop.progress import Pass, blocked, concluded, lost, waiting
from trueline.loop.review import Review
from trueline.loop.status import Sync
from trueline.model.diagnostic import Diagnostic
from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.plan.plan import Plan
from trueline.target.answer import FieldChange, FieldConflict, Refusal
from trueline.target.inventory import Ending, Entry, EntryState, Inventory
from trueline.target.snapshot import Snapshot
from trueline.trial.trial import Trial, Verdict

KUBECTL = FieldConflict(manager="kubectl", path="data.a")
ADDED = FieldConflict(manager="injector", path="data.x")


def entry(name: str, **more: Any) -> Entry:
    """What we own."""
    return Entry(ref=ref(name), state=EntryState.APPLIED, uid="u1", **more)


def reviewed(*changes: Change, owned: tuple[Entry, ...] = (), **more: Any) -> Review:
    """A review of these changes."""
    inventory = Inventory(application="shop", entries={one.ref: one for one in owned})
    return Review(
        plan=Plan(application="shop", target="cluster", revision="main@1", changes=changes),
        trials=more.pop("trials", ()),
        tried=AnsweringTarget().tried(inventory),
        inventory=inventory,
        snapshot=Snapshot(parts={one.ref: Known(seen()) for one in owned}),
        **more,
    )


def did(name: str, result: Result = Result.DONE, message: str = "", **more: Any) -> Outcome:
    """What happened to one change."""
    return Outcome(change=more.pop("change", change(name)), result=result, message=message, **more)


def held(name: str, reason: str = "it belongs to the application blog") -> Change:
    """A change that something forbids."""
    return replace(change(name, Action.HOLD), reason=reason)


NOTHING = reviewed()
ENDS: dict[str, tuple[Pass, Sync, str, bool]] = {
    "nothing to do": (concluded(NOTHING, (), waits=()), Sync.SYNCED, "", False),
    "all done": (concluded(NOTHING, (did("a"), did("b", Result.SAME)), waits=()), Sync.SYNCED, "", False),
    "refused at the apply": (
        concluded(NOTHING, (did("a"), did("b", Result.REFUSED, "quota")), waits=()),
        Sync.PARTLY,
        "ConfigMap/shop/b: quota",
        True,
    ),
    "refused at a later trial": (
        concluded(
            NOTHING,
            (did("a"),),
            waits=(),
            refused=(Trial(change=change("b"), verdict=Verdict.REFUSED, message="no", refusal=Refusal.DENIED),),
        ),
        Sync.PARTLY,
        "ConfigMap/shop/b: no",
        True,
    ),
    "a refusal outweighs a waiting": (
        concluded(NOTHING, (did("b", Result.REFUSED, "quota"),), waits=(ref("a"),)),
        Sync.PARTLY,
        "ConfigMap/shop/b: quota",
        True,
    ),
    "a hook failed": (
        concluded(reviewed(endings={ref("a"): Ending.WELL, ref("m"): Ending.BADLY}), (), waits=()),
        Sync.PARTLY,
        "ConfigMap/shop/m: the hook failed",
        True,
    ),
    "no answer came": (
        concluded(NOTHING, (did("a", Result.UNKNOWN, "reset"),), waits=()),
        Sync.SYNCING,
        "ConfigMap/shop/a: reset",
        True,
    ),
    "it was not what was planned for": (
        concluded(NOTHING, (did("a", Result.STALE, "moved"),), waits=()),
        Sync.SYNCING,
        "ConfigMap/shop/a: moved",
        True,
    ),
    "one is waited for": (
        concluded(NOTHING, (did("a"),), waits=(ref("w"),)),
        Sync.SYNCING,
        "waits for ConfigMap/shop/w",
        True,
    ),
    "many are waited for": (
        concluded(NOTHING, (), waits=[ref(name) for name in "abcd"]),
        Sync.SYNCING,
        "waits for ConfigMap/shop/a, ConfigMap/shop/b, ConfigMap/shop/c and others",
        True,
    ),
    "something is held back": (
        concluded(reviewed(held("b")), (did("a"),), waits=()),
        Sync.OUT_OF_SYNC,
        "ConfigMap/shop/b: it belongs to the application blog",
        False,
    ),
    "a field is left to another": (
        concluded(NOTHING, (did("a", withheld=(KUBECTL,)),), waits=()),
        Sync.OUT_OF_SYNC,
        "ConfigMap/shop/a: data.a is left to kubectl",
        False,
    ),
    "a field was left to another before": (
        concluded(reviewed(owned=(entry("a", withheld=("data.z",)),)), (), waits=()),
        Sync.OUT_OF_SYNC,
        "ConfigMap/shop/a: data.z is left to another manager",
        False,
    ),
    "Git takes it now": (
        concluded(reviewed(owned=(entry("a", withheld=("data.z",)),)), (did("a"),), waits=()),
        Sync.SYNCED,
        "",
        False,
    ),
    "overruled now": (
        concluded(NOTHING, (did("a", Result.OVERRULED, overruled=("data.a", "data.b")),), waits=()),
        Sync.OVERRULED,
        "ConfigMap/shop/a: the target sets data.a, data.b otherwise",
        False,
    ),
    "overruled before": (
        concluded(reviewed(owned=(entry("a", overruled=("data.a",)),)), (did("b"),), waits=()),
        Sync.OVERRULED,
        "ConfigMap/shop/a: the target sets data.a otherwise",
        False,
    ),
    "overruled before, not now": (
        concluded(reviewed(owned=(entry("a", overruled=("data.a",)),)), (did("a"),), waits=()),
        Sync.SYNCED,
        "",
        False,
    ),
    "what is held outweighs what is overruled": (
        concluded(reviewed(held("b"), owned=(entry("a", overruled=("data.a",)),)), (), waits=()),
        Sync.OUT_OF_SYNC,
        "ConfigMap/shop/b: it belongs to the application blog",
        False,
    ),
    "a person decides": (waiting(NOTHING, Sync.WAITING, "7 of 10 go"), Sync.WAITING, "7 of 10 go", False),
    "the target cannot be read": (
        lost(reviewed(unknown=((ref("a"), "429"),))),
        Sync.UNKNOWN,
        "ConfigMap/shop/a: 429",
        True,
    ),
    "the target does not answer a trial": (
        lost(reviewed(trials=(Trial(change=change("a"), verdict=Verdict.LOST, message="timeout"),))),
        Sync.UNKNOWN,
        "ConfigMap/shop/a: timeout",
        True,
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_the_word_for_each_end(name: str) -> None:
    """INV-29: each way in which a pass can end has one."""
    made, sync, message, is_retried = ENDS[name]
    assert (made.sync, made.message, made.is_retried) == (sync, message, is_retried)
    assert made.is_complete is (sync in {Sync.SYNCED, Sync.OVERRULED})


def test_what_is_waited_for_is_not_complete_whatever_the_word() -> None:
    assert not replace(concluded(NOTHING, (), waits=()), waits=(ref("a"),)).is_complete


def test_blocked_names_the_first_problem_and_keeps_all() -> None:
    problems = [Diagnostic(code="TL0401", summary=text, detail="", remedy="") for text in ("one", "two")]
    made = blocked(NOTHING, problems)
    assert (made.sync, made.problems, made.is_retried) == (Sync.BLOCKED, tuple(problems), True)
    assert "one" in made.message


def looked(name: str, result: Result = Result.DONE, **more: Any) -> tuple[Review, Outcome]:
    """A look at one object of ours, and what came of it."""
    heal = change(name, Action.HEAL)
    trial = Trial(change=heal, verdict=Verdict.PASSED, **more)
    return reviewed(heal, owned=(entry(name),), trials=(trial,)), did(name, result, change=heal)


DRIFTS: dict[str, tuple[dict[str, Any], Result, DriftKind | None]] = {
    "a field was taken": ({"drifted": (KUBECTL,)}, Result.DONE, DriftKind.CHANGED),
    "a field differs": (
        {"changes": (FieldChange(path="data.a", before="1", after="2"),)},
        Result.DONE,
        DriftKind.CHANGED,
    ),
    "nothing differs": ({}, Result.SAME, None),
    "the target decides": ({"overruled": ("data.a",)}, Result.SAME, DriftKind.OVERRULED),
    "a tool's addition is taken away": ({"taken": (KUBECTL,)}, Result.DONE, DriftKind.ADDED),
    "a trial's additions are nothing before the act": ({"added": (KUBECTL,)}, Result.DONE, None),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_drift_is_told_of_looks_alone(name: str) -> None:
    found, result, kind = DRIFTS[name]
    review, outcome = looked("a", result, **found)
    assert [drift.kind for drift in concluded(review, (outcome,), waits=()).drifts] == ([kind] if kind else [])
    update = replace(outcome, change=replace(outcome.change, action=Action.UPDATE))
    told = [drift.kind for drift in concluded(review, (update,), waits=()).drifts]
    assert told == ([kind] if kind is DriftKind.ADDED else [])


@pytest.mark.parametrize("action", [Action.HEAL, Action.UPDATE])
def test_an_addition_that_comes_with_a_change_of_ours_is_told_too(action: Action) -> None:
    review, outcome = looked("a", drifted=(KUBECTL,))
    outcome = replace(outcome, change=replace(outcome.change, action=action), added=(ADDED,), observed=seen())
    kinds = [drift.kind for drift in concluded(review, (outcome,), waits=()).drifts]
    assert kinds == [*([DriftKind.CHANGED] if action is Action.HEAL else []), DriftKind.ADDED]


def test_what_carries_additions_after_a_pass() -> None:
    """A whole pass tells of everything; one that looked at a part, of that part alone."""
    has, lost, gone, left = (ref(name) for name in ("has", "lost", "gone", "left"))
    owned = tuple(entry(one.name, added=("kubectl data.x",)) for one in (has, lost, gone))
    held_back = Trial(change=held("left"), verdict=Verdict.PASSED, added=(ADDED,))
    review = reviewed(owned=(*owned, entry("left")), trials=(held_back,))
    outcomes = (
        did("new", added=(ADDED,), observed=seen()),
        did("lost", observed=seen()),
        did("gone", change=change("gone", Action.PRUNE)),
        did("has", Result.UNKNOWN),
    )
    made = concluded(review, outcomes, waits=())
    assert made.carrying(frozenset({ref("old")}), is_whole=True) == {has, left, ref("new")}
    assert made.carrying(frozenset({ref("old"), lost}), is_whole=False) == {has, left, ref("new"), ref("old")}


def test_what_git_leaves_is_told_apart() -> None:
    left = held("a", "data.a differs; drift is not healed here")
    review = reviewed(
        left,
        owned=(entry("a"),),
        trials=(Trial(change=left, verdict=Verdict.PASSED, drifted=(KUBECTL,), added=(ADDED,)),),
    )
    made = concluded(review, (), waits=())
    changed, more = "ConfigMap/shop/a changed by kubectl: data.a", "ConfigMap/shop/a added by injector: data.x"
    assert (made.drifts, [str(drift) for drift in made.left]) == ((), [changed, more])


def test_what_is_kept_between_passes_grows_with_the_changes() -> None:
    refs: list[Ref] = [ref(str(number)) for number in range(50)]
    keeps = [replace(change(one.name), action=Action.KEEP) for one in refs]
    review = reviewed(*keeps, held("b"), owned=tuple(entry(one.name) for one in refs))
    light = concluded(review, (), waits=()).remembered
    assert [one.ref.name for one in light.review.plan.changes] == ["b"]
    assert (light.review.inventory.entries, light.review.snapshot.parts) == ({}, {})
    assert light.sync is Sync.OUT_OF_SYNC

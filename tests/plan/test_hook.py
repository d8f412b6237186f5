"""Hooks: due once for a run, found out anew on every pass from the inventory and the target."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from tests.plan.world import OPTIONS, entry, live, ref, resource
from trueline.health.status import Health, Status
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.plan.diff import DiffOptions
from trueline.plan.hook import beside, endings, hook_changes
from trueline.plan.settle import settle
from trueline.render.annotation import timing
from trueline.render.resource import HookDelete, Phase, Position, Resource
from trueline.target.inventory import Ending, Entry, EntryState, Inventory
from trueline.target.snapshot import Observed, Snapshot

NOW, BEFORE = "run-2", "run-1"
JOB = "Job.batch"


def hook(name: str = "migrate", phase: Phase = Phase.BEFORE, wave: int = 0, *delete: HookDelete) -> Resource:
    """What Git says of a hook."""
    position = Position(phase=phase, wave=wave)
    policy = delete or (HookDelete.BEFORE_NEXT,)
    return msgspec.structs.replace(resource(name, kind=JOB), position=position, is_hook=True, hook_delete=policy)


def ran(run: str = NOW, name: str = "migrate", phase: Phase = Phase.BEFORE, **more: Any) -> Entry:
    """What we recorded of a run."""
    return msgspec.structs.replace(entry(name, kind=JOB), run=f"{run}/{phase.value}", **more)


def decided(
    due: list[Resource],
    observed: Observed | Unknown | None = None,
    *owned: Entry,
    declared: list[Resource] | None = None,
    is_complete: bool = False,
    failed: tuple[Ref, ...] = (),
    options: DiffOptions = OPTIONS,
) -> tuple[Change, ...]:
    """The one call; everything that is named has the same live object."""
    refs = {r.ref for r in due} | {e.ref for e in owned}
    seen = observed if isinstance(observed, Unknown) else Known(observed)
    return hook_changes(
        due,
        declared={r.ref: r for r in (due if declared is None else declared)},
        run=NOW,
        is_complete=is_complete,
        snapshot=Snapshot(parts=dict.fromkeys(refs, seen)),
        inventory=Inventory(application="shop", entries={e.ref: e for e in owned}),
        options=options,
        ended={e.ref: e.ended for e in owned} | dict.fromkeys(failed, Ending.BADLY),
    )


DUE = [
    ("hook, before the sync", None, None, Action.CREATE),
    ("the target could not be read: 429", None, Unknown("429"), Action.HOLD),
    ("runs, or has run", ran(), live(), Action.KEEP),
    ("runs, or has run", ran(), None, Action.KEEP),
    ("runs, or has run", ran(), Unknown("429"), Action.KEEP),
    ("an earlier attempt has no known outcome", ran(state=EntryState.FAILED), live(), Action.UPDATE),
    ("hook, before the sync", ran(BEFORE), None, Action.CREATE),
    ("hook of the run before is deleted, then made again", ran(BEFORE), live(), Action.REPLACE),
    ("the hook of the run before is being deleted", ran(BEFORE), live(deleting=True), Action.HOLD),
    ("hook, before the sync", ran(state=EntryState.INTENDED, uid=""), None, Action.CREATE),
    ("an earlier attempt has no known outcome", ran(state=EntryState.INTENDED, uid=""), live(), Action.UPDATE),
    ("hook of the run before is deleted, then made again", ran(state=EntryState.INTENDED), live(), Action.REPLACE),
    ("an object that is not ours has the hook's name", None, live(), Action.HOLD),
    ("an object that is not ours has the hook's name", ran(BEFORE), live(uid="u2"), Action.HOLD),
    ("an object that is not ours has the hook's name", ran(BEFORE), live(mark_is_ours=False), Action.HOLD),
    ("an object that is not ours has the hook's name", ran(BEFORE), live(mark="t1.blog"), Action.HOLD),
    ("an object that is not ours has the hook's name", ran(BEFORE, uid=""), live(mark="t1.blog"), Action.HOLD),
]


@pytest.mark.parametrize(("reason", "owned", "observed", "action"), DUE)
def test_a_hook_that_is_due(reason: str, owned: Entry | None, observed: Any, action: Action) -> None:
    (change,) = decided([hook()], observed, *([owned] if owned else []))
    assert (change.action, change.reason, change.run) == (action, reason, f"{NOW}/before")


def test_a_hook_that_may_hold_data_is_not_made_anew_without_consent() -> None:
    """INV-07: charts make claims by hooks; the next run applies the claim in place."""
    claim = msgspec.structs.replace(hook(), ref=ref("data", "PersistentVolumeClaim"))
    before = msgspec.structs.replace(ran(BEFORE), ref=claim.ref)
    (change,) = decided([claim], live(), before)
    assert (change.action, change.reason) == (Action.UPDATE, "it may hold data: it is applied in place, not made again")
    assert change.run == f"{NOW}/before"
    consent = replace(OPTIONS, allow_delete=frozenset({"PersistentVolumeClaim/shop/data"}))
    (change,) = decided([claim], live(), before, options=consent)
    assert change.action is Action.REPLACE


@pytest.mark.parametrize("phase", list(Phase))
def test_each_phase_is_said(phase: Phase) -> None:
    (change,) = decided([hook(phase=phase)])
    assert (change.reason, change.position.phase) == (f"hook, {phase.value} the sync", phase)


def test_a_complete_run_starts_nothing() -> None:
    assert decided([hook()], None, is_complete=True) == ()
    assert decided([hook()], live(), ran(), is_complete=True) == ()


FINISHED = [
    ("on-success goes when all is done", (HookDelete.ON_SUCCESS,), True, (), Action.PRUNE),
    ("on-success stays until then", (HookDelete.ON_SUCCESS,), False, (), Action.KEEP),
    ("on-success stays when it failed", (HookDelete.ON_SUCCESS,), False, (ref("migrate", JOB),), Action.KEEP),
    ("on-failure goes when it failed", (HookDelete.ON_FAILURE,), False, (ref("migrate", JOB),), Action.PRUNE),
    ("on-failure stays when another one failed", (HookDelete.ON_FAILURE,), False, (ref("other", JOB),), Action.KEEP),
    ("on-failure stays when all went well", (HookDelete.ON_FAILURE,), True, (), None),
    ("before-next stays until the next run", (HookDelete.BEFORE_NEXT,), True, (), None),
    ("both go on success", (HookDelete.ON_FAILURE, HookDelete.ON_SUCCESS), True, (), Action.PRUNE),
]


@pytest.mark.parametrize(("case", "policy", "complete", "failed", "action"), FINISHED)
def test_delete_policies(
    case: str, policy: tuple[HookDelete, ...], complete: bool, failed: tuple[Ref, ...], action: Action | None
) -> None:
    one = hook("migrate", Phase.BEFORE, 0, *policy)
    ended = Ending.BADLY if one.ref in failed else Ending.WELL
    found = decided([one], live(), ran(ended=ended), is_complete=complete, failed=failed)
    pruned = [c for c in found if c.action is Action.PRUNE]
    assert [c.action for c in pruned or found] == ([action] if action else []), case
    assert {c.reason for c in pruned} <= {"hook has failed" if failed else "hook has done its work"}


def test_a_failed_hook_whose_object_went_is_let_be() -> None:
    """Its row says that it failed; to forget it would run it again."""
    one = hook("migrate", Phase.BEFORE, 0, HookDelete.ON_FAILURE)
    gone = ran(uid="", ended=Ending.BADLY)
    assert decided([], None, gone, declared=[one], failed=(one.ref,)) == ()
    assert [c.action for c in decided([one], None, gone, failed=(one.ref,))] == [Action.KEEP]


def test_a_failed_hook_without_an_outcome_is_known_before_it_goes() -> None:
    """INV-14: one change for one object; the pass that follows deletes it, and knows what it deletes."""
    one = hook("migrate", Phase.BEFORE, 0, HookDelete.ON_FAILURE)
    made = ran(state=EntryState.FAILED, body="", ended=Ending.BADLY)
    (change,) = decided([one], live(), made, failed=(one.ref,))
    assert (change.action, change.reason) == (Action.UPDATE, "an earlier attempt has no known outcome")
    (change,) = decided([one], live(), ran(ended=Ending.BADLY), failed=(one.ref,))
    assert (change.action, change.reason) == (Action.PRUNE, "hook has failed")


LEFT = [
    ("no longer in Git", live(), Action.PRUNE),
    ("gone already", None, Action.FORGET),
    ("somebody made it again: it is not ours", live(uid="u2"), Action.FORGET),
    ("another manager owns our mark on it", live(mark_is_ours=False), Action.FORGET),
    ("the target could not be read: HTML", Unknown("HTML"), Action.HOLD),
    ("it is being deleted", live(deleting=True), Action.HOLD),
]


@pytest.mark.parametrize(("reason", "observed", "action"), LEFT)
@pytest.mark.parametrize("is_complete", [False, True])
def test_a_hook_that_leaves_git(reason: str, observed: Any, action: Action, is_complete: bool) -> None:
    (change,) = decided([], observed, ran(BEFORE), is_complete=is_complete)
    assert (change.action, change.reason, change.position.phase) == (action, reason, Phase.AFTER)
    assert change.run == ("" if action is Action.FORGET else f"{BEFORE}/before"), "a run that is forgotten has no row"


def test_a_failed_hook_that_is_found_gone_keeps_its_run() -> None:
    """INV-14: the process that deleted it died. To forget the run too would run it again."""
    one = hook("migrate", Phase.BEFORE, 0, HookDelete.ON_FAILURE)
    (change,) = decided([], None, ran(ended=Ending.BADLY), declared=[one], failed=(one.ref,))
    assert (change.action, change.run) == (Action.FORGET, f"{NOW}/before")


def test_what_a_change_of_a_hook_says_of_the_live_object() -> None:
    """Which object is to go: the one that stands there, or the one that we remember."""
    (gone,) = decided([], live(uid="u2"), ran(BEFORE))
    (forgotten,) = decided([], None, ran(BEFORE))
    (again,) = decided([hook()], live(), ran(BEFORE))
    (new,) = decided([hook()])
    assert [one.uid for one in (gone, forgotten, again, new)] == ["u2", "u1", "u1", ""]


def test_what_is_no_hook_run_is_not_looked_at() -> None:
    assert decided([], live(), entry("settings")) == ()


def test_an_object_has_one_change_whatever_it_was_before() -> None:
    """INV-01: what Git says now counts; a second change would delete what the first one keeps."""
    (prune,) = decided([], live(), ran(BEFORE))
    update = replace(prune, action=Action.UPDATE, position=Position(), run="")
    assert beside([update], [prune], standing=[prune.ref]) == (update,), "a hook is kept from now on"
    (again,) = decided([hook()], live(), ran(BEFORE))
    left = replace(prune, position=Position(), run="")
    assert beside([left], [again], standing=[]) == (again,), "what was kept is a hook now"
    other = replace(update, ref=ref("settings"))
    assert beside([other], [again], standing=[other.ref]) == (again, other), "in their order"


PHASES = [
    ("nothing ran yet", None, None, Phase.BEFORE, Action.CREATE),
    ("the first one runs", ran(), live(), Phase.BEFORE, Action.KEEP),
    ("the first one failed", ran(ended=Ending.BADLY), live(), Phase.BEFORE, Action.KEEP),
    ("the first one ended", ran(ended=Ending.WELL), live(), Phase.AFTER, Action.REPLACE),
    ("and was cleaned up", ran(ended=Ending.WELL), None, Phase.AFTER, Action.CREATE),
    ("the second one runs", ran(phase=Phase.AFTER), live(), Phase.AFTER, Action.KEEP),
    ("the second one ended", ran(phase=Phase.AFTER, ended=Ending.WELL), live(), Phase.AFTER, Action.KEEP),
    (
        "it ended in the run before",
        ran(BEFORE, phase=Phase.AFTER, ended=Ending.WELL),
        live(),
        Phase.BEFORE,
        Action.REPLACE,
    ),
]


@pytest.mark.parametrize(("case", "owned", "observed", "phase", "action"), PHASES)
def test_a_hook_of_two_phases_is_in_one(
    case: str, owned: Entry | None, observed: Any, phase: Phase, action: Action
) -> None:
    (change,) = decided([hook(phase=Phase.AFTER), hook()], observed, *([owned] if owned else []))
    assert (change.position.phase, change.action, change.run) == (phase, action, f"{NOW}/{phase.value}"), case


CRASHES = [
    ("before anything was done", "", None, Action.CREATE),
    ("after it was made", "", live("u1"), Action.UPDATE),
    ("before the one of the run before was deleted", "u0", live("u0"), Action.REPLACE),
    ("after that", "u0", None, Action.CREATE),
    ("after it was made anew", "u0", live("u1"), Action.UPDATE),
]


@pytest.mark.parametrize(("case", "uid", "observed", "action"), CRASHES)
def test_a_crash_between_intent_and_outcome(case: str, uid: str, observed: Any, action: Action) -> None:
    """INV-14: it runs once for this run, wherever the process ended; what was made is applied in place, to be known."""
    intended = ran(state=EntryState.INTENDED, uid=uid)
    snapshot = Snapshot(parts={intended.ref: Known(observed)})
    inventory = Inventory(application="shop", entries={intended.ref: intended})
    settled = settle(inventory, snapshot, mark=OPTIONS.mark).entries[intended.ref]
    (change,) = decided([hook()], observed, settled)
    assert change.action is action, case


def test_hooks_stand_in_their_order() -> None:
    given_order = [hook("c", Phase.AFTER), hook("b", Phase.BEFORE, 3), hook("a", Phase.BEFORE, -3), hook("d")]
    assert [c.ref.name for c in decided(given_order)] == ["a", "d", "b", "c"]


@given(st.permutations([hook(name, phase) for name, phase in zip("abcd", Phase, strict=True)]))
def test_the_order_of_input_does_not_matter(hooks: list[Resource]) -> None:
    assert decided(hooks) == decided(sorted(hooks, key=lambda r: r.ref))


SEEN = [
    (Status.HEALTHY, Ending.NONE, Ending.WELL),
    (Status.DEGRADED, Ending.NONE, Ending.BADLY),
    (Status.PROGRESSING, Ending.NONE, Ending.NONE),
    (Status.MISSING, Ending.NONE, Ending.NONE),
    (Status.UNKNOWN, Ending.NONE, Ending.NONE),
    (Status.SUSPENDED, Ending.NONE, Ending.NONE),
    (Status.MISSING, Ending.WELL, Ending.WELL),
    (Status.MISSING, Ending.BADLY, Ending.BADLY),
    (Status.HEALTHY, Ending.BADLY, Ending.BADLY),
]


@pytest.mark.parametrize(("status", "known", "wanted"), SEEN)
def test_how_it_ended_stays_known(status: Status, known: Ending, wanted: Ending) -> None:
    """The cluster cleans a finished Job up: it did not fail, and it need not run again."""
    inventory = Inventory(application="shop", entries={hook().ref: ran(ended=known)})
    healths = {hook().ref: Health(status=status, reason="", message="")}
    assert endings([hook()], run=NOW, inventory=inventory, healths=healths) == {hook().ref: wanted}


def test_what_is_there_before_it_is_made_anew_says_nothing() -> None:
    """INV-14: a process that died before it made a hook anew does not take the one of the run before for it."""
    inventory = Inventory(application="shop", entries={hook().ref: ran(state=EntryState.INTENDED)})
    healths = {hook().ref: Health(status=Status.DEGRADED, reason="", message="")}
    assert endings([hook()], run=NOW, inventory=inventory, healths=healths) == {hook().ref: Ending.NONE}


def test_an_older_run_has_no_ending_now() -> None:
    inventory = Inventory(application="shop", entries={hook().ref: ran(BEFORE, ended=Ending.BADLY)})
    assert endings([hook()], run=NOW, inventory=inventory, healths={}) == {}


HELM = [
    ({"helm.sh/hook": "pre-install"}, Phase.BEFORE, 0),
    ({"helm.sh/hook": "pre-install,pre-upgrade", "helm.sh/hook-weight": "-5"}, Phase.BEFORE, -5),
    ({"helm.sh/hook": "post-upgrade", "helm.sh/hook-weight": "10"}, Phase.AFTER, 10),
]


@pytest.mark.parametrize(("annotations", "phase", "wave"), HELM)
def test_helm_weights_are_waves(annotations: dict[str, str], phase: Phase, wave: int) -> None:
    """A chart's hook goes through the same planner, in the wave of its weight."""
    said = timing(annotations)
    made = msgspec.structs.replace(hook(), position=said.positions[0], hook_delete=said.hook_delete)
    (change,) = decided([made])
    assert (change.position.phase, change.position.wave) == (phase, wave)
    assert made.hook_delete == (HookDelete.BEFORE_NEXT,)

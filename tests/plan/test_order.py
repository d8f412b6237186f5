"""The order of a plan: phase, then wave, then stage; deletions after everything, and in reverse."""

from hypothesis import given, strategies as st

from tests.plan.world import ref
from trueline.plan.change import Action, Change
from trueline.plan.order import ground, stages
from trueline.render.annotation import WAVE_FIRST
from trueline.render.resource import Phase, Position

APPLIES = [Action.CREATE, Action.UPDATE, Action.HEAL, Action.TAKE_OVER, Action.TRANSFER, Action.REPLACE]
DEPARTURES = [Action.PRUNE, Action.RELEASE, Action.FORGET]
positions = st.builds(
    Position, phase=st.sampled_from(Phase), wave=st.integers(-(2**31), 10**9), stage=st.integers(0, 5)
)
plans = st.lists(
    st.builds(
        lambda name, action, position: Change(ref=ref(name), action=action, reason="", position=position),
        st.text("abcdef", min_size=1, max_size=4),
        st.sampled_from(Action),
        positions,
    ),
    unique_by=lambda change: change.ref,
    max_size=12,
)


def change(
    name: str, action: Action = Action.CREATE, phase: Phase = Phase.DURING, *, wave: int = 0, stage: int = 0
) -> Change:
    """One change."""
    return Change(ref=ref(name), action=action, reason="", position=Position(phase=phase, wave=wave, stage=stage))


def names(*given_changes: Change) -> list[list[str]]:
    """The stages, by name."""
    return [[one.ref.name for one in stage.changes] for stage in stages(given_changes)]


def test_a_phase_before_a_wave_before_a_stage() -> None:
    assert names(
        change("after", phase=Phase.AFTER, wave=-9),
        change("late", wave=1),
        change("early", wave=-1, stage=5),
        change("namespace", stage=0),
        change("workload", stage=3),
        change("failed", phase=Phase.FAILED),
        change("before", phase=Phase.BEFORE, wave=99),
        change("definition", wave=WAVE_FIRST),
    ) == [["before"], ["definition"], ["early"], ["namespace"], ["workload"], ["late"], ["after"], ["failed"]]


def test_what_has_one_position_goes_side_by_side_whatever_is_done_to_it() -> None:
    assert names(*(change(action.name, action) for action in APPLIES)) == [sorted(a.name for a in APPLIES)]


def test_deletions_come_last_and_in_reverse() -> None:
    assert names(
        change("first", Action.PRUNE, wave=-2),
        change("namespace", Action.PRUNE, stage=0),
        change("workload", Action.PRUNE, stage=3),
        change("forgotten", Action.FORGET, stage=3),
        change("last", Action.PRUNE, wave=7),
        change("made", wave=100),
    ) == [["made"], ["last"], ["workload", "forgotten"], ["namespace"], ["first"]]


def test_what_is_kept_or_held_has_no_place() -> None:
    assert names(change("a", Action.KEEP), change("b", Action.HOLD)) == []


def test_the_ground_goes_by_stage_alone() -> None:
    laid = ground(
        [
            change("definition", stage=1, wave=5),
            change("namespace", stage=0, phase=Phase.AFTER),
            change("workload", stage=3),
            change("pruned", Action.PRUNE),
        ],
        {ref("definition"), ref("namespace"), ref("pruned")},
    )
    assert [[one.ref.name for one in stage.changes] for stage in laid] == [["namespace"], ["definition"]]


@given(plans)
def test_nothing_is_lost_and_nothing_is_done_twice(plan: list[Change]) -> None:
    sent = [one for stage in stages(plan) for one in stage.changes]
    assert sorted(one.ref for one in sent) == sorted(one.ref for one in plan if one.action in {*APPLIES, *DEPARTURES})


@given(plans)
def test_applies_rise_and_departures_fall(plan: list[Change]) -> None:
    """INV-18: whatever the plan."""
    found = stages(plan)
    up = [stage.key for stage in found if stage.changes[0].action in APPLIES]
    down = [stage.key for stage in found if stage.changes[0].action in DEPARTURES]
    assert up == sorted(set(up))
    assert down == sorted(set(down), reverse=True)
    assert [stage.key for stage in found] == [*up, *down]
    assert all(one.position.key == stage.key for stage in found for one in stage.changes)


@given(plans)
def test_the_order_of_input_does_not_matter(plan: list[Change]) -> None:
    assert stages(plan) == stages(plan[::-1])

"""INV-14: whatever fails at any effect of a scenario, it comes to the same end, with the same history (INV-23)."""

import os
import random
from dataclasses import replace
from typing import Any

import pytest

from tests.testing.simulation.catalogue.every import SCENARIOS
from tests.testing.simulation.effects import drawn_pair, rehearsal, singles
from trueline.testing.simulation.effect import Failure, Moment, Strike

SEED = int(os.environ.get("TRUELINE_SEED", "20"))
PAIRS = 200
AT_ONCE = 20


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_every_effect_fails(name: str) -> None:
    """INV-14 INV-23 INV-15: every effect fails; the same end, the same history, nothing foreign is touched."""
    played = singles(name, is_whole=False)
    assert played.singles > 5
    assert played.wrong == ()


@pytest.mark.parametrize("first", range(0, PAIRS, AT_ONCE))
def test_two_effects_fail(first: int) -> None:
    """INV-14: the machine dies, and dies again while it recovers."""
    rng = random.Random(f"{SEED}/{first}")
    print(f"seed {SEED}/{first}")  # noqa: T201 - a failure has to be found again
    wrong = [line for _ in range(AT_ONCE) for line in drawn_pair(rng).wrong]
    assert wrong == []


def test_there_are_enough_scenarios() -> None:
    """At least 30, each with a name of its own."""
    names = [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names) >= 30


def test_each_failure_has_its_moments() -> None:
    """A run without failures has effects of all kinds, and each can fail in each way that it may."""
    one = rehearsal("everything_in_one_commit")
    assert set(one.moments) == set(Moment)
    assert {strike.failure for strike in one.strikes()} == set(Failure)
    assert [strike.after for strike in one.strikes(Failure.DEATH)] == list(range(len(one.moments)))
    run = one.play(Strike(after=len(one.moments) + 50, failure=Failure.DEATH))
    assert (run.strikes_left, one.faults(run)) == (1, ())


FOUND = {
    "chain_is_removed_in_reverse": "a look at one object took the place of a removal that a full disk had cut short",
    "rollback_ended_by_a_commit": "a hold that could not be ended left the new revision adopted, and nobody's turn",
    "restart_while_git_is_away": "a start without Git whose first look found no room never looked again",
    "drift_is_only_warned_of": "drift that is left as it is was told already, though nothing of it was written",
    "field_is_left_to_another_manager": "a look at a row that was doubted forgot what is left, and said Synced",
    "rollback_and_restart": "what a rollback had pinned was not restored a second time, and nothing was settled",
    "application_is_renamed": "a move known by the pass after its own never woke the application that it emptied",
}
"""Scenarios that have found something by a full disk: played with one at every commit."""


@pytest.mark.parametrize("name", FOUND)
def test_what_a_full_disk_has_found(name: str) -> None:
    """INV-14: no commit finds room once, each in turn."""
    one = rehearsal(name)
    wrong = [(str(strike), one.faults(one.play(strike))) for strike in one.strikes(Failure.DISK_FULL)]
    assert [told for told in wrong if told[1]] == []


OTHERWISE: dict[str, Any] = {
    "objects": {},
    "written": {("/core/configmaps/shop/new", "made"): 2},
    "inventory": {},
    "standing": {},
    "history": {"shop": ()},
    "holds": (("shop", ""),),
    "records": {},
    "least": {},
    "open_intents": ("ConfigMap/shop/new of shop",),
    "raw": {},
    "uids": {},
}


@pytest.mark.parametrize("part", OTHERWISE)
def test_another_end_is_told(part: str) -> None:
    """Each part of an ending is looked at: where it is otherwise, the run is wrong."""
    one = rehearsal("edit_by_hand_is_healed")
    run = one.play()
    assert one.faults(run) == ()
    value = OTHERWISE[part]
    assert one.faults(replace(run, ending=replace(run.ending, **{part: value})))

"""The one word: every pair of sync and health has one, and it agrees with what the engine calls True."""

from collections import Counter
from datetime import UTC, datetime
from itertools import product

import pytest

from trueline.health.status import Status
from trueline.loop.status import ApplicationStatus, Sync
from trueline.server.page.state import Side, State, state_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAIRS = list(product(Sync, Status))
OF_SYNC = {
    Sync.PARTLY: State.PARTLY,
    Sync.BLOCKED: State.BLOCKED,
    Sync.SYNCING: State.ROLLING_OUT,
    Sync.WAITING: State.WAITING,
    Sync.HELD: State.HELD,
    Sync.OVERRULED: State.OVERRULED,
    Sync.OUT_OF_SYNC: State.DRIFTED,
}
OF_HEALTH = {
    Status.HEALTHY: State.TRUE,
    Status.SUSPENDED: State.TRUE,
    Status.PROGRESSING: State.ROLLING_OUT,
    Status.MISSING: State.MISSING,
    Status.DEGRADED: State.DEGRADED,
    Status.UNKNOWN: State.UNKNOWN,
}


def expected(sync: Sync, health: Status) -> State:
    """The table, told another way than by the code."""
    if sync is Sync.UNKNOWN:
        return State.UNKNOWN
    if sync is Sync.SYNCED:
        return OF_HEALTH[health]
    if health is Status.DEGRADED:
        return State.DEGRADED
    if health is Status.MISSING and sync in {Sync.HELD, Sync.OVERRULED, Sync.OUT_OF_SYNC}:
        return State.MISSING
    return OF_SYNC[sync]


@pytest.mark.parametrize(("sync", "health"), PAIRS)
def test_every_pair_has_its_state(sync: Sync, health: Status) -> None:
    assert state_of(sync, health) is expected(sync, health)


@pytest.mark.parametrize(("sync", "health", "is_behind", "added"), list(product(Sync, Status, (False, True), (0, 2))))
def test_inv_38_a_page_calls_true_what_the_engine_calls_true(
    sync: Sync, health: Status, is_behind: bool, added: int
) -> None:
    """INV-38: nothing that is not known to be Synced and healthy stands on the line."""
    status = ApplicationStatus(application="shop", target="", sync=sync, health=health, at=NOW, since=NOW)
    state = state_of(sync, health, is_behind=is_behind, added=added)
    assert state.is_true is status.is_true
    assert (state.side is Side.ON) is status.is_true


def test_git_that_is_newer_is_out_of_sync_and_no_drift() -> None:
    assert state_of(Sync.OUT_OF_SYNC, Status.HEALTHY, is_behind=True) is State.OUT_OF_SYNC
    assert state_of(Sync.OUT_OF_SYNC, Status.MISSING, is_behind=True) is State.OUT_OF_SYNC
    assert state_of(Sync.OUT_OF_SYNC, Status.HEALTHY) is State.DRIFTED


def test_what_others_added_is_told_of_what_is_true_alone() -> None:
    assert state_of(Sync.SYNCED, Status.HEALTHY, added=1) is State.ADDED
    assert state_of(Sync.SYNCED, Status.DEGRADED, added=1) is State.DEGRADED


def test_every_state_has_a_shape_and_a_word_of_its_own_and_an_order() -> None:
    for of in (lambda state: state.shape, lambda state: state.word, lambda state: state.rank):
        assert Counter(map(of, State)).most_common(1)[0][1] == 1
    assert State.DEGRADED.rank < State.WAITING.rank < State.ROLLING_OUT.rank < State.TRUE.rank


@pytest.mark.parametrize("state", State)
def test_off_the_line_is_some_way_off(state: State) -> None:
    assert (state.steps == 0) is (state.side is Side.ON)
    assert state.tone

"""How an application stands and what holds of it: every word of sync and health has its answer for every event."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trueline.health.status import Status
from trueline.loop.status import Sync
from trueline.notify.condition import WORKING, Answer, Holding, Sight, Undecided, answer
from trueline.notify.event import CONDITIONS, Event

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
STALLED_S = 900


def stands(sync: Sync = Sync.SYNCED, health: Status = Status.HEALTHY, **more: Any) -> Sight:
    told: dict[str, Any] = {"since": NOW, "message": "why"} | more
    return Sight(application="shop", sync=sync.value, health=health, **told)


def of(sight: Sight, event: Event) -> Answer:
    return answer(sight, event, NOW, STALLED_S)


def holding(sight: Sight) -> list[Event]:
    return [event for event in CONDITIONS if isinstance(of(sight, event), Holding)]


BY_SYNC = {
    Sync.SYNCED: [],
    Sync.OUT_OF_SYNC: [Event.OUT_OF_SYNC],
    Sync.SYNCING: [],
    Sync.PARTLY: [Event.FAILED],
    Sync.OVERRULED: [Event.OVERRULED],
    Sync.WAITING: [Event.WAITING],
    Sync.HELD: [Event.HELD],
    Sync.BLOCKED: [Event.BLOCKED],
    Sync.UNKNOWN: [Event.UNKNOWN],
}
BY_HEALTH = {
    Status.HEALTHY: [],
    Status.SUSPENDED: [],
    Status.PROGRESSING: [],
    Status.MISSING: [Event.MISSING],
    Status.DEGRADED: [Event.DEGRADED],
    Status.UNKNOWN: [Event.UNKNOWN],
}


@pytest.mark.parametrize("sync", Sync)
def test_each_word_of_sync_is_an_event_or_none(sync: Sync) -> None:
    assert holding(stands(sync)) == BY_SYNC[sync]


@pytest.mark.parametrize("health", list(Status))
def test_each_word_of_health_is_an_event_or_none(health: Status) -> None:
    assert holding(stands(health=health)) == BY_HEALTH[health]


@pytest.mark.parametrize("event", CONDITIONS)
def test_nothing_is_told_of_what_was_not_looked_at(event: Event) -> None:
    """INV-04."""
    for sync in Sync:
        for health in Status:
            assert of(stands(sync, health, is_known=False), event) is Undecided.UNDECIDED


@pytest.mark.parametrize("event", [Event.BLOCKED, Event.FAILED, Event.DRIFTED, Event.OVERRULED, Event.WAITING])
def test_what_is_under_way_or_unknown_is_not_over(event: Event) -> None:
    """INV-04: and what is Synced is."""
    assert of(stands(Sync.SYNCING), event) is Undecided.UNDECIDED
    assert of(stands(Sync.UNKNOWN), event) is Undecided.UNDECIDED
    assert of(stands(), event) is None
    assert {Sync.SYNCING.value} == WORKING


@pytest.mark.parametrize("event", [Event.DEGRADED, Event.MISSING])
def test_what_rolls_out_or_is_unknown_is_not_healthy_again(event: Event) -> None:
    """INV-04."""
    assert of(stands(health=Status.PROGRESSING), event) is Undecided.UNDECIDED
    assert of(stands(health=Status.UNKNOWN), event) is Undecided.UNDECIDED
    assert of(stands(health=Status.HEALTHY), event) is None
    assert of(stands(health=Status.SUSPENDED), event) is None
    other = {Event.DEGRADED: Status.MISSING, Event.MISSING: Status.DEGRADED}[event]
    assert of(stands(health=other), event) is None


def test_drift_that_is_left_is_drifted_and_what_waits_for_a_person_is_out_of_sync() -> None:
    drifted = stands(Sync.OUT_OF_SYNC, drifts=("Deployment/shop/web changed by kubectl: spec.replicas",))
    assert holding(drifted) == [Event.DRIFTED]
    found = of(drifted, Event.DRIFTED)
    assert isinstance(found, Holding)
    assert found.line == "Deployment/shop/web changed by kubectl: spec.replicas"


def test_what_takes_longer_than_it_may_is_stalled() -> None:
    for sight in (stands(Sync.SYNCING), stands(health=Status.PROGRESSING)):
        assert of(sight, Event.STALLED) is Undecided.UNDECIDED
        late = answer(sight, Event.STALLED, NOW + timedelta(seconds=STALLED_S), STALLED_S)
        assert isinstance(late, Holding)
        assert late.line
    assert of(stands(), Event.STALLED) is None


def test_another_plan_to_agree_to_is_news_and_another_message_is_not() -> None:
    """A message may hold a duration, which is another one each time."""
    one = of(stands(Sync.WAITING, plan="a", message="x"), Event.WAITING)
    same = of(stands(Sync.WAITING, plan="a", message="y"), Event.WAITING)
    other = of(stands(Sync.WAITING, plan="b", message="x"), Event.WAITING)
    assert isinstance(one, Holding)
    assert isinstance(same, Holding)
    assert isinstance(other, Holding)
    assert one.cause == same.cause != other.cause
    degraded = [of(stands(health=Status.DEGRADED, health_message=text), Event.DEGRADED) for text in ("5 s", "6 s")]
    assert len({found.cause for found in degraded if isinstance(found, Holding)}) == 1

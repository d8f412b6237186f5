"""What a commit has come to: success is said of what is seen to be so, and failure is never dropped."""

from datetime import UTC, datetime

import pytest

from trueline.health.status import Status
from trueline.loop.status import Sync
from trueline.notify.commit_status import DESCRIPTION_CHARACTERS_MAX, Mark, describe, mark_of, status_of
from trueline.notify.condition import Sight

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def sight(sync: Sync = Sync.SYNCED, health: Status = Status.HEALTHY, message: str = "") -> Sight:
    return Sight(application="shop", sync=sync.value, health=health, message=message, since=NOW)


@pytest.mark.parametrize("sync", Sync)
@pytest.mark.parametrize("health", list(Status))
def test_success_is_what_runs_and_is_healthy_alone(sync: Sync, health: Status) -> None:
    """INV-38: what is not known is pending."""
    is_good = sync is Sync.SYNCED and health in {Status.HEALTHY, Status.SUSPENDED}
    assert (mark_of(sight(sync, health), is_current=True) is Mark.SUCCESS) is is_good
    assert mark_of(sight(sync, health), is_current=False) is not Mark.SUCCESS


@pytest.mark.parametrize(
    ("sync", "mark"),
    [
        (Sync.BLOCKED, Mark.FAILURE),
        (Sync.PARTLY, Mark.FAILURE),
        (Sync.OVERRULED, Mark.FAILURE),
        (Sync.WAITING, Mark.PENDING),
        (Sync.SYNCING, Mark.PENDING),
        (Sync.UNKNOWN, Mark.PENDING),
        (Sync.HELD, Mark.PENDING),
        (Sync.OUT_OF_SYNC, Mark.PENDING),
    ],
)
def test_each_word_of_sync(sync: Sync, mark: Mark) -> None:
    assert mark_of(sight(sync), is_current=True) is mark


def test_what_came_and_is_bad_is_a_failure_and_what_is_bad_of_before_is_not() -> None:
    assert mark_of(sight(health=Status.DEGRADED), is_current=True) is Mark.FAILURE
    assert mark_of(sight(health=Status.DEGRADED), is_current=False) is Mark.PENDING
    assert mark_of(sight(health=Status.PROGRESSING), is_current=True) is Mark.PENDING


def test_the_line_beside_it_is_short() -> None:
    """INV-31: GitHub refuses a longer one."""
    assert describe(sight(), Mark.SUCCESS) == "it runs, and is healthy"
    long = describe(sight(Sync.BLOCKED, message="because\n" * 99), Mark.FAILURE)
    assert len(long) == DESCRIPTION_CHARACTERS_MAX
    assert long.startswith("Blocked: because because")


def test_the_same_said_twice_has_the_same_id() -> None:
    one = status_of(sight(), notifier="ops", commit="c" * 40, mark=Mark.SUCCESS, url="https://line.test")
    same = status_of(sight(message="other"), notifier="ops", commit="c" * 40, mark=Mark.SUCCESS, url="")
    other = status_of(sight(), notifier="ops", commit="d" * 40, mark=Mark.SUCCESS, url="")
    assert one.id == same.id != other.id
    assert (one.context, one.url) == ("trueline/shop", "https://line.test/applications/shop")

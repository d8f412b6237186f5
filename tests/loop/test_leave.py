"""Which removals hold today, and what they say to a plan."""

from dataclasses import replace
from datetime import UTC, date, datetime

from tests.plan.world import changes, entry, live, ref
from trueline.declare.application import Application, ClusterTarget, OnRemoval, Removal, RemovalWay, SyncOptions
from trueline.loop import leave
from trueline.loop.desired import Desired
from trueline.model.origin import Origin
from trueline.plan.guard import Approve, Limits
from trueline.plan.leaving import Way

ORIGIN = Origin(path="a.yaml")
WHOLE = Removal(
    name="r",
    application="shop",
    way=RemovalWay.DELETE,
    until=date(2026, 12, 31),
    origin=ORIGIN,
    count_max=7,
    allow_delete=("PersistentVolumeClaim/shop/data",),
)
SOME = replace(WHOLE, name="s", resources=("ConfigMap/shop/web",), count_max=0, allow_delete=())
LAST_DAY = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
TOO_LATE = datetime(2027, 1, 1, tzinfo=UTC)


def desired(*removals: Removal, is_removal: bool = True, now: datetime = LAST_DAY, **sync: object) -> Desired:
    options = replace(SyncOptions(), **sync)  # type: ignore[arg-type]
    application = Application(
        name="shop", sources=(), target=ClusterTarget(), origin=ORIGIN, sync=options, removals=removals
    )
    found = Desired(application=application, revision="main@1", commit="1", is_removal=is_removal)
    return leave.bounded(found, now)


def test_a_removal_holds_until_the_end_of_its_last_day() -> None:
    assert [one.is_over for one in leave.leaving(desired(WHOLE))] == [False]
    assert [one.is_over for one in leave.leaving(desired(WHOLE, now=TOO_LATE))] == [True]


def test_what_is_over_consents_to_nothing() -> None:
    """INV-03, INV-07: neither a count, nor a name, nor a silence."""
    over = desired(WHOLE, SOME, now=TOO_LATE)
    assert leave.allowed(over) == frozenset()
    assert leave.limits(over) == Limits()
    assert not leave.is_reviewed(over)
    found = changes([], {ref("web"): live()}, [entry("web")])
    assert leave.unreviewed(over, found) == found
    assert not leave.is_forgotten(desired(replace(WHOLE, way=RemovalWay.FORGET), now=TOO_LATE))


def test_a_whole_removal_says_how_many_and_which() -> None:
    found = desired(WHOLE)
    assert leave.allowed(found) == {"PersistentVolumeClaim/shop/data"}
    assert leave.limits(found) == Limits(count_max=7, percent_max=0)
    assert leave.is_reviewed(found)
    assert not leave.is_forgotten(found)
    assert leave.is_forgotten(desired(replace(WHOLE, way=RemovalWay.FORGET)))


def test_a_whole_removal_says_nothing_of_an_application_that_stays() -> None:
    """INV-03: it waits there for the declaration to go (and is told as broken)."""
    found = desired(WHOLE, is_removal=False)
    assert (leave.leaving(found), leave.allowed(found), leave.limits(found)) == ((), frozenset(), Limits())
    assert not leave.is_reviewed(found)
    assert not leave.is_forgotten(desired(replace(WHOLE, way=RemovalWay.FORGET), is_removal=False))


def test_named_resources_are_reviewed_one_by_one() -> None:
    found = desired(SOME, is_removal=False)
    entries = [entry("web"), entry("api")]
    planned = changes([], {one.ref: live() for one in entries}, entries)
    assert [one.ref.name for one in leave.unreviewed(found, planned)] == ["api"]
    assert leave.limits(found) == Limits()


def test_keep_on_removal_is_said_where_no_removal_says_more() -> None:
    assert [one.way for one in leave.leaving(desired(on_removal=OnRemoval.KEEP))] == [Way.KEEP]
    assert [one.way for one in leave.leaving(desired(WHOLE, on_removal=OnRemoval.KEEP))] == [Way.DELETE]
    assert leave.leaving(desired(on_removal=OnRemoval.KEEP, is_removal=False)) == ()
    assert leave.is_reviewed(desired(on_removal=OnRemoval.KEEP))


def test_nobody_is_asked_about_what_is_not_pruned_or_never_asked_about() -> None:
    assert leave.is_reviewed(desired(approve=Approve.NEVER))
    assert leave.is_reviewed(desired(is_removal=False, prune=False))
    assert not leave.is_reviewed(desired(prune=False))
    assert not leave.is_reviewed(desired())

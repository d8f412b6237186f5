"""Whose turn it is: what a machine has been told of a fence that it lost, and from when on nothing is excused."""

from typing import Final

import msgspec

from tests.testing.simulation.story import Story
from trueline.testing.simulation.turn import Turns, leases_of

ENGINE: Final = "engine/0"


def taken() -> tuple[Story, Turns, bytes]:
    """`engine` has taken the fence, then `twin` has; gives what the cluster says of the latter."""
    story = Story()
    story.take(story.start("engine"))
    return story, story.truth.turns, story.take(story.start("twin"))


def is_late(turns: Turns, *, holder: str = ENGINE, intended_at: int = 5) -> bool:
    return turns.is_late("engine", holder, "shop", intended_at=intended_at)


def test_who_was_not_told_comes_late() -> None:
    """INV-13: another process took the fence, and this one has not been told."""
    _, turns, _ = taken()
    assert turns.holder("shop") == "twin/0"
    assert is_late(turns)


def test_who_was_told_comes_late_only_with_what_it_had_begun() -> None:
    """INV-13: what is written down after one was told is not excused; nor is it later, when it is told once more."""
    _, turns, body = taken()
    turns.hear("engine", ENGINE, body, sequence=7)
    turns.hear("engine", ENGINE, body, sequence=9)
    assert [is_late(turns, intended_at=number) for number in (7, 8, 9)] == [True, False, False]


def test_what_is_said_of_before_tells_nothing() -> None:
    story = Story()
    twin, engine = story.start("twin"), story.start("engine")
    before = story.take(twin)
    story.take(engine)
    story.tell(engine, before)
    assert not is_late(story.truth.turns), "nobody else writes"
    story.take(twin)
    assert is_late(story.truth.turns), "a list may be an old one"


def test_who_never_held_it_is_not_late() -> None:
    story = Story()
    engine, twin = story.start("engine"), story.start("twin")
    story.tell(engine, story.take(twin))
    assert not is_late(story.truth.turns)


def test_an_earlier_life_says_nothing_of_this_one() -> None:
    _, turns, _ = taken()
    assert not is_late(turns, holder="engine/1")


def test_where_nobody_else_writes_nothing_is_late() -> None:
    story = Story()
    engine, twin = story.start("engine"), story.start("twin")
    story.take(engine)
    assert not is_late(story.truth.turns)
    story.take(twin)
    story.take(twin, holder="")
    assert not is_late(story.truth.turns), "it was given back"


def test_fences_are_found_in_whatever_a_cluster_says() -> None:
    _, _, body = taken()
    one = next(leases_of(body))
    assert one.record.holder == "twin/0"
    assert list(leases_of(msgspec.json.encode({"type": "ADDED", "object": msgspec.Raw(body)}))) == [one]
    assert list(leases_of(msgspec.json.encode({"kind": "LeaseList", "items": [msgspec.Raw(body)] * 2}))) == [one, one]
    for other in (b"", b"<html>", b"[]", b'{"kind": "Status", "code": 409}', body[:-9]):
        assert list(leases_of(other)) == []

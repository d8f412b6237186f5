"""A row: what is wrong in one sentence, who brought what runs, and how old its word is."""

from datetime import timedelta
from typing import Any

import pytest

from tests.server.page.made import NOW, body
from trueline.health.status import Health, Status
from trueline.loop.status import Sync
from trueline.model.diagnostic import Diagnostic
from trueline.server.body import HoldBody
from trueline.server.page.row import NAMED_MAX, OLD_S, SENTENCE_CHARACTERS_MAX, judged, row_of, sentence
from trueline.server.page.state import State

FAULT = Diagnostic(code="TL0301", summary="it cannot be read", detail="line 3", remedy="mend it")


@pytest.mark.parametrize(
    ("told", "state", "said"),
    [
        ({}, State.TRUE, ""),
        ({"added": 2}, State.ADDED, "2 objects hold fields that others added"),
        ({"health": Status.DEGRADED, "health_message": "web: 0 of 2"}, State.DEGRADED, "web: 0 of 2"),
        ({"sync": Sync.WAITING, "message": "deletes 1 thing"}, State.WAITING, "deletes 1 thing"),
        ({"sync": Sync.BLOCKED, "problems": (FAULT,)}, State.BLOCKED, "it cannot be read"),
        ({"sync": Sync.OUT_OF_SYNC, "wanted": "main@0a0a0a0a0a"}, State.OUT_OF_SYNC, "Git says 0a0a0a0"),
        ({"sync": Sync.HELD}, State.HELD, "nothing more is known"),
        ({"sync": Sync.UNKNOWN, "message": "two\nlines"}, State.UNKNOWN, "two lines"),
    ],
)
def test_what_is_wrong_is_one_sentence(told: dict[str, Any], state: State, said: str) -> None:
    one = body(**told)
    assert judged(one) is state
    assert sentence(one, state) == said


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, ""),
        ({"sync": Sync.HELD, "drifted": 2}, "2 objects drifted"),
        ({"sync": Sync.BLOCKED, "drifted": 1, "added": 3}, "1 object drifted, 3 with fields that others added"),
        ({"sync": Sync.OUT_OF_SYNC, "drifted": 1}, ""),
        ({"added": 1}, ""),
    ],
)
def test_what_differs_is_told_behind_every_other_state(told: dict[str, Any], said: str) -> None:
    one = body(**told)
    assert row_of(one, judged(one), NOW).drift == said


def test_a_long_message_is_cut() -> None:
    said = sentence(body(sync=Sync.BLOCKED, message="x" * 9_999), State.BLOCKED)
    assert len(said) == SENTENCE_CHARACTERS_MAX + 1


def test_a_row_says_who_brought_what_runs_and_what_git_says() -> None:
    row = row_of(body(wanted="main@0a0a0a0a0a"), State.OUT_OF_SYNC, NOW)
    assert (row.revision, row.subject, row.author, row.wanted) == ("9f31c2e", "Raise checkout", "ana", "0a0a0a0")
    assert row.seen is not None
    assert row.seen.text == "4 min ago"
    same = row_of(body(commit=None), State.TRUE, NOW)
    assert (same.wanted, same.seen, same.revision) == ("", None, "9f31c2e")


def test_inv_38_a_word_that_is_old_says_of_when_it_is() -> None:
    """INV-38: what is shown without its age is not older than the limit."""
    assert row_of(body(at=NOW - timedelta(seconds=OLD_S)), State.TRUE, NOW).told is None
    old = row_of(body(at=NOW - timedelta(seconds=2 * OLD_S)), State.TRUE, NOW)
    assert old.told is not None
    assert old.told.text == "2 d ago"


def test_what_is_not_healthy_is_named_and_the_rest_counted_and_holds_say_who() -> None:
    bad = Health(status=Status.DEGRADED, reason="Crash", message="it crashes")
    hold = HoldBody(application="shop", revision="", who="ada", why="an incident", since=NOW, until=NOW)
    unhealthy = {f"Pod/shop/web-{at}": bad for at in range(NAMED_MAX + 2)}
    row = row_of(body(unhealthy=unhealthy, holds=(hold,), problems=(FAULT,)), State.DEGRADED, NOW)
    assert len(row.parts) == NAMED_MAX + 2
    assert row.parts[0].text == "Pod/shop/web-0: it crashes"
    assert row.parts[NAMED_MAX].text == "2 more that are not healthy"
    assert row.parts[-1].text == "by ada: an incident, until 2026-11-29 12:00 UTC"
    assert row.has_more
    assert not row_of(body(), State.TRUE, NOW).has_more

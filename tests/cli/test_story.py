"""What a person who watches reads."""

from dataclasses import replace

import pytest

from trueline.cli.story import Story
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.record.journal import Kind, Record
from trueline.record.line import line_of
from trueline.runtime.clock import SystemClock


def _record(kind: Kind, **body: object) -> Record:
    return Record(
        sequence=1,
        at=SystemClock().now(),
        kind=kind.value,
        application="shop",
        body=body,
        previous=Digest(""),
        digest=Digest(""),
    )


CASES = [
    (_record(Kind.SYNC_CHANGED, sync="Synced", revision="main@1", message=""), "shop: Synced at main@1"),
    (_record(Kind.SYNC_CHANGED, sync="Blocked", revision="", message="a: b"), "shop: Blocked: a: b"),
    (_record(Kind.HEALTH_CHANGED, health="Degraded", message="it crashes"), "shop: Degraded: it crashes"),
    (
        _record(Kind.DRIFT_FOUND, ref="A/b", drift="changed", fields=["x", "y"], managers=["kubectl"]),
        "shop: drift: A/b was changed by kubectl: x, y",
    ),
    (
        _record(Kind.DRIFT_FOUND, ref="A/b", drift="added", fields=["x"], managers=["kubectl"]),
        "shop: drift: kubectl added to A/b: x",
    ),
    (
        _record(Kind.DRIFT_FOUND, ref="A/b", drift="fight", fields=["x"], managers=[""]),
        "shop: fight: A/b is changed again and again by somebody: x",
    ),
    (_record(Kind.HEALTH_CHANGED, health="Unknown", message="a\n  b " + 600 * "c"), f"shop: Unknown: a b {496 * 'c'}…"),
    (_record(Kind.OUTCOME, action="heal", result="done", ref="A/b"), "shop: healed A/b"),
    (_record(Kind.OUTCOME, action="prune", result="done", ref="A/b"), "shop: pruned A/b"),
    (
        _record(Kind.OUTCOME, action="update", result="refused", ref="A/b", message="no"),
        "shop: refused: update A/b: no",
    ),
    (_record(Kind.OUTCOME, action="heal", result="same", ref="A/b"), ""),
    (_record(Kind.INTENT, action="heal", ref="A/b"), ""),
]


@pytest.mark.parametrize(("record", "line"), CASES)
def test_a_record_is_a_line_where_it_is_news(record: Record, line: str) -> None:
    assert line_of(record) == line


def test_a_problem_is_said_once_and_its_end_too() -> None:
    said: list[str] = []
    story = Story(said.append)
    problem = Diagnostic(code="TL0001", summary="it is wrong", detail="this", remedy="do that")
    again, other = replace(problem, detail="that"), replace(problem, code="TL0802", summary="the disk is full")
    for problems in ((), (problem,), (problem,), (again, again), (other,), ()):
        story.tell_problems(problems)
    told, ends = [problem, again, again, other], ["no longer: TL0001 it is wrong", "no longer: TL0802 the disk is full"]
    assert said == [*map(str, told), *ends]


def test_a_note_is_said_once_for_as_long_as_it_holds() -> None:
    said: list[str] = []
    story = Story(said.append)
    note = Diagnostic(code="TL0320", summary="a chart differs from itself", detail="Secret/shop/token", remedy="none")
    for notes in ((note,), (note, note), (), (note,)):
        story.tell_notes("shop", notes)
    assert said == ["shop: note: TL0320 a chart differs from itself: Secret/shop/token"] * 2


def test_many_outcomes_of_one_sort_are_one_line() -> None:
    told: list[str] = []
    made = [_record(Kind.OUTCOME, action="create", result="done", ref=f"File/{number}.html") for number in range(30)]
    failed = _record(Kind.OUTCOME, action="create", result="refused", ref="File/x.html", message="no room")
    few = [_record(Kind.OUTCOME, action="update", result="done", ref=f"File/{number}.html") for number in range(2)]
    Story(told.append).tell_records([*made, failed, *few])
    assert [line.partition(" ")[2] for line in told] == [
        "shop: created 30 File",
        "shop: refused: create File/x.html: no room",
        "shop: updated File/0.html",
        "shop: updated File/1.html",
    ]

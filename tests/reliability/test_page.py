"""The page has the form that the generator gives it, and no figure that was not measured."""

import json
from typing import Any

import pytest

from tests.reliability.__main__ import DATA, PAGE, measured
from tests.reliability.figure import write_figures
from tests.reliability.page import BEGIN, END, ROWS, UNMEASURED, page_with, table
from tests.reliability.proof import Seen, incidents_figures, is_passed


def test_the_page_is_what_is_made_of_its_data() -> None:
    figures = json.loads(DATA.read_text())
    page = PAGE.read_text()
    assert page == page_with(page, figures), "write it anew: make reliability"


def test_what_was_measured_says_at_which_commit_and_when() -> None:
    figures = json.loads(DATA.read_text())
    assert figures.keys() <= {row.source for row in ROWS}
    assert [name for name, one in figures.items() if not (one.get("commit") and one.get("date"))] == []


def test_nothing_measured_is_told_as_that() -> None:
    assert all(f"| {UNMEASURED} |" in line for line in list(table({}))[2:])


PARTLY: list[tuple[dict[str, Any], str]] = [
    ({"simulation": {"seeds": 1234, "simulated_hours": 5.25}}, "| 1,234 seeds, 5.2 simulated hours |"),
    ({"simulation": {"seeds": 1234, "cpu_s_each": 0.34}}, "| 1,234 seeds, 0.34 CPU-s each |"),
    ({"simulation": {}}, f"| Simulation | {UNMEASURED} |"),
    (
        {"mutants": {"killed": 9, "of": 10, "commit": "abc", "date": "2026-11-28"}},
        "| 9 of 10 | all | abc, 2026-11-28 |",
    ),
    ({"mutants": {"killed": 9, "of": 10, "not_run": 1}}, "| 9 of 10; 1 not run | all |"),
    ({"chaos": {"rounds": 3, "objects_wrongly_deleted": 0}}, "| 0 objects | 0 | unknown, unknown |"),
]


@pytest.mark.parametrize(("figures", "part"), PARTLY)
def test_a_figure_as_it_is_shown(figures: dict[str, Any], part: str) -> None:
    assert part in "\n".join(table(figures))


@pytest.mark.parametrize("page", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"])
def test_without_its_marks_nothing_is_written(page: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        page_with(page, {})


def test_the_prose_stays() -> None:
    page = f"# before\n\n{BEGIN}\nold\n{END}\n\nafter\n"
    written = page_with(page, {})
    assert written.startswith(f"# before\n\n{BEGIN}\n\n| what |")
    assert written.endswith(f"{END}\n\nafter\n")
    assert page_with(written, {}) == written


def test_a_measurement_is_taken_without_what_is_too_much(tmp_path: Any) -> None:
    write_figures(
        "mutants", {"killed": 1, "of": 2, "survivors": ["x"], "generic": {"survivors": ["y"]}}, folder=tmp_path
    )
    found = measured(tmp_path / "mutants.json")
    assert found is not None
    assert (found["killed"], found["generic"], "survivors" in found) == (1, {}, False)
    assert len(found["date"]) == 10
    assert found["commit"]
    assert measured(tmp_path / "absent.json") is None


def test_what_was_skipped_or_not_run_is_not_proven() -> None:
    seen = Seen()
    seen.passed, seen.failed = {"a.py::test_a[1]", "a.py::test_b[1]"}, {"a.py::test_b[2]"}
    assert is_passed("a.py::test_a", seen)
    assert not is_passed("a.py::test_b", seen)
    assert not is_passed("a.py::test_c", seen)
    figures = incidents_figures({1: ["a.py::test_a"], 2: ["a.py::test_b"]}, seen)
    assert (figures["replayed"], figures["of"]) == (1, 26)

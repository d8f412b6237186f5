"""Each code has one summary in the sources and one section in the reference, and no section is stale."""

from pathlib import Path

import pytest

from tests.tidy.diagnostic_page import MODULES, PAGE, more_in, page_of, told_everywhere
from tests.tidy.diagnostic_source import told_in, used_in


@pytest.fixture(scope="module")
def told() -> dict[str, set[str]]:
    """The summaries of each code."""
    found: dict[str, set[str]] = {}
    for one in told_everywhere():
        found.setdefault(one.code, set()).add(one.summary)
    return found


def test_a_code_has_one_summary(told: dict[str, set[str]]) -> None:
    assert {code: sorted(summaries) for code, summaries in told.items() if len(summaries) > 1} == {}


def test_a_code_that_is_used_has_a_summary(told: dict[str, set[str]]) -> None:
    assert {code for path in MODULES for code in used_in(path)} - set(told) == set()


def test_the_page_says_what_the_sources_say() -> None:
    page = PAGE.read_text()
    assert page == page_of(told_everywhere(), more_in(page)), "write it anew: python -m tests.tidy.diagnostic_page"


def test_the_reader_sees_every_way_to_write_a_code(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        '"""TL0001 in a docstring is not a use."""\n'
        'a = Diagnostic(code="TL0002", summary="by name", detail=d, remedy="do it")\n'
        'b = _rule("TL0003", UserError, "in a rule", "do it")\n'
        'c = {"TL0004": ("in a table", "do it")}\n'
        'd = {Refusal.INVALID: ("TL0005", "in a pair", "do it")}\n'
        'e = _complain("TL0006", f"{x}")\n'
        'F = "TL0007"\ng = Diagnostic(code=F, summary="by a constant", detail=d, remedy="do it")\n'
    )
    assert sorted((one.code, one.summary, one.remedy) for one in told_in(module)) == [
        ("TL0002", "by name", "do it"),
        ("TL0003", "in a rule", "do it"),
        ("TL0004", "in a table", "do it"),
        ("TL0005", "in a pair", "do it"),
        ("TL0007", "by a constant", "do it"),
    ]
    assert used_in(module) == {f"TL000{n}" for n in range(2, 8)}

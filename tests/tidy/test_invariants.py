"""The 38 invariants have their names: at a guard that stands, and in the docstring of a test that is collected."""

import ast
import re
from pathlib import Path

import pytest

from tests.mutants.guard import ROOT
from tests.mutants.guards import GUARDS
from tests.reliability.invariants import INVARIANTS, Invariant
from tests.tidy.test_guards import ENGINE, stands
from trueline.testing.conformance.engine.suite import all_engine_cases

SOURCES = ROOT / "src" / "trueline"
LABEL = re.compile(r"INV-(\d+)")
CASES = {case.name: case for case in all_engine_cases()}


def docstring_of(test: str) -> str:
    """What a test says of itself; a case of a table is told by the module that holds the table."""
    file, _, function = test.partition("::")
    name, _, row = function.partition("[")
    if f"{file}::{name}" == ENGINE:
        return CASES[row.removesuffix("]")].run.__doc__ or ""
    tree = ast.parse((ROOT / file).read_text())
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return next((ast.get_docstring(node) or "" for node in functions if node.name == name), "")


def test_there_are_as_many_as_were_promised() -> None:
    assert [one.number for one in INVARIANTS] == list(range(1, 39))
    assert len({one.name for one in INVARIANTS}) == 38


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda one: one.label)
def test_it_stands_at_its_guards_or_says_why_it_has_none(invariant: Invariant) -> None:
    assert bool(invariant.guards) is not bool(invariant.everywhere)
    missing = [file for file in invariant.guards if invariant.label not in (SOURCES / file).read_text()]
    assert missing == []


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda one: one.label)
def test_it_stands_in_a_test_that_proves_it(invariant: Invariant) -> None:
    assert [test for test in invariant.tests if not stands(test)] == []
    assert [test for test in invariant.tests if invariant.label in docstring_of(test)] != []


@pytest.mark.parametrize("invariant", [one for one in INVARIANTS if one.guards], ids=lambda one: one.label)
def test_one_of_its_guards_is_taken_away_by_a_mutant(invariant: Invariant) -> None:
    assert [guard.name for guard in GUARDS if invariant.number in guard.invariants] != []


def test_no_other_number_is_written() -> None:
    files = [path for place in ("src", "tests", "docs") for path in (ROOT / place).rglob("*") if _is_read(path)]
    wrong = {
        f"{path.relative_to(ROOT)}: INV-{number}"
        for path in files
        for number in LABEL.findall(path.read_text())
        if len(number) != 2 or not 1 <= int(number) <= 38
    }
    assert wrong == set()


def _is_read(path: Path) -> bool:
    return path.suffix in {".py", ".md"} and path.is_file()

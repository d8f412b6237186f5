"""The list of guards holds: each fragment stands in its file exactly once, and each named test is there."""

import ast
from pathlib import Path

import pytest

from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.generic import mutants
from tests.mutants.guard import ROOT, Guard
from tests.mutants.guards import GUARDS
from tests.mutants.scope import modules
from trueline.testing.conformance.engine.suite import all_engine_cases

ENGINE = "tests/embedded/test_engine_conformance.py::test_engine_conformance"
CASES = {case.name for case in all_engine_cases()}


def stands(test: str) -> bool:
    """Whether a node id names a test that is collected: a function of a test file, or a case of the engine's suite."""
    file, _, function = test.partition("::")
    name, _, row = function.partition("[")
    path = ROOT / file
    if not path.is_file() or not path.name.startswith("test_"):
        return False
    if f"{file}::{name}" == ENGINE:
        return row.removesuffix("]") in CASES
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
        for node in ast.parse(path.read_text()).body
    )


def test_names_are_names() -> None:
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)
    assert all(guard.tests and guard.invariants for guard in GUARDS)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_stands_where_the_list_says(guard: Guard) -> None:
    before = (ROOT / guard.path).read_text()
    after = guard.mutated(before)
    assert ast.dump(ast.parse(after)) != ast.dump(ast.parse(before)), "its mutant is the same program"
    assert [test for test in guard.tests if not stands(test)] == []


def test_an_equivalent_mutant_is_still_made() -> None:
    paths = {name.partition(": ")[0] for name in EQUIVALENT}
    assert paths <= {module.path for module in modules()}
    made = {one.name for path in paths for one in mutants(path, Path(ROOT / path).read_text())}
    assert sorted(EQUIVALENT.keys() - made) == []

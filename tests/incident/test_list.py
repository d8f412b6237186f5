"""The list of incidents is whole and true: each has its tests, each test its incident, and each guard is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.incident.list import COUNT, FOLDER, INCIDENTS, SOURCES, Guard, Incident
from tests.mutants.registry.incident import INCIDENT

_INVARIANT = re.compile(r"INV-(\d\d)")
_ROOT = Path(__file__).parents[2]
_GUARDS = sorted({guard.place for incident in INCIDENTS for guard in incident.guards})


def _functions(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield f"{prefix}{name}", node
            case ast.ClassDef(name=name):
                yield from _functions(node, f"{name}.")
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield f"{prefix}{name}", node
            case _:
                pass


def _tests() -> dict[str, str]:
    """The docstring of every incident's test, by its id."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for name, node in _functions(ast.parse(path.read_text())):
            if name.startswith("test_incident_"):
                assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                found[f"{FOLDER}/{path.name}::{name}"] = ast.get_docstring(node) or ""
    return found


def test_every_incident_is_there_once() -> None:
    assert [incident.number for incident in INCIDENTS] == list(range(1, COUNT + 1))
    assert all(incident.tests and incident.guards and incident.invariants for incident in INCIDENTS)


def test_every_test_is_on_the_list_and_says_which_invariants_it_proves() -> None:
    tests = _tests()
    listed = [test for incident in INCIDENTS for test in incident.tests]
    assert sorted(listed) == sorted(tests)
    for incident in INCIDENTS:
        named = {name for test in incident.tests for name in _INVARIANT.findall(tests[test].splitlines()[0])}
        assert {name.removeprefix("INV-") for name in incident.invariants} == named, incident.number


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: str(incident.number))
def test_a_test_is_named_after_its_incident(incident: Incident) -> None:
    for test in incident.tests:
        assert test.split("::")[1].startswith(f"test_incident_{incident.number:02}_")
        assert (_ROOT / test.split("::")[0]).is_file()


@pytest.mark.parametrize("place", _GUARDS)
def test_a_guard_is_where_it_is_said_to_be(place: str) -> None:
    module, _, name = place.partition(":")
    names = [one for one, _ in _functions(ast.parse((SOURCES / module).read_text()))]
    assert name in names, f"{place} is not there any more: who guards now?"


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: str(incident.number))
def test_a_guard_of_each_incident_is_among_those_that_make_mutants_removes(incident: Incident) -> None:
    removed = [guard for guard in INCIDENT if set(guard.tests) & set(incident.tests)]
    assert removed
    for guard in removed:
        assert guard.mutated((SOURCES / guard.file).read_text())


def test_what_was_removed_is_said_of_each_guard() -> None:
    guards: list[Guard] = [guard for incident in INCIDENTS for guard in incident.guards]
    assert all(guard.removed for guard in guards)

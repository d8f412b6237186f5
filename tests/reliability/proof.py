"""`python -m tests.reliability.proof invariants` (or `incidents`): runs their tests, and keeps how they went.

An invariant is proven where each of its tests passes; an incident is replayed where each test of its number does.
"""

import argparse
import re
import signal
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from tests.mutants.guard import is_of
from tests.reliability.figure import ROOT, commit, write_figures
from tests.reliability.invariants import INVARIANTS

INCIDENTS = 26
_INCIDENT = re.compile(r"test_incident_(\d\d)_\w*")


class Seen:
    """How each test went: a test that was skipped did not pass."""

    def __init__(self) -> None:
        self.passed: set[str] = set()
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One step of a test."""
        if report.when == "call" and report.passed:
            self.passed.add(report.nodeid)
        elif not report.passed:
            self.failed.add(report.nodeid)


def run(tests: Collection[str]) -> Seen:
    """Run them in this process, whatever its own shell made of Ctrl-C: children would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    seen = Seen()
    pytest.main([*sorted(tests), "-q", "-p", "no:cacheprovider", "-p", "no:randomly"], plugins=[seen])
    return seen


def is_passed(test: str, seen: Seen) -> bool:
    """Whether a test, and each of its rows, passed."""
    return any(is_of(node, test) for node in seen.passed) and not any(is_of(node, test) for node in seen.failed)


def incident_tests(folder: Path) -> dict[int, list[str]]:
    """The tests of each incident by its number."""
    found: dict[int, list[str]] = {}
    for file in sorted(folder.glob("test_*.py")):
        for match in _INCIDENT.finditer(file.read_text()):
            node = f"{file.relative_to(ROOT).as_posix()}::{match[0]}"
            found.setdefault(int(match[1]), []).append(node)
    return {number: sorted(set(nodes)) for number, nodes in found.items()}


def invariants_figures(seen: Seen) -> dict[str, object]:
    """How many are proven, and which tests of the others did not pass."""
    open_: dict[str, list[str]] = {}
    for one in INVARIANTS:
        if left := [test for test in one.tests if not is_passed(test, seen)]:
            open_[one.label] = left
    return {"proven": len(INVARIANTS) - len(open_), "of": len(INVARIANTS), "open": open_}


def incidents_figures(tests: Mapping[int, Collection[str]], seen: Seen) -> dict[str, object]:
    """How many are replayed, and the numbers of the others."""
    replayed = {number for number, nodes in tests.items() if all(is_passed(node, seen) for node in nodes)}
    return {"replayed": len(replayed), "of": INCIDENTS, "open": sorted(set(range(1, INCIDENTS + 1)) - replayed)}


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.proof")
    parser.add_argument(
        "what", choices=("invariants", "incidents"), help="one at a time: pytest runs once in a process"
    )
    what, at = parser.parse_args().what, commit()
    if what == "invariants":
        figures = invariants_figures(run({test for one in INVARIANTS for test in one.tests}))
    else:
        tests = incident_tests(ROOT / "tests" / "incident")
        figures = incidents_figures(tests, run({node for nodes in tests.values() for node in nodes}))
    write_figures(what, figures, at=at)
    return 1 if figures["open"] else 0


if __name__ == "__main__":
    sys.exit(main())

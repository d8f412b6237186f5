"""A guard by its name: where it stands, what the source is without it, and the tests that must fail then."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Misplaced(Exception):
    """The fragment does not stand in its file exactly once: the guard has moved, or is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One guard. `source` is its exact text in `file` (below `src/trueline`), `mutant` what stands there without it.

    `tests` are node ids; each has to fail on the mutant. A test with parameters fails if one of its rows does.
    """

    name: str
    invariants: tuple[int, ...]
    file: str
    source: str
    mutant: str
    tests: tuple[str, ...]

    @property
    def path(self) -> str:
        """The file, from the root of the tree."""
        return f"src/trueline/{self.file}"

    def mutated(self, text: str) -> str:
        """The file's text without the guard.

        Raises:
            Misplaced: the fragment is not there, or more than once.
        """
        if (count := text.count(self.source)) != 1:
            raise Misplaced(f"{self.name}: {self.file} has its fragment {count} times")
        return text.replace(self.source, self.mutant)


def is_of(node: str, test: str) -> bool:
    """Whether a node id is a test's or one of its rows'.

    >>> is_of("tests/a.py::test_b[1]", "tests/a.py::test_b"), is_of("tests/a.py::test_bc", "tests/a.py::test_b")
    (True, False)
    """
    return node == test or node.startswith(f"{test}[")


def missed(tests: Sequence[str], failed: Sequence[str]) -> tuple[str, ...]:
    """Those of the named tests that did not fail."""
    return tuple(test for test in tests if not any(is_of(node, test) for node in failed))

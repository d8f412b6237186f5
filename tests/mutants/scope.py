"""Which modules generic mutants are made of, and the tests that mirror each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.guard import ROOT

PURE = ("model", "plan", "policy", "health", "drift")
"""Stages whose every mutant has to be killed, or be equivalent: their tests cost nothing."""

_OF_PLAN = ("tests/plan", "tests/drift")
_TESTS: Mapping[str, tuple[str, ...]] = {
    "model": ("tests/model", "tests/plan"),
    "plan": _OF_PLAN,
    "policy": ("tests/policy",),
    "health": ("tests/health",),
    "drift": ("tests/drift",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module from the root of the tree; `near` are the tests that mirror it alone, `tests` all that may tell."""

    path: str
    near: tuple[str, ...]
    tests: tuple[str, ...]


def modules(root: Path = ROOT) -> Iterator[Module]:
    """Each module of the pure stages with its tests and its own examples."""
    for stage in PURE:
        for file in sorted((root / "src" / "trueline" / stage).glob("*.py")):
            path, mirror = f"src/trueline/{stage}/{file.name}", f"tests/{stage}/test_{file.stem}.py"
            near = (mirror, path) if (root / mirror).is_file() else (*_TESTS[stage], path)
            yield Module(path=path, near=near, tests=(*_TESTS[stage], path))

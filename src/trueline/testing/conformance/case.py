"""The list of cases. A case is a coroutine function of an `Api`; its name and docstring say what the server must do."""

from collections.abc import Awaitable, Callable, Container
from dataclasses import dataclass
from typing import TypeAlias

from trueline.testing.conformance.api import Answer, Api

Run: TypeAlias = Callable[[Api], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that every server does."""

    name: str
    run: Run


CASES: dict[str, Case] = {}


def case(run: Run) -> Run:
    """Put a function on the list."""
    name = run.__name__
    if name in CASES:
        raise ValueError(f"there are two cases named {name}")
    CASES[name] = Case(name, run)
    return run


def expect(seen: object, wanted: object, what: object = "") -> None:
    """Both are the same.

    Raises:
        AssertionError: they are not.

    """
    if seen != wanted:
        raise AssertionError(f"expected {wanted!r}, saw {seen!r} {what}")


def expect_that(condition: object) -> None:
    """It holds.

    Raises:
        AssertionError: it does not.
    """
    if not condition:
        raise AssertionError("what was expected does not hold")


def expect_in(part: str, whole: Container[str]) -> None:
    """A text holds a part.

    Raises:
        AssertionError: it does not.

    """
    if part not in whole:
        raise AssertionError(f"expected {part!r} in {whole!r}")


def expect_status(answer: Answer, *statuses: int) -> Answer:
    """An answer has one of these codes.

    Raises:
        AssertionError: it has another one.

    """
    if answer.status not in statuses:
        raise AssertionError(f"expected {statuses}, saw {answer.status}: {answer.body}")
    return answer

"""The list of the engine's cases. A case is a coroutine function of a `World`; its docstring says what must hold."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from trueline.testing.conformance.engine.world import World

Run: TypeAlias = Callable[[World], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class EngineCase:
    """One thing that the engine does on every server.

    `is_long`: it dies at each of its effects; the embedded cluster is quick enough to play all of those every time.
    """

    name: str
    run: Run
    is_long: bool = False


ENGINE_CASES: dict[str, EngineCase] = {}


def engine_case(run: Run) -> Run:
    """Put a function on the list."""
    return named_case(run.__name__, run)


def named_case(name: str, run: Run, *, is_long: bool = False) -> Run:
    """Put a function on the list under another name, for rows of a table."""
    if name in ENGINE_CASES:
        raise ValueError(f"there are two cases named {name}")
    ENGINE_CASES[name] = EngineCase(name, run, is_long)
    return run

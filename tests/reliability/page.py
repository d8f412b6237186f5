"""`docs/reliability.md`: the table of the last figures, between two marks; the prose around it is written by hand.

The figures stand in `docs/reliability.json`, each with the commit and the day at which it was measured. What was never
measured says so.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

BEGIN = "<!-- figures: written by make reliability -->"
END = "<!-- end of figures -->"
UNMEASURED = "not measured"

Figures: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: what it tells, what it is made of, how it is shown, the goal, and what measures it."""

    what: str
    source: str
    shown: Callable[[Figures], str]
    goal: str
    command: str


def _number(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}" if value >= 1 else f"{value:.2f}"


def _of(name: str, whole: str = "of") -> Callable[[Figures], str]:
    return lambda found: f"{_number(found[name])} of {_number(found[whole])}"


def _counted(**names: str) -> Callable[[Figures], str]:
    return lambda found: ", ".join(f"{_number(found[name])} {words}" for name, words in names.items() if name in found)


def _guards(found: Figures) -> str:
    left = f"; {_number(found['not_run'])} not run" if found.get("not_run") else ""
    return f"{_number(found['killed'])} of {_number(found['of'])}{left}"


def _generic(found: Figures) -> str:
    one = found["generic"]
    return f"{_number(one['killed'])} of {_number(one['of'])}, and {_number(one['equivalent'])} change nothing"


def _covered(found: Figures) -> str:
    return f"{_number(found['branches'])} of {_number(found['of'])} branches, {_number(found['lines'])} statements"


ROWS = (
    Row(
        what="Simulation",
        source="simulation",
        shown=_counted(seeds="seeds", simulated_hours="simulated hours", failed="failed", cpu_s_each="CPU-s each"),
        goal="0 failed, ≤ 0.3 CPU-s each",
        command="make soak",
    ),
    Row(
        what="Planted bugs that the simulation finds",
        source="plants",
        shown=_of("found"),
        goal="all",
        command="make proof",
    ),
    Row(
        what="Effects failed one by one and in pairs",
        source="effects",
        shown=_counted(scenarios="scenarios", singles="single effects", pairs="pairs"),
        goal="same end, same history",
        command="make soak",
    ),
    Row(what="Invariants proven", source="invariants", shown=_of("proven"), goal="38", command="make proof"),
    Row(
        what="Incidents of other systems replayed",
        source="incidents",
        shown=_of("replayed"),
        goal="26",
        command="make proof",
    ),
    Row(
        what="Guards whose removal a named test sees",
        source="mutants",
        shown=_guards,
        goal="all",
        command="make mutants",
    ),
    Row(
        what="Other mutants of the pure stages that a test sees",
        source="mutants",
        shown=_generic,
        goal="all",
        command="make mutants",
    ),
    Row(
        what="Branches of the pure stages that a test takes",
        source="coverage",
        shown=_covered,
        goal="all",
        command="make coverage",
    ),
    Row(
        what="Chaos on real parts",
        source="chaos",
        shown=_counted(rounds="rounds", kills="processes killed", writes="writes judged"),
        goal="every round converges",
        command="make soak",
    ),
    Row(
        what="Objects wrongly deleted in it",
        source="chaos",
        shown=_counted(objects_wrongly_deleted="objects"),
        goal="0",
        command="make soak",
    ),
    Row(
        what="Restart to ready with 10,000 objects",
        source="restart",
        shown=lambda found: f"{found['seconds']:.2f} s (n = {found['samples']})",
        goal="≤ 2 s",
        command="python -m benchmarks restart",
    ),
)


def table(figures: Mapping[str, Figures]) -> Iterator[str]:
    """The table, line by line."""
    yield "| what | last figure | goal | measured at | by |"
    yield "|---|---|---|---|---|"
    for row in ROWS:
        found = figures.get(row.source)
        shown = UNMEASURED
        at = ""
        if found is not None:
            try:
                shown = row.shown(found) or UNMEASURED
            except (KeyError, TypeError):
                shown = UNMEASURED
        if found is not None and shown != UNMEASURED:
            at = f"{found.get('commit', 'unknown')}, {found.get('date', 'unknown')}"
        yield f"| {row.what} | {shown} | {row.goal} | {at} | `{row.command}` |"


def page_with(page: str, figures: Mapping[str, Figures]) -> str:
    """The page with the table of these figures; the prose around it stays.

    Raises:
        ValueError: the marks are not there, once each and in order.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in after:
        raise ValueError(f"the page has to have {BEGIN} and {END}, once each")
    return "\n".join([f"{before}{BEGIN}", "", *table(figures), "", f"{END}{after}"])

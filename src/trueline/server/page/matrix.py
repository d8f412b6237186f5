"""Applications by target: which commit each cell runs, and whether all cells of a row run the same. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from trueline.server.body import ApplicationBody
from trueline.server.page.address import application as application_address
from trueline.server.page.row import sentence, shortest
from trueline.server.page.state import State

APP_LABEL: Final = "app"
"""The label that says that applications are the same one on several targets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One application where it runs; `commit` is empty where nothing was applied."""

    name: str
    link: str
    commit: str
    state: State
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One row: the cells of each column, and how many commits they run."""

    name: str
    cells: tuple[tuple[Cell, ...], ...]
    commits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The whole; `columns` are targets."""

    columns: tuple[str, ...]
    lanes: tuple[Lane, ...]


def matrix(stands: Iterable[tuple[ApplicationBody, State]]) -> Matrix:
    """The matrix of these applications: a row for each `app` label, or name where there is no such label."""
    by_lane = dict[str, dict[str, list[Cell]]]()
    for body, state in stands:
        lane = by_lane.setdefault(body.labels.get(APP_LABEL) or body.application, {})
        lane.setdefault(body.target, []).append(_cell(body, state))
    columns = tuple(sorted({target for lane in by_lane.values() for target in lane}))
    return Matrix(columns=columns, lanes=tuple(_lane(name, lane, columns) for name, lane in sorted(by_lane.items())))


def _lane(name: str, cells: dict[str, list[Cell]], columns: Sequence[str]) -> Lane:
    placed = tuple(tuple(cells.get(column, ())) for column in columns)
    return Lane(name=name, cells=placed, commits=len({cell.commit for part in placed for cell in part if cell.commit}))


def _cell(body: ApplicationBody, state: State) -> Cell:
    said = sentence(body, state)
    return Cell(
        name=body.application,
        link=application_address(body.application),
        commit=shortest(body.revision),
        state=state,
        title=f"{body.application}: {said}" if said else body.application,
    )

"""A graph drawn in layers: where each box stands, and the lines between them. Geometry alone; it knows no application.

What is needed stands left of what needs it. In a layer, boxes stand by where their neighbours are, so that lines cross
little. A line that passes over layers bends around their boxes. The order of what is given does not matter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

BOX_WIDTH: Final = 156
BOX_HEIGHT: Final = 34
GAP_X: Final = 64
GAP_Y: Final = 12
SWEEPS: Final = 4
LANE_HEIGHT: Final = 4
_MARK: Final = "\0"
"""Before the name of a place that a line passes through: no application is called so."""
TEXT_MAX: Final = 19
"""So many characters of a name fit into a box; the whole of it is read where it is pointed at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box: its name, as much of it as fits, and its corner."""

    name: str
    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line, as a path: `source` is needed by `end`. `is_back`: it is part of a circle."""

    source: str
    end: str
    path: str
    is_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """All of it, in CSS pixels; `layers` says in which layer each name is."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    layers: Mapping[str, int]
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


def lay(needs: Mapping[str, Sequence[str]]) -> Drawing:
    """The drawing of names and what each needs; a name that is needed and has no entry of its own is not drawn.

    >>> made = lay({"web": ["database"], "database": []})
    >>> [(box.name, box.x) for box in made.boxes], [(one.source, one.end) for one in made.lines]
    ([('database', 0), ('web', 220)], [('database', 'web')])
    """
    graph = {name: sorted({one for one in needs[name] if one in needs}) for name in sorted(needs)}
    layers = _layers(graph)
    ways = {(one, name): _way(one, name, layers) for name, others in graph.items() for one in others}
    rows = _ordered(layers, ways.values())
    places = _placed(rows)
    lines = [
        Line(source=one, end=name, path=_path([places[at] for at in way]), is_back=layers[one] >= layers[name])
        for (one, name), way in ways.items()
    ]
    boxes = [
        Box(name=name, text=cut(name), x=places[name].x, y=places[name].y)
        for row in rows
        for name in row
        if name in graph
    ]
    return Drawing(
        width=max((place.x for place in places.values()), default=0) + BOX_WIDTH,
        height=max((place.y + place.height for place in places.values()), default=0),
        boxes=tuple(boxes),
        lines=tuple(lines),
        layers=layers,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    x: float
    y: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def _way(source: str, end: str, layers: Mapping[str, int]) -> tuple[str, ...]:
    """Where a line goes: by a place of its own through each layer that it passes, one for all that leave a box."""
    between = range(layers[source] + 1, layers[end])
    return (source, *(f"{_MARK}{source}{_MARK}{layer}" for layer in between), end)


def _layers(graph: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The longest way from what needs nothing; what is on a circle comes as soon as nothing else is left."""
    layers: dict[str, int] = {}
    left = dict.fromkeys(graph)
    while left:
        ready = [name for name in left if all(one in layers for one in graph[name])]
        for name in ready or [next(iter(left))]:
            layers[name] = max((layers[one] + 1 for one in graph[name] if one in layers), default=0)
            del left[name]
    return layers


def _ordered(layers: Mapping[str, int], ways: Iterable[Sequence[str]]) -> list[list[str]]:
    """Each layer in the order of the mean place of its neighbours, from left to right and back again."""
    ways = list(ways)
    around: dict[str, set[str]] = {name: set() for name in layers}
    row_of = dict(layers)
    for way in ways:
        for one, other in pairwise(way):
            around.setdefault(one, set()).add(other)
            around.setdefault(other, set()).add(one)
        row_of |= {one: int(one.rpartition(_MARK)[2]) for one in way[1:-1]}
    rows: list[list[str]] = [[] for _ in range(max(row_of.values(), default=-1) + 1)]
    for name in sorted(row_of):
        rows[row_of[name]].append(name)
    for sweep in range(SWEEPS):
        for at in range(len(rows)) if sweep % 2 == 0 else range(len(rows) - 1, -1, -1):
            beside = {name: (place + 0.5) / len(row) for row in rows for place, name in enumerate(row)}
            rows[at].sort(key=lambda name: (_mean(name, around, beside), name))
    return rows


def _mean(name: str, around: Mapping[str, Iterable[str]], beside: Mapping[str, float]) -> float:
    places = sorted(beside[one] for one in around[name] if one != name)
    return sum(places) / len(places) if places else beside[name]


def _placed(rows: Sequence[Sequence[str]]) -> dict[str, _Place]:
    """Each layer is a column, in the middle of the highest one."""
    heights = [[LANE_HEIGHT if name.startswith(_MARK) else BOX_HEIGHT for name in row] for row in rows]
    totals = [sum(column) + GAP_Y * (len(column) - 1) for column in heights]
    found: dict[str, _Place] = {}
    for at, (row, column) in enumerate(zip(rows, heights, strict=True)):
        y = (max(totals) - totals[at]) / 2
        for name, height in zip(row, column, strict=True):
            found[name] = _Place(at * (BOX_WIDTH + GAP_X), round(y, 1), height)
            y += height + GAP_Y
    return found


def _path(places: Sequence[_Place]) -> str:
    """From the right side of what is needed to the left side of what needs it, without a corner."""
    parts = [f"M{places[0].x + BOX_WIDTH:g} {places[0].middle:g}"]
    for number, (one, other) in enumerate(pairwise(places)):
        if number:
            parts.append(f"H{one.x + BOX_WIDTH:g}")
        x1, x2 = one.x + BOX_WIDTH, other.x
        bend = max((x2 - x1) / 2, GAP_X / 2)
        parts.append(f"C{x1 + bend:g} {one.middle:g} {x2 - bend:g} {other.middle:g} {x2:g} {other.middle:g}")
    return "".join(parts)


def cut(name: str) -> str:
    """As much of a name as fits into a box."""
    return name if len(name) <= TEXT_MAX else f"{name[: TEXT_MAX - 1]}…"

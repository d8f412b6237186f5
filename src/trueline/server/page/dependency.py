"""The graph of applications by `dependsOn`, in layers, as a drawing and as a list. Pure.

The list says all that the drawing does, and more; with many applications there is the list alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from trueline.declare.graph import Dependencies, find_cycles
from trueline.server.body import ApplicationBody, DependencyBody
from trueline.server.page.address import application as application_address
from trueline.server.page.age import Moment, moment
from trueline.server.page.doubt import Doubt
from trueline.server.page.fleet import Facts
from trueline.server.page.layout import Drawing, cut, lay
from trueline.server.page.row import judged, sentence
from trueline.server.page.state import State

DRAWN_MAX: Final = 400
LISTED_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One application in the list: what it needs and who needs it; `waits` is what it waits for now."""

    name: str
    link: str
    state: State
    said: str
    layer: int
    needs: tuple[tuple[str, str], ...]
    unseen: int
    needed_by: tuple[tuple[str, str], ...]
    waits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a box of a drawing looks, and where it leads; `kind` stands above `text` where a box has two lines."""

    state: State
    link: str
    title: str
    waits: bool
    kind: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """The page. `free` are applications that neither need nor are needed: they are not drawn."""

    as_of: Moment
    place: str
    doubts: tuple[Doubt, ...]
    cycles: tuple[str, ...]
    drawing: Drawing | None
    looks: Mapping[str, Look]
    undrawn: int
    nodes: tuple[Node, ...]
    rest: int
    free: tuple[tuple[str, str], ...]
    total: int


def dependency(
    told: Sequence[DependencyBody], bodies: Mapping[str, ApplicationBody], facts: Facts, now: datetime
) -> Dependency:
    """The page of applications that one may read."""
    named = {one.application: one for one in told}
    graph: Dependencies = {name: tuple(other for other in one.needs if other in named) for name, one in named.items()}
    needed: dict[str, list[str]] = {name: [] for name in graph}
    for name, others in graph.items():
        for other in others:
            needed[other].append(name)
    bound = sorted(name for name in graph if graph[name] or needed[name] or named[name].unseen)
    drawn = {name: graph[name] for name in bound} if len(bound) <= DRAWN_MAX else {}
    drawing = _drawing(tuple(drawn.items())) if drawn else None
    layers = drawing.layers if drawing is not None else {}
    looks = {name: _look(named[name], bodies.get(name)) for name in bound}
    nodes = [_node(named[name], graph, needed, looks, layers) for name in bound]
    nodes.sort(key=lambda one: (not one.waits, one.layer, one.name))
    doubts = [Doubt(text="Git may say more than is shown: it cannot be followed at the moment.")]
    return Dependency(
        as_of=moment(now, now),
        place=facts.place,
        doubts=tuple(doubts if facts.has_problems else ()),
        cycles=tuple(str(cycle) for cycle in find_cycles(graph)),
        drawing=drawing,
        looks=looks,
        undrawn=len(bound) if bound and drawing is None else 0,
        nodes=tuple(nodes[:LISTED_MAX]),
        rest=max(len(nodes) - LISTED_MAX, 0),
        free=tuple(_links(sorted(graph.keys() - set(bound))[:LISTED_MAX])),
        total=len(graph),
    )


@lru_cache(maxsize=8)
def _drawing(graph: tuple[tuple[str, tuple[str, ...]], ...]) -> Drawing:
    """States change often, and the graph seldom."""
    return lay(dict(graph))


def _look(one: DependencyBody, body: ApplicationBody | None) -> Look:
    state = judged(body) if body is not None else State.UNKNOWN
    said = sentence(body, state) if body is not None else ""
    title = f"{called(one.application, cut(one.application))}, {state.word}{f': {said}' if said else ''}"
    return Look(state=state, link=application_address(one.application), title=title, waits=bool(one.waits))


def called(whole: str, shown: str) -> str:
    """What a box says, for who points at it or hears it: as it is seen, and whole where that is cut."""
    return whole if whole == shown else f"{shown} ({whole})"


def _node(
    one: DependencyBody,
    graph: Dependencies,
    needed: Mapping[str, Sequence[str]],
    looks: Mapping[str, Look],
    layers: Mapping[str, int],
) -> Node:
    look = looks[one.application]
    return Node(
        name=one.application,
        link=look.link,
        state=look.state,
        said=look.title,
        layer=layers.get(one.application, 0),
        needs=tuple(_links(sorted(graph[one.application]))),
        unseen=one.unseen,
        needed_by=tuple(_links(sorted(needed[one.application]))),
        waits=one.waits,
    )


def _links(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        yield name, application_address(name)

"""The line: every application a tick, on the line where it is true and off it where it is not. Geometry, pure.

It is cut into pieces of equal width that a narrow screen lays below each other, so that a tick keeps its width in CSS
pixels however many there are. In a piece one application is one step wide, and its height is in CSS pixels.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from trueline.server.page.state import Side, State

PIECE_MAX: Final = 60
"""At most so many ticks in one piece; a piece is never narrower than two CSS pixels for each."""
LINKS_MAX: Final = 300
"""With more applications, those on the line are drawn in one stroke: only what is off it leads somewhere."""
HEIGHT_PX: Final = 92
HEIGHT_LONG_PX: Final = 68
_LONG: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One application: what is read where it is pointed at, and where it leads."""

    name: str
    title: str
    state: State
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A tick that leads somewhere: at `x` from `top` to `bottom`; `stem` is where its dots to the line end, if any."""

    x: float
    top: float
    bottom: float
    stem: float | None
    tick: Tick


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of the line: `slots` wide; `path` are the true ones that are drawn in one stroke."""

    slots: int
    path: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The whole line. `said` counts what is seen, for those who do not see it."""

    pieces: tuple[Piece, ...]
    slots: int
    height: int
    said: str
    off: int

    @property
    def middle(self) -> float:
        """Where the line runs."""
        return self.height / 2


def draw(states: Sequence[State], tick: Callable[[int], Tick]) -> Line:
    """The line of applications that stand so, in their order; `tick` is asked for those that lead somewhere."""
    height = HEIGHT_LONG_PX if len(states) > _LONG else HEIGHT_PX
    count = -(-len(states) // PIECE_MAX)
    slots = -(-len(states) // count) if count else 0
    cut = [range(at, min(at + slots, len(states))) for at in range(0, len(states), slots)] if slots else []
    drawn = frozenset({State.TRUE}) if len(states) > LINKS_MAX else frozenset[State]()
    pieces = list[Piece]()
    for part in cut:
        marked = [(at - part.start + 0.5, at) for at in part if states[at] not in drawn]
        pieces.append(
            Piece(
                slots=slots,
                path=_path([at - part.start + 0.5 for at in part if states[at] in drawn], height),
                marks=tuple(_mark(tick(at), x, height) for x, at in marked),
            )
        )
    return Line(
        pieces=tuple(pieces),
        slots=slots,
        height=height,
        said=count_of(states),
        off=sum(state.side is not Side.ON for state in states),
    )


def count_of(states: Sequence[State]) -> str:
    """So many of each, in words.

    >>> count_of([State.TRUE, State.DEGRADED, State.TRUE])
    '3 applications: 1 Degraded, 2 True'
    """
    numbers = Counter(states)
    counts = [f"{numbers[state]} {state.word}" for state in State if numbers[state]]
    noun = "application" if len(states) == 1 else "applications"
    return f"{len(states)} {noun}: {', '.join(counts)}" if states else "no applications"


def _path(places: Sequence[float], height: int) -> str:
    top, tall = height / 2 - height / 10, height / 5
    return "".join(f"M{x} {top:.5g}v{tall:.5g}" for x in places)


def _mark(tick: Tick, x: float, height: int) -> Mark:
    middle, state = height / 2, tick.state
    if state.side is Side.ON:
        near, far, way = -height / 10, height / 10, 1
    else:
        near = height * (0.13 + 0.05 * (state.steps - 1))
        far, way = near + height * 0.26, 1 if state.side is Side.BELOW else -1
    ends = sorted((round(middle + way * near, 1), round(middle + way * far, 1)))
    stem = round(middle + way * near, 1) if state.side is not Side.ON else None
    return Mark(x=x, top=ends[0], bottom=ends[1], stem=stem, tick=tick)

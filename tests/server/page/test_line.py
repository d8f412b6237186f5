"""The line: each application a tick, in its place, with a width that stays and words that say the same."""

import pytest

from trueline.server.page.line import HEIGHT_LONG_PX, HEIGHT_PX, LINKS_MAX, PIECE_MAX, Line, Tick, draw
from trueline.server.page.state import Side, State


def line(count: int, odd: dict[int, State] | None = None) -> Line:
    states = [(odd or {}).get(at, State.TRUE) for at in range(count)]

    def tick(at: int) -> Tick:
        return Tick(name=f"a{at}", title=f"a{at}", state=states[at], link=f"/?application=a{at}")

    return draw(states, tick)


def drawn(one: Line) -> int:
    return sum(piece.path.count("M") + len(piece.marks) for piece in one.pieces)


@pytest.mark.parametrize("count", [0, 1, 2, PIECE_MAX, PIECE_MAX + 1, LINKS_MAX, LINKS_MAX + 1, 1_000, 1_037])
def test_every_application_has_one_tick(count: int) -> None:
    found = line(count, {0: State.DEGRADED} if count else {})
    assert drawn(found) == count
    assert all(piece.slots == found.slots <= PIECE_MAX for piece in found.pieces)
    assert len(found.pieces) * found.slots - count < max(len(found.pieces), 1), "pieces are as even as they can be"


def test_where_a_tick_is_says_what_is_wrong() -> None:
    found = line(len(State), dict(enumerate(State)))
    for mark in found.pieces[0].marks:
        assert 0 <= mark.top < mark.bottom <= found.height
        match mark.tick.state.side:
            case Side.ON:
                assert mark.top < found.middle < mark.bottom
                assert mark.stem is None
            case Side.ABOVE:
                assert mark.bottom == mark.stem
                assert mark.bottom < found.middle
            case Side.BELOW:
                assert mark.top == mark.stem
                assert mark.top > found.middle


def test_off_the_line_is_beyond_what_is_on_it() -> None:
    marks = line(len(State), dict(enumerate(State))).pieces[0].marks
    on = next(mark for mark in marks if mark.tick.state is State.TRUE)
    assert all(mark.bottom < on.top or mark.top > on.bottom for mark in marks if mark.stem is not None)


def test_of_many_only_what_is_off_the_line_or_added_to_is_a_link() -> None:
    found = line(LINKS_MAX + 1, {3: State.MISSING, 7: State.ADDED})
    assert [mark.tick.name for piece in found.pieces for mark in piece.marks] == ["a3", "a7"]
    assert found.off == 1
    assert (found.height, line(LINKS_MAX).height) == (HEIGHT_LONG_PX, HEIGHT_PX)


def test_the_words_count_what_is_seen() -> None:
    assert line(3, {1: State.HELD}).said == "3 applications: 1 Held, 2 True"
    assert line(1).said == "1 application: 1 True"
    assert line(0).said == "no applications"

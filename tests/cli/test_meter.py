"""Progress that can be watched: one line that moves on a terminal, few lines elsewhere, none where nothing is done."""

import io

from tests.loop.still_clock import StillClock
from trueline.cli.meter import CLEAR, EACH_MOVING_S, EACH_S, Meter


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


def shown(stream: io.StringIO, step_s: float) -> str:
    clock = StillClock()
    meter = Meter(stream, clock)
    for done in range(4):
        meter.show(done, 3)
        clock.at_s += step_s
    return stream.getvalue()


def test_a_terminal_sees_one_line_that_is_gone_at_the_end() -> None:
    text = shown(Terminal(), EACH_MOVING_S)
    assert text == f"{CLEAR}encoding images: 1 of 3{CLEAR}encoding images: 2 of 3{CLEAR}"


def test_a_log_sees_a_line_now_and_then() -> None:
    assert shown(io.StringIO(), EACH_S / 2) == "encoding images: 2 of 3\n"
    assert shown(io.StringIO(), EACH_S / 9) == ""

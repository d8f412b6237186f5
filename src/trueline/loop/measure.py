"""What the engine counts of its own passes, for the figures. It decides nothing, and nothing decides by it."""

from typing import Final

from trueline.model.histogram import Histogram

PASS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Measures:
    """How long passes took. `passes` has them by extent (`whole`, `objects`) and result (`made`, `failed`)."""

    def __init__(self) -> None:
        self.passes: dict[tuple[str, str], Histogram] = {
            (extent, result): Histogram(PASS_S) for extent in ("whole", "objects") for result in ("made", "failed")
        }

    def passed(self, took_s: float, *, is_whole: bool, is_made: bool) -> None:
        """A pass is over."""
        key = "whole" if is_whole else "objects", "made" if is_made else "failed"
        self.passes[key].observe(took_s)

"""One measured figure: ours, the floor of the same run, the ratio, the goal. It measures nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of a table. `samples` are kept so that the spread can be shown; the figure is their median.

    >>> Figure(name="heal", samples=(9.0, 8.0, 30.0), floor=4.0, unit="ms", goal="≤ 50 ms").line()
    'heal: 9.0 ms (8.0 to 30.0, n = 3) · floor 4.0 ms · ratio 2.25 · goal ≤ 50 ms'
    """

    name: str
    samples: Sequence[float]
    unit: str
    floor: float | None = None
    goal: str = ""
    note: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return median(self.samples)

    def line(self) -> str:
        """As it is printed."""
        shown = f"{self.name}: {_number(self.value)} {self.unit}"
        if len(self.samples) > 1:
            shown += f" ({_number(min(self.samples))} to {_number(max(self.samples))}, n = {len(self.samples)})"
        if self.floor is not None:
            shown += f" · floor {_number(self.floor)} {self.unit} · ratio {self.value / self.floor:.2f}"
        shown += f" · goal {self.goal}" if self.goal else ""
        return shown + (f" · {self.note}" if self.note else "")


def percentile(samples: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 95)
    4.0
    """
    ranked = sorted(samples)
    return ranked[min(len(ranked) - 1, round(percent / 100 * len(ranked) + 0.5) - 1)]


_ROUND_FROM = 1000


def _number(value: float) -> str:
    if value >= _ROUND_FROM or value == int(value):
        return f"{value:.0f}"
    return f"{value:.3g}" if value < 1 else f"{value:.1f}"

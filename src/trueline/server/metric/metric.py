"""One figure: its name, what it says, its labels, and where it comes from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeAlias, TypeVar

from trueline.model.histogram import Histogram

S = TypeVar("S")

Value: TypeAlias = int | float | Histogram
Row: TypeAlias = tuple[tuple[str, ...], Value]
"""The values of the labels, in their order, and the figure."""


class MetricKind(Enum):
    """What Prometheus calls it."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(Generic[S]):
    """One figure, read from where figures of this server come from. The name of a counter ends in `_total`."""

    name: str
    kind: MetricKind
    text: str
    rows: Callable[[S], Iterable[Row]]
    labels: tuple[str, ...] = ()

"""How often something took how long: counts by upper bounds, as Prometheus reads them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence


class Histogram:
    """Counts of values by `bounds`, which rise. A value that is a bound is below it.

    >>> took = Histogram((0.1, 1.0))
    >>> for seconds in (0.05, 0.1, 0.5, 7.0):
    ...     took.observe(seconds)
    >>> list(took.cumulated()), took.count
    ([(0.1, 2), (1.0, 3), (inf, 4)], 4)
    """

    __slots__ = ("_counts", "bounds", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        assert list(bounds) == sorted(set(bounds)), "bounds rise"
        self.bounds = tuple(bounds)
        self.sum = 0.0
        self._counts = [0] * (len(self.bounds) + 1)

    def observe(self, value: float) -> None:
        """Count one."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    @property
    def count(self) -> int:
        """How many were counted."""
        return sum(self._counts)

    def cumulated(self) -> Iterator[tuple[float, int]]:
        """Each bound with how many were not above it; the last one is infinity."""
        below = 0
        for bound, count in zip((*self.bounds, float("inf")), self._counts, strict=True):
            below += count
            yield bound, below

"""Figures as text: Prometheus' own form, and OpenMetrics for who asks for it.

Nothing of a fleet makes it grow without end: of one figure so many rows are told and no more, and it is said that some
are left out; a label is cut where it is long.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import islice
from math import isinf
from typing import Final, TypeVar

from trueline.model.histogram import Histogram
from trueline.server.metric.metric import Metric, MetricKind, Value

ROWS_MAX: Final = 20_000
LABEL_CHARACTERS_MAX: Final = 200
LEFT_OUT: Final = "trueline_metric_rows_left_out"
_OPEN: Final = re.compile(r"application/openmetrics-text\s*(;[^,]*)?(?:,|$)", re.IGNORECASE)
_NEVER: Final = re.compile(r";\s*q=0(\.0*)?\s*(;|$)", re.IGNORECASE)

S = TypeVar("S")


class Form(Enum):
    """The form of the text; its value is what it is called over HTTP."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def form_of(accept: str) -> Form:
    """Which form is asked for.

    >>> form_of("application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1").name, form_of("*/*").name
    ('OPEN', 'TEXT')
    """
    found = _OPEN.search(accept)
    return Form.OPEN if found and not _NEVER.search(found[1] or "") else Form.TEXT


def exposition(metrics: Sequence[Metric[S]], source: S, form: Form = Form.TEXT) -> str:
    """The whole text."""
    lines, left_out = list[str](), list[str]()
    for metric in metrics:
        rows = iter(metric.rows(source))
        lines += _head(metric.name, metric.kind, metric.text, form)
        lines += _samples(metric, islice(rows, ROWS_MAX))
        if next(rows, None) is not None:
            left_out.append(metric.name)
    if left_out:
        lines += _head(LEFT_OUT, MetricKind.GAUGE, "Figures of which some rows are not told.", form)
        lines += (f"{LEFT_OUT}{_shown(('metric',), (name,))} 1" for name in left_out)
    return "\n".join([*lines, *(["# EOF"] if form is Form.OPEN else [])]) + "\n"


def _head(name: str, kind: MetricKind, text: str, form: Form) -> Iterator[str]:
    """OpenMetrics names a counter without its ending."""
    named = name.removesuffix("_total") if form is Form.OPEN and kind is MetricKind.COUNTER else name
    yield f"# HELP {named} {text}"
    yield f"# TYPE {named} {kind.value}"


def _samples(metric: Metric[S], rows: Iterable[tuple[tuple[str, ...], Value]]) -> Iterator[str]:
    for values, value in rows:
        assert len(values) == len(metric.labels), f"{metric.name}: a label has no value"
        if isinstance(value, Histogram):
            yield from _buckets(metric, values, value)
        else:
            yield f"{metric.name}{_shown(metric.labels, values)} {_number(value)}"


def _buckets(metric: Metric[S], values: tuple[str, ...], value: Histogram) -> Iterator[str]:
    for bound, count in value.cumulated():
        shown = _shown((*metric.labels, "le"), (*values, "+Inf" if isinf(bound) else repr(float(bound))))
        yield f"{metric.name}_bucket{shown} {count}"
    shown = _shown(metric.labels, values)
    yield f"{metric.name}_sum{shown} {_number(value.sum)}"
    yield f"{metric.name}_count{shown} {value.count}"


def _shown(labels: tuple[str, ...], values: tuple[str, ...]) -> str:
    pairs = (f'{label}="{_escaped(value)}"' for label, value in zip(labels, values, strict=True))
    return "{" + ",".join(pairs) + "}" if labels else ""


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(round(value, 6))


def _escaped(text: str) -> str:
    cut = text if len(text) <= LABEL_CHARACTERS_MAX else text[: LABEL_CHARACTERS_MAX - 1] + "…"
    cut = cut.encode("utf-8", "replace").decode()
    return cut.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", " ")

"""The text of figures, as Prometheus' own parser reads it, in both forms."""

from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_text

from trueline.model.histogram import Histogram
from trueline.server.metric.exposition import LABEL_CHARACTERS_MAX, LEFT_OUT, ROWS_MAX, Form, exposition, form_of
from trueline.server.metric.metric import Metric, MetricKind, Row

TOOK = Histogram((0.1, 1.0))
for _seconds in (0.05, 0.5, 30.0):
    TOOK.observe(_seconds)


def metric(kind: MetricKind, *rows: Row, name: str = "trueline_x", labels: tuple[str, ...] = ("a",)) -> Metric[None]:
    return Metric(name=name, kind=kind, text="What it is.", labels=labels, rows=lambda _: rows)


def samples(text: str, form: Form) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What the parser reads."""
    families: Any = (read_open if form is Form.OPEN else read_text)(text)
    found = [sample for family in families for sample in family.samples]
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for one in found}


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("value", ["", 'a"b', "a\\b", "a\nb", "a\\nb", "{}", "é…", 'x"} 1\ntrueline_y{a="'])
def test_a_label_is_what_it_was_whatever_stands_in_it(form: Form, value: str) -> None:
    """Nobody's name adds a figure, or breaks the others."""
    text = exposition([metric(MetricKind.GAUGE, ((value,), 3))], None, form)
    assert samples(text, form) == {("trueline_x", (("a", value),)): 3.0}


@pytest.mark.parametrize("form", Form)
def test_counters_and_histograms_are_read_as_such(form: Form) -> None:
    counter = metric(MetricKind.COUNTER, (("q",), 7), name="trueline_y_total")
    text = exposition([counter, metric(MetricKind.HISTOGRAM, ((), TOOK), labels=())], None, form)
    found = samples(text, form)
    assert found["trueline_y_total", (("a", "q"),)] == 7
    assert found["trueline_x_bucket", (("le", "0.1"),)] == 1
    assert found["trueline_x_bucket", (("le", "1.0"),)] == 2
    assert found["trueline_x_bucket", (("le", "+Inf"),)] == found["trueline_x_count", ()] == 3
    assert found["trueline_x_sum", ()] == 30.55
    families: Any = list((read_open if form is Form.OPEN else read_text)(text))
    assert [family.type for family in families] == ["counter", "histogram"]
    assert text.endswith("# EOF\n") is (form is Form.OPEN)


def test_so_many_rows_are_told_and_it_is_said_that_there_are_more() -> None:
    rows = [((str(number),), 1) for number in range(ROWS_MAX + 5)]
    found = samples(exposition([metric(MetricKind.GAUGE, *rows)], None), Form.TEXT)
    assert len([name for name, _ in found if name == "trueline_x"]) == ROWS_MAX
    assert found[LEFT_OUT, (("metric", "trueline_x"),)] == 1
    whole = samples(exposition([metric(MetricKind.GAUGE, *rows[:ROWS_MAX])], None), Form.TEXT)
    assert len(whole) == ROWS_MAX


def test_a_long_label_is_cut() -> None:
    [(_, labels)] = samples(exposition([metric(MetricKind.GAUGE, (("x" * 10_000,), 1))], None), Form.TEXT)
    assert labels[0][1] == "x" * (LABEL_CHARACTERS_MAX - 1) + "…"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", Form.TEXT),
        ("*/*", Form.TEXT),
        ("text/plain", Form.TEXT),
        ("application/openmetrics-text", Form.OPEN),
        ("application/openmetrics-text; version=1.0.0", Form.OPEN),
        ("application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", Form.OPEN),
        ("text/plain,application/openmetrics-text;q=0", Form.TEXT),
        ("application/openmetrics-text-else", Form.TEXT),
    ],
)
def test_the_form_is_the_one_that_is_asked_for(accept: str, form: Form) -> None:
    assert form_of(accept) is form

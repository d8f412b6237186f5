"""The dashboard and the rules of `examples/metrics` ask for figures that there are, by labels that these have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it comes with what reads the API in tests

from trueline.server.metric.metric import Metric, MetricKind
from trueline.server.metric.table import METRICS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples/metrics"
BOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
OF_A_SCRAPE = frozenset({"job", "instance"})
"""Labels that Prometheus adds."""
ENDS = ("_bucket", "_sum", "_count")
_NAME = re.compile(r"(trueline_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"[^"]*"')
_GROUPED = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
_LEGEND = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")


def figure(name: str) -> tuple[Metric[Any], frozenset[str]]:
    """A figure as it is asked for, and the labels that it has."""
    known = {one.name: one for one in METRICS}
    for end in ENDS:
        one = known.get(name.removesuffix(end)) if name.endswith(end) else None
        if one is not None and one.kind is MetricKind.HISTOGRAM:
            return one, frozenset(one.labels) | ({"le"} if end == "_bucket" else set()) | OF_A_SCRAPE
    found = known[name]
    assert found.kind is not MetricKind.HISTOGRAM, f"{name} has no figure of its own"
    return found, frozenset(found.labels) | OF_A_SCRAPE


def faults(expression: str, shown: str = "") -> Iterator[str]:
    """What is asked for and is not there; `shown` names labels as a legend does."""
    labels: list[frozenset[str]] = []
    for found in _NAME.finditer(expression):
        name, matchers = found[1], found[2] or ""
        try:
            one, known = figure(name)
        except (KeyError, AssertionError):
            yield f"there is no {name}"
            continue
        labels.append(known)
        asked = [label for label, _ in _MATCHER.findall(matchers)]
        if len(asked) != matchers.count('"') // 2:
            yield f"{name}: {matchers} cannot be read"
        yield from (f"{name} has no {label}" for label in asked if label not in known)
        is_rated = re.search(r"\b(rate|increase)\(\s*$", expression[: found.start()]) is not None
        if is_rated is not (one.kind is not MetricKind.GAUGE):
            yield f"{name} is a {one.kind.value}"
    told = [label.strip() for group in _GROUPED.findall(expression) for label in group.split(",") if label.strip()]
    every = frozenset.intersection(*labels) if labels else frozenset()
    some = frozenset().union(*labels)
    yield from (f"not each of these has {label}: {expression}" for label in told if label not in every)
    grouped = [set(map(str.strip, group.split(","))) for group in re.findall(r"\bby\s*\(([^)]*)\)", expression)]
    left = set.union(*grouped) if grouped else some
    names = set(_LEGEND.findall(shown)) - {"value"}
    yield from (f"a legend names {label}, which is not there" for label in sorted(names - left))


def targets() -> Iterator[tuple[str, dict[str, Any]]]:
    for panel in BOARD["panels"]:
        for target in panel.get("targets", ()):
            yield f"{panel['title']} {target['refId']}", target


@pytest.mark.parametrize(
    ("title", "target"), tuple(targets()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_dashboard_asks_for_figures_that_there_are(title: str, target: dict[str, Any]) -> None:
    assert list(faults(target["expr"], target["legendFormat"])) == [], title
    assert target["datasource"] == {"type": "prometheus", "uid": "${source}"}


def test_each_figure_is_on_the_dashboard_or_left_out_on_purpose() -> None:
    asked = " ".join(target["expr"] for _, target in targets()) + json.dumps(BOARD["templating"])
    left_out = {"trueline_application_objects"}
    assert {one.name for one in METRICS if one.name not in asked} == left_out


def test_its_choices_are_labels_that_there_are() -> None:
    for one in BOARD["templating"]["list"]:
        if one["type"] == "query":
            expression, label = re.fullmatch(r"label_values\((.*), (\w+)\)", one["query"]["query"]).groups()  # type: ignore[union-attr]
            assert list(faults(expression)) == []
            assert label in figure(_NAME.match(expression)[1])[1]  # type: ignore[index]
    names = {one["name"] for one in BOARD["templating"]["list"]} | {"__rate_interval", "__all"}
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(BOARD))) <= names


def test_its_panels_lie_beside_each_other_and_have_numbers_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & cells, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_the_rules_ask_for_figures_that_there_are(rule: dict[str, Any]) -> None:
    assert list(faults(rule["expr"], rule["annotations"]["summary"])) == []
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}


@pytest.mark.parametrize(
    ("expression", "legend", "fault"),
    [
        ("trueline_no_such", "", "there is no"),
        ("trueline_commit_applied_seconds", "", "there is no"),
        ('trueline_applications{project="x"}', "", "has no project"),
        ("sum by (target) (trueline_applications)", "", "not each of these has target"),
        ("trueline_git_looks_total", "", "is a counter"),
        ("rate(trueline_listeners[5m])", "", "is a gauge"),
        ("sum by (sync) (trueline_applications)", "{{health}}", "a legend names health"),
    ],
)
def test_what_is_not_there_would_be_seen(expression: str, legend: str, fault: str) -> None:
    assert any(fault in one for one in faults(expression, legend))

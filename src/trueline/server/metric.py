"""The figures for Prometheus, written by hand: names begin with `trueline_`, units stand last."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from trueline.loop.engine import Engine

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Where the counters are.

    Renders by kind; requests by cluster, verb, resource and dry run; the answers of served sites by application and
    status.
    """

    renders: Callable[[], Mapping[str, int]]
    requests: Callable[[], Iterable[tuple[Labels, int]]]
    drifts_healed: Callable[[], int]
    answers: Callable[[], Iterable[tuple[Labels, int]]] = tuple


def exposition(engine: Engine, counts: Counts) -> str:
    """The text that Prometheus reads."""
    return "\n".join(_lines(engine, counts)) + "\n"


def _lines(engine: Engine, counts: Counts) -> Iterator[str]:
    standing = Counter((status.sync.value, status.health.value) for status in engine.statuses())
    rows = [((("sync", sync), ("health", health)), count) for (sync, health), count in sorted(standing.items())]
    yield from _family("trueline_applications", "gauge", "Applications, by sync and health.", rows)
    renders = [((("kind", kind),), count) for kind, count in sorted(counts.renders().items())]
    yield from _family("trueline_renders_total", "counter", "Renders that were not kept already.", renders)
    requests = sorted(counts.requests())
    yield from _family("trueline_kubernetes_requests_total", "counter", "Requests to API servers.", requests)
    answers = sorted(counts.answers())
    yield from _family("trueline_site_answers_total", "counter", "Answers of sites that are served here.", answers)
    healed = [((), counts.drifts_healed())]
    yield from _family("trueline_drift_healed_total", "counter", "Objects put back after drift.", healed)


def _family(name: str, kind: str, text: str, rows: Iterable[tuple[Labels, int]]) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"
    for labels, value in rows:
        shown = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels)
        yield f"{name}{{{shown}}} {value}" if shown else f"{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

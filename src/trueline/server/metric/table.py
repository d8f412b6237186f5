"""All figures. A new one is a row here, and a field of `Counts` where it comes from somewhere new."""

import platform
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from trueline.loop.kept import Kept
from trueline.server.metric.counts import Counts
from trueline.server.metric.metric import Metric, MetricKind, Row
from trueline.version import __version__


def _standing(counts: Counts) -> Iterator[Row]:
    standing = Counter((status.sync.value, status.health.value) for status in counts.engine.statuses())
    yield from sorted(standing.items())


def _kept(counts: Counts) -> Iterator[tuple[str, Kept]]:
    yield from sorted(counts.engine.kept.items())


def _info(counts: Counts) -> Iterator[Row]:
    for name, kept in _kept(counts):
        status = kept.status
        yield (name, kept.application.project, status.target, status.sync.value, status.health.value), 1


def _is_true(counts: Counts) -> Iterator[Row]:
    yield from (((name,), int(kept.status.is_true)) for name, kept in _kept(counts))


def _since(counts: Counts) -> Iterator[Row]:
    yield from (((name,), kept.status.since.timestamp()) for name, kept in _kept(counts))


def _objects(counts: Counts) -> Iterator[Row]:
    yield from (((name,), kept.status.objects) for name, kept in _kept(counts))


def _requests(counts: Counts) -> Iterator[Row]:
    for one in counts.requests():
        for (verb, resource, is_dry), count in sorted(one.sent.items()):
            yield (one.cluster, verb, resource, str(is_dry).lower()), count


def _request_answers(counts: Counts) -> Iterator[Row]:
    for one in counts.requests():
        for (verb, code), count in sorted(one.answers.items()):
            yield (one.cluster, verb, code), count


def _single(by: Mapping[str, int]) -> Iterator[Row]:
    yield from (((key,), count) for key, count in sorted(by.items()))


def _resident(counts: Counts) -> Iterator[Row]:
    if (found := counts.process.usage().resident_bytes) is not None:
        yield (), found


def _open_files(counts: Counts) -> Iterator[Row]:
    if (found := counts.process.usage().open_files) is not None:
        yield (), found


_GAUGE: Final = MetricKind.GAUGE
_COUNTER: Final = MetricKind.COUNTER
_HISTOGRAM: Final = MetricKind.HISTOGRAM

_APPLICATIONS: Final[tuple[Metric[Counts], ...]] = (
    Metric(
        name="trueline_applications",
        kind=_GAUGE,
        text="Applications, by sync and health.",
        labels=("sync", "health"),
        rows=_standing,
    ),
    Metric(
        name="trueline_application_info",
        kind=_GAUGE,
        text="How each application stands: always 1, the words are labels.",
        labels=("application", "project", "target", "sync", "health"),
        rows=_info,
    ),
    Metric(
        name="trueline_application_true",
        kind=_GAUGE,
        text="Whether an application is Synced and Healthy.",
        labels=("application",),
        rows=_is_true,
    ),
    Metric(
        name="trueline_application_since_timestamp_seconds",
        kind=_GAUGE,
        text="Since when the words for sync and health of an application are the same.",
        labels=("application",),
        rows=_since,
    ),
    Metric(
        name="trueline_application_objects",
        kind=_GAUGE,
        text="Objects that an application declares.",
        labels=("application",),
        rows=_objects,
    ),
)
_WAY: Final[tuple[Metric[Counts], ...]] = (
    Metric(
        name="trueline_commit_applied_seconds",
        kind=_HISTOGRAM,
        text="From a commit of the fleet repository to its deployment in an application.",
        rows=lambda counts: [((), counts.tally.applied)],
    ),
    Metric(
        name="trueline_commit_healthy_seconds",
        kind=_HISTOGRAM,
        text="From a commit of the fleet repository to an application that is True with it.",
        rows=lambda counts: [((), counts.tally.healthy)],
    ),
    Metric(
        name="trueline_drift_found_total",
        kind=_COUNTER,
        text="Objects that were found to differ though Git had nothing newer.",
        labels=("application", "drift"),
        rows=lambda counts: sorted(counts.tally.drifts.items()),
    ),
    Metric(
        name="trueline_drift_healed_total",
        kind=_COUNTER,
        text="Objects put back after drift.",
        labels=("application",),
        rows=lambda counts: _single(counts.tally.heals),
    ),
)
_LOOP: Final[tuple[Metric[Counts], ...]] = (
    Metric(
        name="trueline_pass_duration_seconds",
        kind=_HISTOGRAM,
        text="How long passes took: over a whole application or single objects, made or failed.",
        labels=("extent", "result"),
        rows=lambda counts: sorted(counts.engine.measures.passes.items(), key=lambda row: row[0]),
    ),
    Metric(
        name="trueline_queue_waiting",
        kind=_GAUGE,
        text="Applications whose turn is due and has not come.",
        rows=lambda counts: [((), counts.engine.queue.waiting)],
    ),
    Metric(
        name="trueline_queue_oldest_seconds",
        kind=_GAUGE,
        text="How long the first of them has waited.",
        rows=lambda counts: [((), counts.engine.queue.oldest_s)],
    ),
    Metric(
        name="trueline_queue_paused",
        kind=_GAUGE,
        text="Turns that come after a pause, as after a failure.",
        rows=lambda counts: [((), counts.engine.queue.paused)],
    ),
    Metric(
        name="trueline_git_looks_total",
        kind=_COUNTER,
        text="Looks at the fleet repository.",
        rows=lambda counts: [((), counts.engine.looks)],
    ),
    Metric(
        name="trueline_git_followed",
        kind=_GAUGE,
        text="Whether the fleet repository is followed, and nothing of it is wrong.",
        rows=lambda counts: [((), int(counts.engine.look is not None and not counts.engine.problems))],
    ),
    Metric(
        name="trueline_renders_total",
        kind=_COUNTER,
        text="Renders that were not kept already.",
        labels=("kind",),
        rows=lambda counts: _single(counts.renders()),
    ),
    Metric(
        name="trueline_renders_kept_total",
        kind=_COUNTER,
        text="Renders that were asked for and kept already.",
        rows=lambda counts: [((), counts.renders_kept())],
    ),
)
_ASKED: Final[tuple[Metric[Counts], ...]] = (
    Metric(
        name="trueline_kubernetes_requests_total",
        kind=_COUNTER,
        text="Requests to API servers.",
        labels=("cluster", "verb", "resource", "dry_run"),
        rows=_requests,
    ),
    Metric(
        name="trueline_kubernetes_answers_total",
        kind=_COUNTER,
        text="Answers of API servers, by the class of their status; `none` where none came.",
        labels=("cluster", "verb", "code"),
        rows=_request_answers,
    ),
    Metric(
        name="trueline_site_answers_total",
        kind=_COUNTER,
        text="Answers of sites that are served here.",
        labels=("application", "status"),
        rows=lambda counts: sorted(counts.site_answers()),
    ),
    Metric(
        name="trueline_hook_deliveries_total",
        kind=_COUNTER,
        text="Signed webhooks: looked at, about nothing, a ping, or refused with a code.",
        labels=("forge", "result"),
        rows=lambda counts: sorted(counts.deliveries().items()),
    ),
    Metric(
        name="trueline_notifier_failing",
        kind=_GAUGE,
        text="Whether a service of a Notifier takes nothing.",
        labels=("notifier",),
        rows=lambda counts: (((name,), int(is_failing)) for name, is_failing, _ in counts.notifiers()),
    ),
    Metric(
        name="trueline_notifier_messages_waiting",
        kind=_GAUGE,
        text="Messages of a Notifier that no service has taken yet.",
        labels=("notifier",),
        rows=lambda counts: (((name,), waiting) for name, _, waiting in counts.notifiers()),
    ),
    Metric(
        name="trueline_listeners",
        kind=_GAUGE,
        text="Who listens to the stream of events.",
        rows=lambda counts: [((), counts.listeners())],
    ),
    Metric(
        name="trueline_events_encoded_total",
        kind=_COUNTER,
        text="Events that were encoded for whoever listens.",
        rows=lambda counts: [((), counts.events())],
    ),
    Metric(
        name="trueline_journal_records",
        kind=_GAUGE,
        text="Records in the journal.",
        rows=lambda counts: [((), counts.records())],
    ),
)
_PROCESS: Final[tuple[Metric[Counts], ...]] = (
    Metric(
        name="trueline_build_info",
        kind=_GAUGE,
        text="Which program answers: always 1.",
        labels=("version", "python"),
        rows=lambda _: [((__version__, platform.python_version()), 1)],
    ),
    Metric(
        name="trueline_process_cpu_seconds_total",
        kind=_COUNTER,
        text="Processor time of this process, the toolbox apart.",
        rows=lambda counts: [((), counts.process.usage().cpu_s)],
    ),
    Metric(
        name="trueline_process_resident_bytes",
        kind=_GAUGE,
        text="Memory of this process.",
        rows=_resident,
    ),
    Metric(
        name="trueline_process_open_files",
        kind=_GAUGE,
        text="Files and connections that this process has open.",
        rows=_open_files,
    ),
)

METRICS: Final[tuple[Metric[Counts], ...]] = (*_APPLICATIONS, *_WAY, *_LOOP, *_ASKED, *_PROCESS)

"""Each figure moves when what it counts does, and is told under the name that the page of the docs has."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.server.bench import Bench, bench
from tests.server.metric.test_exposition import samples
from trueline.health.status import Status
from trueline.loop.schedule import Queue
from trueline.loop.status import Sync
from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin
from trueline.notify.notifier import Notifier, Slack
from trueline.record.journal import Kind, Note
from trueline.record.outbox import Post
from trueline.runtime.own_process import SystemProcess, Usage
from trueline.runtime.secret import SecretReference
from trueline.server.metric.exposition import Form, exposition
from trueline.server.metric.metric import MetricKind
from trueline.server.metric.table import METRICS

Found = dict[tuple[str, tuple[tuple[str, str], ...]], float]
COMMIT = "c" * 40


def told(made: Bench, form: Form = Form.TEXT) -> Found:
    """What Prometheus' parser reads of everything."""
    return samples(exposition(METRICS, made.parts.counts, form), form)


def hear(made: Bench, *notes: Note) -> None:
    """These were recorded, and are heard."""
    before = made.journal.head().sequence
    if notes:
        made.journal.append(notes)
    made.parts.counts.tally.hear(made.journal.after(before))


def _look(made: Bench, commit: str, ago_s: float = 0.0, ref: str = "main") -> None:
    committed = made.clock.now() - timedelta(seconds=ago_s)
    made.follows(SimpleNamespace(commit=commit, committed_at=committed, ref=f"refs/heads/{ref}"))
    hear(made, Note(kind=Kind.REVISION_SEEN, body={"commit": commit}))


def _deploy(made: Bench, commit: str = COMMIT, by: str = "git", result: str = "done") -> None:
    made.engine.kept["shop"].desired = cast("Any", SimpleNamespace(commit=commit, revision=f"main@{commit[:10]}"))
    hear(made, Note(kind=Kind.DEPLOYMENT_BEGUN, application="shop", body={"revision": commit, "by": by, "number": 1}))
    hear(made, Note(kind=Kind.DEPLOYMENT_ENDED, application="shop", body={"number": 1, "result": result}))


def _commit(made: Bench) -> None:
    _look(made, "0" * 40)
    _look(made, COMMIT, ago_s=7.0)
    _deploy(made)
    made.stands("shop", revision=f"main@{COMMIT[:10]}")
    hear(made)


def _drift(made: Bench) -> None:
    hear(made, Note(kind=Kind.DRIFT_FOUND, application="shop", body={"drift": "changed"}))


def _heal(made: Bench) -> None:
    hear(made, Note(kind=Kind.OUTCOME, application="shop", body={"action": "heal", "result": "done"}))
    hear(made, Note(kind=Kind.OUTCOME, application="shop", body={"action": "heal", "result": "refused"}))


def _record(made: Bench) -> None:
    made.journal.append([Note(kind=Kind.STARTED)])


def _fail(made: Bench) -> None:
    made.engine.problems = (Diagnostic(code="TL0101", summary="", detail="", remedy=""),)


def _use(made: Bench) -> None:
    made.process.used = Usage(cpu_s=1.5, resident_bytes=1 << 20, open_files=12)


def _queue(made: Bench) -> None:
    made.engine.queue = Queue(waiting=3, oldest_s=1.25, paused=2)


def _pass(made: Bench) -> None:
    made.engine.measures.passed(0.03, is_whole=False, is_made=True)


def _listen(made: Bench) -> None:
    made.parts.feed.__dict__["_listeners"][1] = object()


def _look_once(made: Bench) -> None:
    made.engine.looks += 1


def _refuse(made: Bench) -> None:
    key = SecretReference.parse({"secret": {"env": "KEY"}})
    made.notifiers.append(Notifier(name="ops", origin=Origin(path="n.yaml"), services={"slack-1": Slack(url=key)}))
    made.outbox.keep("ops", b"{}", [Post(service="slack-1", body=b"1"), Post(service="slack-1", body=b"2")])
    made.outbox.retry(made.outbox.heads()[0], made.clock.now(), "no answer")


def _at(made: Bench) -> None:
    made.stands("shop", since=datetime(2026, 1, 1, tzinfo=UTC))


SHOP = (("application", "shop"),)
MOVES: dict[str, tuple[Callable[[Bench], object], tuple[tuple[str, str], ...], float | None, float]] = {
    "trueline_applications": (
        lambda made: made.stands("till"),
        (("health", "Healthy"), ("sync", "Synced")),
        1,
        2,
    ),
    "trueline_application_info": (
        lambda made: made.stands("shop", sync=Sync.HELD),
        (*SHOP, ("health", "Healthy"), ("project", "default"), ("sync", "Held"), ("target", "embedded")),
        None,
        1,
    ),
    "trueline_application_true": (lambda made: made.stands("shop", health=Status.DEGRADED), SHOP, 1, 0),
    "trueline_application_since_timestamp_seconds": (_at, SHOP, 1782907200, 1767225600),
    "trueline_application_objects": (lambda made: made.stands("shop", objects=9), SHOP, 0, 9),
    "trueline_commit_applied_seconds": (_commit, (), 0, 1),
    "trueline_commit_healthy_seconds": (_commit, (), 0, 1),
    "trueline_drift_found_total": (_drift, (*SHOP, ("drift", "changed")), None, 1),
    "trueline_drift_healed_total": (_heal, SHOP, None, 1),
    "trueline_pass_duration_seconds": (_pass, (("extent", "objects"), ("result", "made")), 0, 1),
    "trueline_queue_waiting": (_queue, (), 0, 3),
    "trueline_queue_oldest_seconds": (_queue, (), 0, 1.25),
    "trueline_queue_paused": (_queue, (), 0, 2),
    "trueline_git_looks_total": (_look_once, (), 0, 1),
    "trueline_git_followed": (lambda made: made.declares(), (), 0, 1),
    "trueline_renders_total": (lambda made: made.renders.update(helm=2), (("kind", "helm"),), None, 2),
    "trueline_renders_kept_total": (lambda made: setattr(made, "renders_kept", 4), (), 0, 4),
    "trueline_kubernetes_requests_total": (
        lambda made: made.requests.update({("apply", "configmaps", True): 3}),
        (("cluster", 'a"b'), ("dry_run", "true"), ("resource", "configmaps"), ("verb", "apply")),
        None,
        3,
    ),
    "trueline_kubernetes_answers_total": (
        lambda made: made.request_answers.update({("apply", "4xx"): 3}),
        (("cluster", 'a"b'), ("code", "4xx"), ("verb", "apply")),
        None,
        3,
    ),
    "trueline_site_answers_total": (
        lambda made: made.site_answers.update({("docs", "404"): 3}),
        (("application", "docs"), ("status", "404")),
        None,
        3,
    ),
    "trueline_hook_deliveries_total": (
        lambda made: made.parts.hooks.counts.update({("github", "look"): 3}),
        (("forge", "github"), ("result", "look")),
        None,
        3,
    ),
    "trueline_notifier_failing": (_refuse, (("notifier", "ops"),), None, 1),
    "trueline_notifier_messages_waiting": (_refuse, (("notifier", "ops"),), None, 2),
    "trueline_listeners": (_listen, (), 0, 1),
    "trueline_events_encoded_total": (lambda made: setattr(made.parts.feed, "encoded", 5), (), 0, 5),
    "trueline_journal_records": (_record, (), 0, 1),
    "trueline_process_cpu_seconds_total": (_use, (), 0, 1.5),
    "trueline_process_resident_bytes": (_use, (), None, 1 << 20),
    "trueline_process_open_files": (_use, (), None, 12),
}


def test_there_is_a_test_for_each_figure() -> None:
    assert MOVES.keys() == {metric.name for metric in METRICS} - {"trueline_build_info"}
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert all(metric.name.startswith("trueline_") for metric in METRICS)
    assert all(metric.name.endswith("_total") is (metric.kind is MetricKind.COUNTER) for metric in METRICS)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("name", MOVES)
async def test_a_figure_moves_with_what_it_counts(name: str, form: Form) -> None:
    made = bench()
    move, labels, before, after = MOVES[name]
    kinds = {metric.name: metric.kind for metric in METRICS}
    key = (f"{name}_count" if kinds[name] is MetricKind.HISTOGRAM else name), labels
    assert told(made, form).get(key) == before
    move(made)
    assert told(made, form).get(key) == after


async def test_the_build_says_which_it_is() -> None:
    [labels] = [dict(labels) for name, labels in told(bench()) if name == "trueline_build_info"]
    assert labels.keys() == {"version", "python"}


async def test_both_forms_come_over_http() -> None:
    made = bench()
    async with made.client(is_private=False) as client:
        plain = await client.get("/metrics")
        assert plain.headers["Content-Type"] == Form.TEXT.value
        assert samples(await plain.text(), Form.TEXT)["trueline_application_true", SHOP] == 1
        opened = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        assert opened.headers["Content-Type"] == Form.OPEN.value
        assert samples(await opened.text(), Form.OPEN)["trueline_application_true", SHOP] == 1


# ---- how long a commit was on its way -------------------------------------------------------------------------------


def _sums(made: Bench) -> tuple[int, float, int, float]:
    tally = made.parts.counts.tally
    return tally.applied.count, tally.applied.sum, tally.healthy.count, tally.healthy.sum


async def test_a_commit_is_on_its_way_until_it_is_applied_and_until_it_is_true() -> None:
    made = bench()
    _look(made, "0" * 40)
    _look(made, COMMIT, ago_s=2.0)
    made.clock.pass_s(1.0)
    made.stands("shop", sync=Sync.SYNCED, health=Status.PROGRESSING, revision=f"main@{COMMIT[:10]}")
    _deploy(made)
    assert _sums(made) == (1, 3.0, 0, 0.0)
    made.clock.pass_s(4.0)
    made.stands("shop", health=Status.HEALTHY, revision="main@older")
    hear(made)
    assert _sums(made) == (1, 3.0, 0, 0.0), "it is true, but not with this commit"
    made.stands("shop", revision=f"main@{COMMIT[:10]}")
    hear(made)
    hear(made)
    assert _sums(made) == (1, 3.0, 1, 7.0)
    _deploy(made)
    assert _sums(made) == (1, 3.0, 1, 7.0), "a commit counts once for an application"


async def test_what_is_not_on_its_way_from_git_is_not_counted() -> None:
    made = bench()
    _look(made, COMMIT, ago_s=86_400.0)
    _deploy(made)
    assert _sums(made)[0] == 0, "it stood there already at the start"
    _look(made, "d" * 40)
    _deploy(made, "d" * 40, by="rollback")
    _deploy(made, "d" * 40, result="superseded")
    _deploy(made, "e" * 40)
    assert _sums(made)[0] == 0
    told_of: Any = made.engine.kept["shop"].application
    told_of.sources = (SimpleNamespace(url="https://git.example/charts", revision=""),)
    _deploy(made, "d" * 40)
    assert _sums(made)[0] == 0, "its own source tells"
    told_of.sources = ()
    _deploy(made, "d" * 40)
    assert _sums(made)[0] == 1
    made.engine.kept["shop"].desired = cast("Any", SimpleNamespace(commit="f" * 40, revision="main@f"))
    hear(made)
    made.stands("shop", revision="main@f")
    hear(made)
    assert _sums(made)[2] == 0, "something newer came before it was true"


async def test_commits_that_are_remembered_are_bounded() -> None:
    made = bench()
    for number in range(500):
        _look(made, f"{number:040}")
    _deploy(made, f"{1:040}")
    assert _sums(made)[0] == 0
    _deploy(made, f"{499:040}")
    assert _sums(made)[0] == 1


def test_this_process_uses_something() -> None:
    used = SystemProcess().usage()
    assert used.cpu_s > 0
    assert used.resident_bytes is None or used.resident_bytes > 1 << 20
    assert used.open_files is None or used.open_files > 2

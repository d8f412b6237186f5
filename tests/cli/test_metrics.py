"""A running `up` tells figures of what it really did: a commit on its way, requests, passes, and what it uses."""

import http.client
import time
from contextlib import closing

from tests.cli.person import TIMEOUT_S, Person
from tests.cli.test_user import place, running
from tests.server.metric.test_exposition import samples
from trueline.server.metric.exposition import Form

Found = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def figures(at: tuple[str, int], token: str) -> Found:
    """What Prometheus reads."""
    with closing(http.client.HTTPConnection(*at, timeout=TIMEOUT_S)) as connection:
        connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        assert answer.status == 200
        return samples(answer.read().decode(), Form.TEXT)


def _applied(found: Found) -> float:
    """How many applies the cluster answered well."""
    wanted = {("code", "2xx"), ("verb", "apply")}
    return sum(v for (name, labels), v in found.items() if name.endswith("_answers_total") and wanted <= {*labels})


def test_figures_are_of_what_was_done(person: Person) -> None:
    person.commit("one")
    with running(person, "--interval", "1h") as told:
        at = place(told)
        token = person.types("token", "create", "prometheus").strip().splitlines()[-1]
        before = figures(at, token)
        assert before["trueline_commit_applied_seconds_count", ()] == 0, "it stood there at the start"
        assert before["trueline_applications", (("health", "Healthy"), ("sync", "Synced"))] == 1
        assert before["trueline_queue_waiting", ()] == 0
        assert sum(value for (name, _), value in before.items() if name == "trueline_kubernetes_answers_total") > 2
        person.write("green")
        person.commit("two")
        with closing(http.client.HTTPConnection(*at, timeout=TIMEOUT_S)) as connection:
            connection.request("POST", "/hooks/git")
            assert connection.getresponse().status == 202
        after = before
        for _ in range(100):
            after = figures(at, token)
            if after["trueline_commit_healthy_seconds_count", ()]:
                break
            time.sleep(0.1)
        assert after["trueline_commit_applied_seconds_count", ()] == 1
        assert 0 <= after["trueline_commit_applied_seconds_sum", ()] < 60
        assert after["trueline_commit_healthy_seconds_count", ()] == 1
        assert _applied(after) > _applied(before) > 0
        assert after["trueline_git_looks_total", ()] > before["trueline_git_looks_total", ()]
        passes = (("extent", "whole"), ("result", "made"))
        assert after["trueline_pass_duration_seconds_count", passes] >= 1
        assert after["trueline_process_resident_bytes", ()] > 10 << 20
        assert "correct-horse" not in str(after)

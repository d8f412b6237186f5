"""A running `up` hears a signed webhook, and looks at once: at the fleet, or at the one source that moved."""

import hmac
import http.client
import json
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.cli.person import FLEET, MANIFESTS, TIMEOUT_S, Person
from tests.cli.test_user import place, running

SECRET = "hunter2-of-the-webhook-0123456789"
CHARTS = """---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: till}
spec:
  source: {url: PLACE, path: all}
  target: {cluster: embedded, namespace: till, createNamespace: true}
"""


def deliver(at: tuple[str, int], repository: str, *, secret: str = SECRET) -> int:
    """A push of GitHub's: the status of the answer."""
    value = {"ref": "refs/heads/main", "repository": {"full_name": repository}, "after": str(time.monotonic_ns())}
    body = json.dumps(value).encode()
    signed = hmac.new(secret.encode(), body, "sha256").hexdigest()
    headers = {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={signed}", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection(*at, timeout=TIMEOUT_S)) as connection:
        connection.request("POST", "/hooks/github", body, headers)
        return connection.getresponse().status


def until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for it."""
    for _ in range(200):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError(f"never {what}")


def test_a_signed_webhook_is_looked_at_and_another_is_not(person: Person) -> None:
    """INV-11: on the whole way, with an interval that does not come round."""
    secret, charts = person.home / "secret", person.home / "charts"
    secret.write_text(SECRET)
    charts.mkdir()
    (charts / "all").mkdir()

    def save(colour: str) -> None:
        (charts / "all" / "all.yaml").write_text(MANIFESTS.replace("COLOUR", colour))
        words: list[Any] = ["git", "-C", charts, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        for more in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", colour]):
            subprocess.run([*words, *more], check=True, env=person.environment)

    def revision(name: str) -> Any:
        found: Any = json.loads(person.types("status", "-o", "json", code=None))  # 2 until all stands
        return next(one["revision"] for one in found if one["application"] == name)

    save("red")
    person.write("blue", declaration=FLEET + CHARTS.replace("PLACE", f"file://{charts}"))
    person.commit("one")
    with running(person, "--interval", "1h", "--hook-secret", f"github={secret}") as told:
        at = place(told)
        until(lambda: bool(revision("till") and revision("shop")), "applied what was there first")
        before, fleet_before = revision("till"), revision("shop")
        save("green")
        person.write("green", declaration=FLEET + CHARTS.replace("PLACE", f"file://{charts}"))
        person.commit("two")
        assert deliver(at, "team/charts", secret="hunter2 of somebody else") == 401
        time.sleep(1.0)
        assert revision("till") == before
        assert deliver(at, "charts") == 202
        until(lambda: revision("till") != before, "looked at the source")
        assert revision("shop") == fleet_before, "the fleet was looked at for a push to another repository"
        assert deliver(at, "fleet") == 202
        until(lambda: revision("shop") != fleet_before, "looked at the fleet")
    shutil.rmtree(charts)
    person.types("verify")


@pytest.mark.parametrize("value", ["github", "github=", "forgejo=x", "=x", "github=x --hook-secret github=y"])
def test_an_option_that_names_no_forge_and_file_is_refused(person: Person, value: str) -> None:
    person.types("up", "fleet", "--hook-secret", *value.split(" "), code=64)
    assert "FORGE=FILE" in person.stderr


def test_a_secret_that_cannot_be_read_stops_the_start(person: Person) -> None:
    person.commit("one")
    person.types("up", "fleet", "--once", "--hook-secret", "github=away", code=1)
    assert "TL2010" in person.stderr

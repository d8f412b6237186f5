"""The commands end to end against the embedded cluster, as a person types them."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from trueline.model.fault import UserError
from trueline.runtime.toolbox_process import find_toolbox

FLEET = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: shop}
spec:
  source: {path: apps/shop}
  target: {cluster: embedded, namespace: shop, createNamespace: true}
"""
MANIFESTS = """apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: COLOUR}
---
apiVersion: v1
kind: Secret
metadata: {name: token}
stringData: {password: correct-horse}
"""
TIMEOUT_S = 90.0


def _has_toolbox() -> bool:
    try:
        find_toolbox()
    except UserError:
        return False
    return True


pytestmark = pytest.mark.skipif(not _has_toolbox() or not shutil.which("git"), reason="no toolbox or no git")


@dataclass
class Person:
    """Somebody with a fleet repository and a terminal."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def fleet(self) -> Path:
        """The repository."""
        return self.home / "fleet"

    def write(self, colour: str, *, declaration: str = FLEET) -> None:
        """Put files into the working tree."""
        (self.fleet / "apps" / "shop").mkdir(parents=True, exist_ok=True)
        (self.fleet / "fleet.yaml").write_text(declaration)
        (self.fleet / "apps" / "shop" / "all.yaml").write_text(MANIFESTS.replace("COLOUR", colour))

    def commit(self, message: str) -> None:
        """Commit the working tree."""
        if not (self.fleet / ".git").exists():
            self._git("init", "-q", "-b", "main")
        self._git("add", "-A")
        self._git("commit", "-q", "-m", message)

    def rewrite(self, colour: str) -> None:
        """Put another commit in the place of the newest one."""
        self.write(colour)
        self._git("add", "-A")
        self._git("commit", "-q", "--amend", "-m", "rewritten")

    @property
    def head(self) -> str:
        """The newest commit."""
        asked = ["git", "-C", str(self.fleet), "rev-parse", "HEAD"]
        done = subprocess.run(asked, check=True, env=self.environment, capture_output=True, text=True)
        return str(done.stdout).strip()

    def _git(self, *arguments: str) -> None:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        subprocess.run(["git", "-C", self.fleet, *identity, *arguments], check=True, env=self.environment)

    def types(self, *arguments: str, code: int = 0) -> str:
        """Run a command line and expect its exit code; the answer is stdout."""
        done = subprocess.run(
            _command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
            cwd=self.home,
            timeout=TIMEOUT_S,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "correct-horse" not in done.stderr
        self.stderr = done.stderr
        return done.stdout

    def json(self, *arguments: str, code: int = 0) -> object:
        """The same, with a JSON answer."""
        return json.loads(self.types(*arguments, "-o", "json", code=code))

    def status(self, code: int = 0) -> dict[str, str]:
        """The one application's status."""
        found = self.json("status", code=code)
        assert isinstance(found, list)
        one: dict[str, str] = found[0]
        return one


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from trueline.cli.main import main; main()", *arguments]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    made = Person(home=tmp_path, environment=environment)
    made.write("blue")
    return made


def test_render_needs_no_cluster_and_no_git(person: Person) -> None:
    found = person.json("render", "fleet")
    assert isinstance(found, list)
    assert [body["kind"] for body in found] == ["ConfigMap", "Secret"]
    assert "colour: blue" in person.types("render", "fleet/apps/shop")
    assert not (person.home / ".local").exists()


def test_render_tells_what_does_not_parse_and_exits_1(person: Person) -> None:
    (person.fleet / "apps" / "shop" / "all.yaml").write_text("a: [")
    assert person.types("render", "fleet", code=1) == ""
    assert "apps/shop/all.yaml" in person.stderr
    assert "Traceback" not in person.stderr


def test_a_plan_writes_nothing_and_a_saved_one_is_applied_as_it_was_seen(person: Person) -> None:
    assert "ConfigMap/shop/settings" in person.types("plan", "fleet", "--save", "plan.json", code=2)
    assert not (person.home / ".local").exists()
    assert "correct-horse" not in (person.home / "plan.json").read_text()
    person.types("apply", "plan.json")
    assert person.types("plan", "fleet").count("+") == 0
    person.write("green")
    person.types("plan", "fleet", "--save", "plan.json", code=2)
    person.write("red")
    person.types("apply", "plan.json", code=1)
    assert "TL0730" in person.stderr
    assert "ConfigMap/shop/settings" in person.stderr
    assert "data.colour: blue → red" in person.types("plan", "fleet", code=2)


def test_up_once_rollback_restart_and_release(person: Person) -> None:
    """The bad content stays held through a restart and a commit that changes nothing, until Git says otherwise."""
    person.commit("one")
    up = ("up", "fleet", "--once", "--listen", "none")
    assert "Synced" in person.types(*up)
    assert person.status()["true"]
    person.write("bad")
    person.commit("two")
    person.types(*up)
    answer = person.json("rollback", "shop")
    assert isinstance(answer, dict)
    assert answer["held"].startswith("main@")
    assert person.status(code=2)["message"].startswith("rolled back to ")
    (person.fleet / "README").write_text("nothing that is rendered")
    person.commit("three")
    person.types(*up, code=1)
    assert person.status(code=2)["sync"] == "Held"
    assert person.json("diff")[0]["counts"] == {"keep": 3}  # type: ignore[index]
    person.write("good")
    person.commit("four")
    person.types(*up)
    assert person.status()["sync"] == "Synced"
    history = person.json("history", "shop")
    assert isinstance(history, list)
    assert [one["by"] for one in history] == ["git", "rollback", "git", "git"]
    person.types("rollback", "shop", "abcdef12", code=1)
    assert "TL0712" in person.stderr
    person.types("rollback", "shpo", code=1)
    assert "TL0710" in person.stderr


def test_rewritten_history_and_an_emptied_fleet_wait_for_a_person(person: Person) -> None:
    """Older is never applied over newer, and a fleet that declares nothing removes nothing, until somebody agrees."""
    person.commit("one")
    up = ("up", "fleet", "--once", "--listen", "none")
    person.types(*up)
    person.write("two")
    person.commit("two")
    person.types(*up)
    person.rewrite("rewritten")
    person.types(*up, code=1)
    assert "TL0130" in person.stderr
    assert person.json("diff")[0]["counts"] == {"keep": 3}  # type: ignore[index]
    person.types("approve", "--revision", person.head)
    person.types(*up)
    shutil.rmtree(person.fleet / "apps")
    (person.fleet / "fleet.yaml").write_text("")
    person.commit("nothing")
    person.types(*up, code=1)
    assert "TL0702" in person.stderr
    person.types("approve", code=64)
    person.types("approve", "--revision", "main", code=64)


def test_a_hold_stops_what_follows_and_the_journal_shows_a_changed_byte(person: Person) -> None:
    person.commit("one")
    up = ("up", "fleet", "--once", "--listen", "none")
    person.types(*up)
    person.types("hold", "shop", "--why", "an incident")
    person.write("green")
    person.commit("two")
    person.types(*up, code=1)
    assert person.status(code=2)["sync"] == "Held"
    person.types("resume", "shop")
    person.types(*up)
    assert "the chain is whole" in person.types("verify")
    [store] = (person.home / ".local" / "state" / "trueline").glob("*/trueline.sqlite")
    database = sqlite3.connect(store)
    database.execute("UPDATE record SET application = 'shop2' WHERE sequence = 2")
    database.commit()
    database.close()
    person.types("verify", code=1)
    assert "TL0811" in person.stderr


def test_a_running_up_answers_on_its_socket_and_ends_cleanly(person: Person) -> None:
    person.commit("one")
    with subprocess.Popen(
        _command("up", "fleet", "--listen", "127.0.0.1:0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=person.environment,
        cwd=person.home,
    ) as running:
        assert running.stderr is not None
        assert running.stdout is not None
        for line in running.stderr:
            if "Healthy" in line:
                break
        assert person.status()["true"]
        person.types("up", "fleet", "--once", code=1)
        assert "TL0801" in person.stderr
        person.types("plan", "fleet")
        person.types("drift")
        person.types("apply", "shop")
        running.send_signal(signal.SIGINT)
        rest = running.stderr.read()
        assert running.wait(timeout=TIMEOUT_S) == 130
        assert running.stdout.read() == ""
        assert "Traceback" not in rest
    assert person.status()["true"]


def test_health_is_judged_offline(person: Person) -> None:
    live = {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}]}
    (person.home / "live.json").write_text(json.dumps(live))
    found = person.json("health", "-f", "live.json")
    assert isinstance(found, list)
    assert [one["status"] for one in found] == ["Healthy"]
    live["items"] = [{"apiVersion": "v1", "kind": "Service", "metadata": {}, "spec": {"type": "LoadBalancer"}}]
    (person.home / "live.json").write_text(json.dumps(live))
    person.types("health", "-f", "live.json", code=2)

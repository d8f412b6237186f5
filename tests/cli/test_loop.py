"""The commands end to end against the embedded cluster, as a person types them."""

import json
import shutil
import signal
import sqlite3
import subprocess

from tests.cli.person import TIMEOUT_S, Person, command


def test_render_needs_no_cluster_and_no_git(person: Person) -> None:
    found = person.json("render", "fleet")
    assert isinstance(found, list)
    assert [body["kind"] for body in found] == ["ConfigMap", "Secret"]
    assert "colour: blue" in person.types("render", "fleet/apps/shop")
    assert not (person.home / ".local").exists()


def test_render_takes_an_address_and_a_revision(person: Person) -> None:
    person.commit("one")
    first = person.head
    person.write("green")
    person.commit("two")
    person.write("red")
    assert "colour: red" in person.types("render", "fleet")
    assert "colour: green" in person.types("render", f"file://{person.fleet}")
    assert "colour: blue" in person.types("render", "fleet", "--revision", first)
    assert "colour: blue" in person.types("render", "fleet/apps/shop", "--revision", first)


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


def test_a_checkout_of_another_branch_deploys_nothing_until_a_person_says_which_is_meant(person: Person) -> None:
    person.commit("one")
    up = ("up", "fleet", "--once", "--listen", "none")
    person.types(*up)
    person.git("checkout", "-q", "-b", "feature")
    person.types(*up)
    person.write("green")
    person.commit("two")
    person.types(*up, code=1)
    assert "TL0703" in person.stderr
    assert "--revision main" in person.stderr
    person.git("checkout", "-q", "--detach")
    person.types(*up, code=1)
    assert "no branch is checked out" in person.stderr
    person.types(*up, "--revision", "main")
    person.git("checkout", "-q", "feature")
    person.types(*up, code=1)
    assert "data.colour: blue → green" in person.types("plan", "fleet", code=2)
    person.types("approve", "--revision", person.head)
    person.types(*up)
    assert person.status()["revision"].startswith("feature@")


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
    assert person.stderr == ""
    [anchors] = (person.home / ".local" / "state" / "trueline").glob("*/trueline.anchors")
    anchors.rename(person.home / "anchors")
    person.types("verify")
    assert "no anchor" in person.stderr
    (person.home / "anchors").rename(anchors)
    [store] = (person.home / ".local" / "state" / "trueline").glob("*/trueline.sqlite")
    database = sqlite3.connect(store)
    database.execute("UPDATE deployment SET by = 'nobody' WHERE number = 1")
    database.commit()
    person.types("verify", code=1)
    assert "TL0812" in person.stderr
    assert "deployment of shop 1: the store has another by" in person.stderr
    database.execute("UPDATE record SET application = 'shop2' WHERE sequence = 2")
    database.commit()
    database.close()
    person.types("verify", code=1)
    assert "TL0811" in person.stderr


def test_a_running_up_answers_on_its_socket_and_ends_cleanly(person: Person) -> None:
    person.commit("one")
    with subprocess.Popen(
        command("up", "fleet", "--listen", "127.0.0.1:0"),
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
        assert person.types("logs", "shop") == ""
        assert "runs no containers" in person.stderr
        person.types("apply", "shop")
        running.send_signal(signal.SIGINT)
        rest = running.stderr.read()
        assert running.wait(timeout=TIMEOUT_S) == 0
        assert running.stdout.read() == ""
        assert "Traceback" not in rest
    assert person.types("logs", "shop") == "", "and where none runs"
    assert "runs no containers" in person.stderr
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

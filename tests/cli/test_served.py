"""A site that `up` serves itself, as its readers and its writers meet it: a browser's requests, and a terminal."""

import http.client
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.person import Person, command

PATIENCE_S = 120.0
DECLARED = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: NAME}
spec:
  source: {path: docs}
  render: {site: {title: NAME}}
  target: {site: {serve: "127.0.0.1:PORT"}}
"""
HOME = "# Handbook\n\nWelcome. See [how to begin](guide/first.md).\n"
FIRST = "# First steps\n\nRun it.\n"
REDIRECTS = "/start /guide/first/ 302\n/guide/first/ /never 301\n"
HEADERS = "/*\n  Content-Security-Policy: default-src 'self'\n"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture
def writer(person: Person) -> Person:
    """Somebody whose fleet is one folder of Markdown."""
    shutil.rmtree(person.fleet)
    (person.fleet / "docs" / "guide").mkdir(parents=True)
    for path, text in {
        "index.md": HOME,
        "guide/first.md": FIRST,
        "_redirects": REDIRECTS,
        "_headers": HEADERS,
    }.items():
        (person.fleet / "docs" / path).write_text(text)
    return person


def declare(person: Person, ports: dict[str, int], message: str) -> None:
    documents = [DECLARED.replace("NAME", name).replace("PORT", str(port)) for name, port in ports.items()]
    (person.fleet / "fleet.yaml").write_text("---\n".join(documents))
    person.commit(message)


@contextmanager
def running(person: Person, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`up` runs inside the block; what it tells goes to a file."""
    argv = command("up", "fleet", "--listen", "none", "--interval", "1s", *arguments)
    with (person.home / "told").open("w") as told:
        process = subprocess.Popen(argv, stdout=told, stderr=told, env=person.environment, cwd=person.home, text=True)
        try:
            yield process
        finally:
            process.terminate()
            assert process.wait(PATIENCE_S) == 0, said(person)


def said(person: Person) -> str:
    return (person.home / "told").read_text()


def until(person: Person, holds: Callable[[], object], what: str) -> None:
    end_s = time.perf_counter() + PATIENCE_S
    while not holds():
        assert time.perf_counter() < end_s, f"still not {what}: {said(person)}"
        time.sleep(0.05)


def ask(port: int, path: str = "/") -> tuple[int, str, dict[str, str]]:
    """Status, text and headers; status 0 where nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}
    except ConnectionError:
        return 0, "", {}
    finally:
        connection.close()


def live(person: Person, path: str) -> Path:
    (found,) = person.home.glob(f".local/state/trueline/*/sites/handbook/{path}")
    return found


def test_a_site_is_served_kept_moved_and_rolled_back(writer: Person) -> None:
    port, other = free_port(), free_port()
    declare(writer, {"handbook": port}, "one")
    with running(writer):
        until(writer, lambda: ask(port)[0] == 200, "served")
        until(writer, lambda: f"handbook: served at http://127.0.0.1:{port}" in said(writer), "told")
        status, page, headers = ask(port, "/guide/first/")
        assert (status, headers["content-security-policy"]) == (200, "default-src 'self'")
        assert "Run it." in page
        assert ask(port, "/guide/first")[2]["location"] == "/guide/first/"
        assert ask(port, "/start?a=1")[0] == 302
        assert ask(port, "/start?a=1")[2]["location"] == "/guide/first/?a=1"
        assert ask(port, "/none")[0] == 404
        for _ in range(5):
            live(writer, "guide/first/index.html").write_text("tampered")
            assert ask(port, "/guide/first/")[1] == page
        until(writer, lambda: live(writer, "guide/first/index.html").read_text() == page, "put back")
        (writer.fleet / "docs" / "guide" / "first.md").write_text(FIRST + "\nAnd then some.\n")
        writer.commit("two")
        until(writer, lambda: "And then some" in ask(port, "/guide/first/")[1], "published anew")
        writer.types("rollback", "handbook")
        until(writer, lambda: ask(port, "/guide/first/")[1] == page, "rolled back")
        (writer.fleet / "docs" / "index.md").write_text(HOME + "\nMoved.\n")
        declare(writer, {"handbook": other}, "moved")
        until(writer, lambda: ask(other)[0] == 200, "served elsewhere")
        until(writer, lambda: ask(port)[0] == 0, "closed")
        assert ask(other, "/guide/first/")[0] == 200
        (writer.fleet / "fleet.yaml").write_text(
            DECLARED.replace("NAME", "another").replace("127.0.0.1:PORT", f"127.0.0.1:{port}")
        )
        writer.commit("gone")
        until(writer, lambda: "Waiting" in _status(writer), "waiting")
        assert ask(other)[0] == 200
        writer.types("approve", "handbook")
        until(writer, lambda: ask(other)[0] == 0, "closed")
        until(writer, lambda: ask(port)[0] == 200, "served for another")
        until(writer, lambda: f"handbook: no longer served at http://127.0.0.1:{other}" in said(writer), "told")


def _status(person: Person) -> str:
    argv = command("status", "-o", "json")
    done = subprocess.run(argv, env=person.environment, cwd=person.home, capture_output=True, text=True, check=False)
    return done.stdout


def test_what_was_live_is_served_though_git_is_away(writer: Person) -> None:
    port = free_port()
    declare(writer, {"handbook": port}, "one")
    with running(writer):
        until(writer, lambda: ask(port)[0] == 200, "served")
        until(writer, lambda: "Synced" in _status(writer), "recorded")
    assert ask(port)[0] == 0
    writer.fleet.rename(writer.home / "away")
    writer.fleet.mkdir()
    with running(writer):
        until(writer, lambda: ask(port)[0] == 200, "served")
        until(writer, lambda: "TL01" in said(writer), "told that Git is away")
        time.sleep(0.5)
        assert "Welcome" in ask(port)[1]


def test_an_address_that_cannot_be_had_stops_one_application_only(writer: Person) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port, shared = taken.getsockname()[1], free_port()
        declare(writer, {"handbook": port, "one": shared, "two": shared}, "one")
        with running(writer):
            until(writer, lambda: "TL1624" in said(writer) and "TL1625" in said(writer), "told")
            until(writer, lambda: ask(shared)[0] == 200, "served")
            until(writer, lambda: f"handbook: 127.0.0.1:{port}: " in said(writer), "told")
            taken.close()
            until(writer, lambda: ask(port)[0] == 200, "served when it is free")
            assert ask(shared)[0] == 200


def test_one_shot_commands_do_not_listen(writer: Person) -> None:
    port = free_port()
    declare(writer, {"handbook": port}, "one")
    with socket.create_server(("127.0.0.1", port)):  # nobody needs it
        assert "+ File/index.html" in writer.types("plan", "fleet", code=2)
        assert "File" in writer.types("render", "fleet")
        writer.types("apply", "fleet")
        assert live(writer, "index.html").exists()
        assert writer.types("plan", "fleet").count("File/") == 0
        assert writer.status()["sync"] == "Synced"
    writer.types("up", "fleet", "--once", "--listen", "none")
    assert f"handbook: served at http://127.0.0.1:{port}" in writer.stderr


def test_an_address_that_is_none_is_told_with_its_line(writer: Person) -> None:
    (writer.fleet / "fleet.yaml").write_text(
        DECLARED.replace("NAME", "handbook").replace('"127.0.0.1:PORT"', '"everywhere"')
    )
    writer.commit("one")
    writer.types("up", "fleet", "--once", "--listen", "none", code=1)
    assert "fleet.yaml:7" in writer.stderr
    assert "HOST:PORT, such as 127.0.0.1:8080" in writer.stderr

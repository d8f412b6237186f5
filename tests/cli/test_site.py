"""A folder of Markdown as its writers meet it: published, tampered with, broken, rolled back, removed."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli.person import Person, command

DECLARED = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: handbook}
spec:
  source: {path: docs}
  render: {site: {title: Handbook}}
  target: {directory: PLACE}
"""
HOME = "# Handbook\n\nWelcome. See [how to begin](guide/first.md#install).\n"
FIRST = "# First steps\n\n## Install\n\nRun it.\n"
PATIENCE_S = 90.0


@pytest.fixture
def writer(person: Person) -> Person:
    """Somebody whose fleet is one folder of Markdown, published to `www/handbook` of their home."""
    shutil.rmtree(person.fleet)
    (person.fleet / "docs" / "guide").mkdir(parents=True)
    (person.home / "www").mkdir()
    (person.fleet / "fleet.yaml").write_text(DECLARED.replace("PLACE", str(served(person))))
    (person.fleet / "docs" / "index.md").write_text(HOME)
    (person.fleet / "docs" / "guide" / "first.md").write_text(FIRST)
    return person


def served(person: Person) -> Path:
    """What a web server serves."""
    return person.home / "www" / "handbook"


@contextmanager
def kept(person: Person) -> Iterator[None]:
    """`up` keeps the site inside the block."""
    argv = command("up", "fleet", "--listen", "none", "--interval", "1s")
    with subprocess.Popen(
        argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=person.environment, cwd=person.home
    ) as running:
        try:
            until((served(person) / "index.html").exists, "published")
            yield
        finally:
            running.terminate()
            assert running.wait(PATIENCE_S) == 0


def shown(person: Person) -> str:
    """What `status` says, whatever it is."""
    argv = command("status", "-o", "json")
    done = subprocess.run(argv, env=person.environment, cwd=person.home, capture_output=True, text=True, check=False)
    return done.stdout


def until(holds: Callable[[], object], what: str) -> None:
    end_s = time.perf_counter() + PATIENCE_S
    while not holds():
        assert time.perf_counter() < end_s, f"still not {what}"
        time.sleep(0.05)


def test_a_site_is_published_kept_and_rolled_back(writer: Person) -> None:
    writer.commit("one")
    first = served(writer) / "guide" / "first" / "index.html"
    with kept(writer):
        page = first.read_text()
        assert '<h1 id="first-steps">' in page
        assert 'href="guide/first/#install"' in (served(writer) / "index.html").read_text()
        for number in range(6):  # nobody else has a right there: it is never given up
            first.write_text(f"tampered {number}")
            until(lambda: first.exists() and first.read_text() == page, "put back")
        first.unlink()
        until(lambda: first.exists() and first.read_text() == page, "made again")
        release = served(writer).readlink()
        (writer.fleet / "docs" / "guide" / "first.md").write_text(FIRST + "\nAnd then some.\n")
        writer.commit("two")
        until(lambda: "And then some" in first.read_text(), "published anew")
        assert served(writer).readlink() != release
        (writer.fleet / "docs" / "index.md").write_text(HOME.replace("first.md", "frist.md"))
        writer.commit("broken")
        until(lambda: "Blocked" in shown(writer), "told")
        assert "And then some" in first.read_text()
        assert "docs/index.md:3" in shown(writer)
        writer.types("rollback", "handbook")
        until(lambda: "And then some" not in first.read_text(), "rolled back")
        assert served(writer).readlink() == release


def test_a_site_is_planned_and_what_is_wrong_has_its_line(writer: Person) -> None:
    writer.commit("one")
    found = writer.types("plan", "fleet", code=2)
    assert "+ File/guide/first/index.html" in found
    assert not served(writer).exists()
    (writer.fleet / "docs" / "index.md").write_text(HOME.replace("#install", "#uninstall"))
    writer.commit("broken")
    writer.types("up", "fleet", "--once", code=1)
    assert "docs/index.md:3" in writer.stderr
    assert not served(writer).exists()


def test_what_is_not_ours_is_not_replaced_and_a_removal_leaves_it(writer: Person) -> None:
    served(writer).mkdir()
    (served(writer) / "theirs.html").write_text("theirs")
    writer.commit("one")
    writer.types("up", "fleet", "--once", code=1)
    assert (served(writer) / "theirs.html").read_text() == "theirs"
    shutil.rmtree(served(writer))
    writer.types("up", "fleet", "--once")
    assert (served(writer) / "index.html").exists()
    (writer.home / "www" / "other.html").write_text("theirs")
    (writer.fleet / "fleet.yaml").write_text(
        DECLARED.replace("handbook}", "another}").replace("PLACE", "/nowhere/at/all")
    )
    writer.commit("gone")
    writer.types("up", "fleet", "--once", code=1)
    status = {one["application"]: one for one in writer.json("status", code=2)}  # type: ignore[attr-defined]
    assert status["handbook"]["sync"] == "Waiting"
    writer.types("approve", "handbook")
    writer.types("up", "fleet", "--once", code=1)
    assert not served(writer).is_symlink()
    assert (writer.home / "www" / "other.html").exists()


def test_a_link_to_another_site_that_is_broken_is_told_and_stops_nothing(writer: Person) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        away = f"http://127.0.0.1:{server.server_port}/not-there"
        (writer.fleet / "docs" / "index.md").write_text(HOME + f"\n[away]({away})\n")
        writer.commit("not asked for")
        writer.types("up", "fleet", "--once")
        assert "TL1542" not in writer.stderr
        declared = DECLARED.replace("Handbook}", "Handbook, externalLinks: warn}").replace("PLACE", str(served(writer)))
        (writer.fleet / "fleet.yaml").write_text(declared)
        writer.commit("asked for")
        writer.types("up", "fleet", "--once")
        assert f"docs/index.md:5): {away}: it answers 404" in writer.stderr
    finally:
        server.shutdown()
        server.server_close()


def test_a_page_does_not_vanish_without_a_redirect(writer: Person) -> None:
    first = served(writer) / "guide" / "first" / "index.html"
    writer.commit("one")
    writer.types("up", "fleet", "--once")
    home, page = writer.fleet / "docs" / "index.md", writer.fleet / "docs" / "guide" / "first.md"
    home.write_text("# Handbook\n\nWelcome.\n")
    page.unlink()
    writer.commit("gone")
    writer.types("up", "fleet", "--once", code=1)
    assert "/guide/first/" in shown(writer)
    assert "TL1540" in writer.types("plan", "fleet", code=1) + writer.stderr
    assert "Run it" in first.read_text()
    (writer.fleet / "docs" / "_redirects").write_text("/guide/* /\n")
    writer.commit("led on")
    writer.types("up", "fleet", "--once")
    assert not first.exists()
    writer.types("rollback", "handbook")
    writer.types("up", "fleet", "--once", code=1)  # held
    assert "Run it" in first.read_text()
    page.write_text(FIRST)
    home.write_text(HOME.replace("Welcome", "Hello"))
    (writer.fleet / "docs" / "new.md").write_text("# New\n")
    writer.commit("back, and a new page")
    writer.types("resume", "handbook")
    writer.types("up", "fleet", "--once")
    writer.types("rollback", "handbook")  # a new page goes with the release that brought it: a person has decided
    assert not (served(writer) / "new" / "index.html").exists()


def test_a_page_does_not_vanish_because_another_application_cannot_be_read(writer: Person) -> None:
    """INV-03: it may be that one's page soon is said of single objects; a release is switched as a whole."""
    first = served(writer) / "guide" / "first" / "index.html"
    other = DECLARED.replace("handbook", "other").replace("docs", "more").replace("PLACE", str(served(writer)) + "-2")
    (writer.fleet / "fleet.yaml").write_text(DECLARED.replace("PLACE", str(served(writer))) + "---\n" + other)
    (writer.fleet / "more").mkdir()
    (writer.fleet / "more" / "index.md").write_text("# More\n")
    writer.commit("one")
    writer.types("up", "fleet", "--once")
    (writer.fleet / "docs" / "index.md").write_text("# Handbook\n\nWelcome.\n")
    (writer.fleet / "docs" / "guide" / "first.md").unlink()
    (writer.fleet / "more" / "index.md").write_text("# More\n\n[nowhere](nowhere.md)\n")
    writer.commit("gone here, broken there")
    writer.types("up", "fleet", "--once", code=1)
    assert "TL1540" in writer.stderr
    assert "Run it" in first.read_text()


def test_what_is_published_is_kept_while_a_newer_commit_is_refused(writer: Person) -> None:
    """Also the files that the refused commit changes, and the pointer; over a start too."""
    writer.commit("one")
    writer.types("up", "fleet", "--once")
    home, page = served(writer) / "index.html", served(writer) / "guide" / "first" / "index.html"
    good, release = home.read_text(), served(writer).readlink()
    (writer.fleet / "docs" / "index.md").write_text("# Handbook\n\nOther words.\n")
    (writer.fleet / "docs" / "guide" / "first.md").unlink()
    writer.commit("a page vanishes")
    with kept(writer):
        until(lambda: "TL1540" in shown(writer), "refused")
        home.write_text("tampered")
        until(lambda: home.read_text() == good, "put back")
        home.unlink()
        until(home.exists, "put back")
        page.write_text("tampered")
        until(lambda: "Run it" in page.read_text(), "put back")
        page.unlink()
        until(page.exists, "made again, though the refused commit would take it away")
        served(writer).unlink()
        until(home.exists, "switched back")
        assert (home.read_text(), served(writer).readlink()) == (good, release)
        assert "TL1540" in shown(writer)

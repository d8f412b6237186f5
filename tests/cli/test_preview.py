"""`trueline preview` as a writer meets it: a terminal, a browser's requests, and an editor that saves."""

import shutil
from pathlib import Path

import pytest

from tests.cli.person import Person
from tests.cli.previewed import FIRST, HOME, committed, previewed

FLEET = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: NAME}
spec:
  source: {path: NAME}
  render: {site: {title: Declared}}
  target: {site: {serve: "127.0.0.1:1"}}
"""


GENERATED = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: made}
spec:
  source: {path: site}
  render: {site: {command: [sh, -ec, "mkdir out; cp index.html out"], output: out}}
  target: {site: {serve: "127.0.0.1:1"}}
"""


@pytest.fixture
def docs(person: Person) -> Path:
    return committed(person)


def test_a_writer_sees_each_save_beside_the_last_commit(person: Person, docs: Path) -> None:
    (docs / "first.md").write_text(FIRST.replace("care", "joy"))
    (docs / "new.md").write_text("# New\n")
    (docs / "old.md").unlink()
    with previewed(person) as running:
        assert "  ~ /first/\n  + /new/\n  - /old/ (leads nowhere now: it needs a redirect)\n" in running.said
        status, page, headers = running.ask("/first/")
        assert (status, headers["x-robots-tag"], headers["cache-control"]) == (200, "noindex, nofollow", "no-store")
        assert "with joy" in page
        assert page.index('<script src="/-/preview.js"') < page.index("</body>")
        assert running.ask("/first")[2]["location"] == "/first/"
        assert running.ask("/none")[0] == 404
        assert "preview.js" in running.ask("/none")[1]

        changes = running.ask("/-/changes")[1]
        for word, path in (("changed", "first/index.html"), ("added", "new/index.html"), ("removed", "old/index.html")):
            assert f"<li class={word}>" in changes
            assert f'href="/-/compare/{path}"' in changes
        compared = running.ask("/-/compare/first/index.html")[1]
        assert 'src="/-/before/first/"' in compared
        assert 'src="/first/"' in compared
        assert "Run it with <del>care</del><ins>joy</ins>." in compared
        assert running.ask("/-/compare/old/index.html")[1].count("<iframe") == 1
        assert "with care" in running.ask("/-/before/first/")[1]
        assert running.ask("/-/before/first")[2]["location"] == "/-/before/first/"
        assert running.ask("/-/before/old/")[0] == 200
        assert running.ask("/old/")[0] == 404
        for name in ("preview.js", "compare.js", "preview.css"):
            assert running.ask(f"/-/{name}")[0] == 200
        assert running.ask("/-/none")[0] == 404

        with running.events() as events:
            number = next(events)["number"]
            (docs / "first.md").write_text(FIRST.replace("care", "skill"))
            assert next(events) == {"number": int(str(number)) + 1, "problems": []}
            assert "with skill" in running.ask("/first/")[1]


def test_a_build_that_fails_keeps_the_last_good_one(person: Person, docs: Path) -> None:
    with previewed(person) as running, running.events() as events:
        number = next(events)["number"]
        (docs / "index.md").write_text(HOME.replace("first.md", "frist.md"))
        event = next(events)
        assert event["number"] == number
        assert "TL1510" in str(event["problems"])
        assert "index.md:3" in str(event["problems"])
        assert running.ask("/")[0] == 200
        assert "frist" not in running.ask("/")[1]
        assert "index.md:3" in running.ask("/-/changes")[1]
        running.until(lambda: "index.md:3" in running.told, "told")
        (docs / "index.md").write_text(HOME.replace("Welcome", "Hello"))
        assert next(events)["problems"] == []
        assert "Hello" in running.ask("/")[1]


def test_a_preview_that_begins_broken_waits_for_the_mend(person: Person, docs: Path) -> None:
    (docs / "index.md").write_text("---\ntitle: [\n---\n# Home\n")
    with previewed(person) as running:
        assert "TL1503" in running.told
        status, page, _ = running.ask("/")
        assert (status, "TL1503" in page) == (503, True)
        (docs / "index.md").write_text(HOME)
        running.until(lambda: running.ask("/")[0] == 200, "mended")


def test_a_commit_is_what_is_compared_with(person: Person, docs: Path) -> None:
    (docs / "first.md").write_text(FIRST.replace("care", "joy"))
    with previewed(person) as running:
        assert "pages: 0 added, 1 changed" in running.said
        person.commit("two")
        running.until(lambda: "pages: 0 added, 0 changed" in running.said, "compared with the new commit")
        assert "The words of none differ." in running.ask("/-/changes")[1]


def test_only_what_changed_is_built_again(person: Person, docs: Path) -> None:
    """The second preview of a folder finds what the first one made."""
    with previewed(person):
        pass
    cache = person.home / ".cache" / "trueline" / "preview"
    (blobs,) = cache.glob("*/blobs")
    before = set(blobs.glob("*/*"))
    (docs / "first.md").write_text(FIRST.replace("care", "joy"))
    with previewed(person):
        pass
    made = [file.read_bytes() for file in blobs.glob("*/*") if file not in before]
    pages = [data for data in made if data.startswith(b"<!")]
    assert before
    assert len(pages) == 1
    assert b"with joy" in pages[0]
    assert not (person.home / ".local").exists()
    assert sorted(path.name for path in docs.iterdir()) == [".git", "first.md", "index.md", "old.md"]


def test_check_builds_once(person: Person, docs: Path) -> None:
    (docs / "first.md").write_text(FIRST.replace("care", "joy") + "\n![](a.png)\n")
    (docs / "a.png").write_bytes(b"\x89PNG broken")
    person.types("preview", "fleet", "--check", code=1)
    assert "TL15" in person.stderr
    (docs / "a.png").unlink()
    (docs / "first.md").write_text(FIRST.replace("care", "joy") + "\n<b>html</b>\n")
    said = person.types("preview", "fleet", "--check")
    assert "  ~ /first/" in said
    assert "new: TL1515" in said
    assert "1 findings new, 0 gone" in said
    person.commit("two")
    assert "pages: 0 added, 0 changed, 0 removed" in person.types("preview", "fleet", "--check")


def test_drafts_are_shown_when_asked_for(person: Person, docs: Path) -> None:
    (docs / "draft.md").write_text("---\ndraft: true\n---\n# Draft\n")
    assert "/draft/" not in person.types("preview", "fleet", "--check")
    assert "  + /draft/" in person.types("preview", "fleet", "--check", "--drafts")


def test_a_folder_without_git_is_shown_too(person: Person, docs: Path) -> None:
    shutil.rmtree(docs / ".git")
    said = person.types("preview", "fleet", "--check")
    assert "nothing to compare with" in said
    assert "is in no Git repository" in said


def test_a_folder_below_a_repository_is_compared_with_itself(person: Person, docs: Path) -> None:
    (docs / "guide").mkdir()
    for name in ("index.md", "first.md"):
        (docs / name).rename(docs / "guide" / name)
    person.commit("two")
    (docs / "guide" / "first.md").write_text(FIRST.replace("care", "joy"))
    assert "  ~ /first/\npages: 0 added, 1 changed" in person.types("preview", "fleet/guide", "--check")


def test_an_application_of_a_fleet(person: Person, docs: Path) -> None:
    for name in ("handbook", "manual"):
        (docs / name).mkdir()
        (docs / name / "index.md").write_text(f"# {name}\n")
    (docs / "fleet.yaml").write_text("---\n".join(FLEET.replace("NAME", name) for name in ("handbook", "manual")))
    person.commit("two")
    person.types("preview", "fleet", "--check", code=1)
    assert "TL0732" in person.stderr
    assert "handbook, manual" in person.stderr
    (docs / "handbook" / "index.md").write_text("# changed\n")
    assert "  ~ /\n" in person.types("preview", "fleet", "--check", "--app", "handbook")
    assert "pages: 0 added, 0 changed" in person.types("preview", "fleet", "--check", "--app", "manual")
    person.types("preview", "fleet", "--check", "--app", "none", code=1)
    assert "TL0701" in person.stderr


def test_who_asks_by_another_name_is_turned_away(person: Person, docs: Path) -> None:
    """A page elsewhere whose name leads to this machine must not read drafts."""
    assert docs.exists()
    with previewed(person) as running:
        for path in ("/", "/-/changes", "/-/events", "/-/before/"):
            assert running.ask(path, {"Host": "evil.example"})[0] == 421
        for host in ("localhost:8000", "127.0.0.1", "[::1]:1"):
            assert running.ask("/", {"Host": host})[0] == 200


def test_a_taken_address_is_told(person: Person, docs: Path) -> None:
    assert docs.exists()
    with previewed(person) as running:
        person.types("preview", "fleet", "--listen", f"127.0.0.1:{running.port}", code=1)
        assert "TL0734" in person.stderr
    person.types("preview", "fleet", "--listen", "everywhere", code=1)
    assert "TL0734" in person.stderr


def test_a_site_of_another_program(person: Person, docs: Path) -> None:
    """Built in its cell, as it would be for a target."""
    (docs / "fleet.yaml").write_text(GENERATED)
    (docs / "site").mkdir()
    (docs / "site" / "index.html").write_text("<!doctype html><title>made</title><main><p>made</p></main>")
    person.commit("two")
    assert "pages: 0 added, 0 changed" in person.types("preview", "fleet", "--check")
    (docs / "site" / "index.html").write_text("<!doctype html><title>made</title><main><p>made anew</p></main>")
    assert "  ~ /\n" in person.types("preview", "fleet", "--check")

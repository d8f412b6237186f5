"""Versions of a site as its writers meet them: published, one more by a tag, one that moved, one that is gone."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.person import Person

DECLARED = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: handbook}
spec:
  source: {SOURCE}
  render:
    site:
      title: Handbook
      url: "https://docs.example.com"
      versions: VERSIONS
  target: {directory: PLACE}
"""
VERSIONS = '{branches: [main, "release-*"], tags: ["v*"]}'
OWN = "path: docs"
GUIDE = "# Guide\n\nEdition {number}.\n"


def served(person: Person) -> Path:
    """What a web server serves."""
    return person.home / "www" / "handbook"


def declare(person: Person, versions: str = VERSIONS, source: str = OWN) -> None:
    """Write the one declaration."""
    text = DECLARED.replace("VERSIONS", versions).replace("SOURCE", source).replace("PLACE", str(served(person)))
    (person.fleet / "fleet.yaml").write_text(text)


def write(folder: Path, number: int) -> None:
    """Another edition of the guide."""
    (folder / "docs").mkdir(parents=True, exist_ok=True)
    (folder / "docs" / "index.md").write_text("# Handbook\n\nSee the [guide](guide.md).\n")
    (folder / "docs" / "guide.md").write_text(GUIDE.format(number=number))


@pytest.fixture
def writer(person: Person) -> Person:
    """Somebody whose fleet is a folder of Markdown with one release behind it."""
    shutil.rmtree(person.fleet)
    (person.home / "www").mkdir()
    write(person.fleet, 1)
    declare(person)
    person.commit("one")
    person.git("tag", "v1.0")
    person.git("branch", "release-1")
    write(person.fleet, 2)
    person.commit("two")
    return person


def editions(person: Person) -> dict[str, str]:
    """The edition in each folder of the site."""
    pages = sorted(served(person).glob("*/guide/index.html"))
    return {page.parts[-3]: page.read_text().split("Edition ")[1].split(".")[0] for page in pages}


def changed(person: Person) -> set[str]:
    """The folders and files that the last `up` wrote or took away, assets apart."""
    lines = [line.partition(" File/")[2] for line in person.stderr.splitlines() if " File/" in line]
    return {line if "/" not in line else line.split("/")[0] for line in lines}


def names(person: Person) -> list[str]:
    """The menu's entries."""
    return [one["name"] for one in json.loads((served(person) / "versions.json").read_text())["versions"]]


def test_branches_and_tags_are_published_and_followed(writer: Person) -> None:
    writer.types("up", "fleet", "--once")
    assert editions(writer) == {"latest": "2", "main": "2", "release-1": "1", "stable": "1", "v1.0": "1"}
    assert (served(writer) / "main" / "guide" / "index.html").read_text().count("/stable/guide/") == 2
    writer.types("up", "fleet", "--once")
    assert changed(writer) == set()

    write(writer.fleet, 3)
    writer.commit("three")
    writer.git("tag", "v2.0")
    write(writer.fleet, 4)
    writer.commit("four")
    writer.types("up", "fleet", "--once")
    assert editions(writer)["v2.0"] == editions(writer)["stable"] == "3"
    assert names(writer) == ["main", "v2.0", "v1.0", "release-1"]
    assert "release-1" not in changed(writer)

    writer.git("checkout", "-q", "release-1")
    write(writer.fleet, 5)
    writer.commit("mended")
    writer.git("checkout", "-q", "main")
    writer.types("up", "fleet", "--once")
    assert editions(writer)["release-1"] == "5"
    assert changed(writer) == {"release-1"}


def test_a_tag_that_is_deleted_takes_its_pages_with_it_and_comes_back_by_a_rollback(writer: Person) -> None:
    writer.git("checkout", "-q", "--orphan", "aside")
    write(writer.fleet, 9)
    writer.commit("a release that no branch holds")
    writer.git("tag", "v0.9")
    writer.git("checkout", "-q", "main")
    writer.git("branch", "-q", "-D", "aside")
    writer.types("up", "fleet", "--once")
    assert editions(writer)["v0.9"] == "9"

    writer.git("tag", "-d", "v0.9")
    writer.git("reflog", "expire", "--expire=now", "--all")
    writer.git("gc", "--quiet", "--prune=now")
    writer.types("up", "fleet", "--once")
    assert sorted(editions(writer)) == ["latest", "main", "release-1", "stable", "v1.0"]

    writer.types("rollback", "handbook")
    writer.types("up", "fleet", "--once", code=1)
    assert editions(writer)["v0.9"] == "9"
    assert "v0.9" in names(writer)


def test_a_branch_that_was_rewritten_is_doubted(writer: Person) -> None:
    writer.types("up", "fleet", "--once")
    writer.git("checkout", "-q", "release-1")
    write(writer.fleet, 7)
    writer.git("commit", "-q", "-a", "--amend", "-m", "rewritten")
    writer.git("checkout", "-q", "main")
    writer.types("up", "fleet", "--once", code=1)
    assert "TL0130" in writer.stderr
    assert "release-1@" in writer.stderr
    assert editions(writer)["release-1"] == "1"
    commit = writer.stderr.split("approve --revision ")[1].split(";")[0].strip()
    writer.types("approve", "--revision", commit)
    writer.types("up", "fleet", "--once")
    assert editions(writer)["release-1"] == "7"


def test_a_working_tree_is_the_version_of_its_branch(writer: Person) -> None:
    write(writer.fleet, 3)
    found = writer.json("render", "fleet")
    assert isinstance(found, list)
    paths = {one["path"]: one["blob"] for one in found if one["kind"] == "File"}
    folders = {path.split("/")[0] for path in paths if "/" in path}
    assert folders == {"latest", "main", "release-1", "stable", "v1.0"}
    assert paths["main/guide/index.html"] == paths["latest/guide/index.html"] != paths["v1.0/guide/index.html"]
    writer.types("up", "fleet", "--once")
    assert "~ File/main/guide/index.html" in writer.types("plan", "fleet", code=2)
    assert "v1.0" not in writer.types("plan", "fleet", code=2)
    shutil.rmtree(writer.fleet / ".git")
    found = writer.json("render", "fleet")
    assert isinstance(found, list)
    assert {one["path"].split("/")[0] for one in found if "/" in one.get("path", "")} == {"latest"}


def test_a_source_with_an_address_of_its_own(writer: Person) -> None:
    manual = Person(home=writer.home / "manual", environment=writer.environment)
    write(manual.fleet, 1)
    manual.commit("one")
    manual.git("tag", "-a", "-m", "the first", "v1.0")
    write(manual.fleet, 2)
    manual.commit("two")
    declare(writer, '{tags: ["v*"], default: latest}', f'url: "{manual.fleet}", path: docs')
    writer.commit("elsewhere")
    writer.types("up", "fleet", "--once")
    assert editions(writer) == {"latest": "2", "stable": "1", "v1.0": "1"}
    assert 'url=latest/"' in (served(writer) / "index.html").read_text()
    manual.git("tag", "v1.1")
    writer.types("up", "fleet", "--once")
    assert editions(writer) == {"latest": "2", "stable": "2", "v1.0": "1", "v1.1": "2"}
    shutil.rmtree(manual.fleet)
    writer.types("rollback", "handbook")
    writer.types("up", "fleet", "--once", code=1)
    assert editions(writer) == {"latest": "2", "stable": "1", "v1.0": "1"}


def test_what_cannot_be_published_side_by_side_leaves_all_as_it_is(writer: Person) -> None:
    writer.types("up", "fleet", "--once")
    before = editions(writer)
    for versions, code in (
        ('{tags: ["v*"], default: "v9"}', "TL1534"),
        ('{branches: ["**"]}', "TL1532"),
        ('{branches: ["main"], latest: mian}', "TL1534"),
        ('{tags: ["v*"], tag: x}', "TL0204"),
    ):
        writer.git("branch", "-f", "release/1")
        declare(writer, versions)
        writer.commit("wrong")
        writer.types("up", "fleet", "--once", code=1)
        assert code in writer.stderr
        assert "fleet.yaml:" in writer.stderr
        assert editions(writer) == before


def test_a_tag_of_no_commit_or_without_the_folder_is_left_out(writer: Person) -> None:
    blob = ["git", "-C", str(writer.fleet), "rev-parse", "HEAD:docs/guide.md"]
    found = subprocess.run(blob, check=True, env=writer.environment, capture_output=True, text=True)
    writer.git("tag", "v7", str(found.stdout).strip())
    writer.git("checkout", "-q", "--orphan", "aside")
    shutil.rmtree(writer.fleet / "docs")
    writer.commit("before there was a handbook")
    writer.git("tag", "v8")
    writer.git("checkout", "-q", "main")
    writer.types("up", "fleet", "--once")
    assert editions(writer) == {"latest": "2", "main": "2", "release-1": "1", "stable": "1", "v1.0": "1"}
    assert "TL1536" in writer.stderr
    assert "TL1535" in writer.stderr

"""A site that another program builds, as its writers meet it: published, kept, broken, attacked; never half of one."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.person import Person

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no confinement here: NOT RUN")
DECLARED = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: handbook}
spec:
  source: {path: docs}
  render: {site: RENDER}
  target: {directory: PLACE}
"""
SHELL = "{command: [sh, -e, build.sh], output: _site, timeoutSeconds: 60}"
BUILD = 'mkdir _site; for one in *.txt; do echo "<h1>$(cat $one)</h1>" > _site/${one%.txt}.html; done\n'


def served(person: Person) -> Path:
    """What a web server serves."""
    return person.home / "www" / "handbook"


def declare(person: Person, render: str, files: dict[str, str]) -> None:
    """The fleet: one application, built so."""
    declared = DECLARED.replace("PLACE", str(served(person))).replace("RENDER", render)
    (person.fleet / "fleet.yaml").write_text(declared)
    for path, text in files.items():
        file = person.fleet / "docs" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.fixture
def writer(person: Person) -> Person:
    shutil.rmtree(person.fleet)
    (person.home / "www").mkdir()
    (person.fleet / "docs").mkdir(parents=True)
    return person


def test_a_command_builds_a_site_that_is_published_and_kept(writer: Person) -> None:
    declare(writer, SHELL, {"build.sh": BUILD, "one.txt": "First"})
    writer.commit("one")
    assert "path: one.html" in writer.types("render", "fleet")
    assert not served(writer).exists()
    writer.types("up", "fleet", "--once")
    assert (served(writer) / "one.html").read_text() == "<h1>First</h1>\n"
    release = served(writer).readlink()
    (writer.fleet / "unrelated.txt").write_text("x")
    writer.commit("nothing of it")
    writer.types("up", "fleet", "--once")
    assert served(writer).readlink() == release
    declare(writer, SHELL, {"two.txt": "Second"})
    writer.commit("two")
    writer.types("up", "fleet", "--once")
    assert (served(writer) / "two.html").exists()
    assert list((writer.home).rglob("cells/*")) == []


@pytest.mark.parametrize(
    "attack",
    [
        "cp $HOME/../../../../etc/shadow _site/ || cat /etc/shadow > _site/x",
        "cat ORIGINAL > _site/x",
        "echo theirs > SERVED/one.html",
        "rm -rf SERVED ORIGINAL; ls SERVED",
        "ln -s ORIGINAL _site/x",
        "mkfifo _site/x",
        "exit 1",
        "cat ../fleet.yaml > _site/x",
        "cat PLACE/.git/config > _site/x",
    ],
)
def test_a_program_that_turned_hostile_publishes_nothing(writer: Person, attack: str) -> None:
    (writer.home / "key").write_text("correct-horse")
    declare(writer, SHELL, {"build.sh": BUILD, "one.txt": "First"})
    writer.commit("one")
    writer.types("up", "fleet", "--once")
    release = served(writer).readlink()
    places = {"SERVED": served(writer), "ORIGINAL": writer.home / "key", "PLACE": writer.fleet}
    for word, place in places.items():
        attack = attack.replace(word, str(place))
    declare(writer, SHELL, {"build.sh": f"{BUILD}{attack}\n", "one.txt": "Second"})
    writer.commit("hostile")
    writer.types("up", "fleet", "--once", code=1)
    assert "TL16" in writer.stderr
    assert served(writer).readlink() == release
    assert (served(writer) / "one.html").read_text() == "<h1>First</h1>\n"
    assert (writer.home / "key").read_text() == "correct-horse"


def test_python_builds_a_site(writer: Person) -> None:
    script = (
        "import pathlib\npathlib.Path('_site').mkdir()\npathlib.Path('_site/index.html').write_text('<h1>x</h1>')\n"
    )
    declare(writer, "{command: [python3, make.py], output: _site}", {"make.py": script})
    writer.commit("one")
    writer.types("up", "fleet", "--once")
    assert (served(writer) / "index.html").read_text() == "<h1>x</h1>"


def test_a_program_in_a_folder_that_whoever_runs_it_names(writer: Person) -> None:
    tool = writer.home / "tools" / "bin" / "my-generator"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\nmkdir _site; echo made > _site/x.txt\n")
    tool.chmod(0o755)
    declare(writer, "{command: [my-generator], output: _site}", {"a.txt": "a"})
    writer.commit("one")
    writer.types("render", "fleet", code=1)
    assert "TL1606" in writer.stderr
    writer.environment["TRUELINE_GENERATOR_PATHS"] = f"/:relative:{writer.home}/tools/"
    assert "path: x.txt" in writer.types("render", "fleet")
    declare(writer, "{command: [cat, FILE], output: _site}".replace("FILE", str(writer.fleet / "fleet.yaml")), {})
    writer.types("render", "fleet", code=1)
    assert "TL1607" in writer.stderr


@pytest.mark.skipif(find_spec("mkdocs") is None, reason="MkDocs is not installed: NOT RUN")
def test_a_project_of_mkdocs_is_found_built_and_told_of(writer: Person) -> None:
    pages = {"docs/index.md": "# Handbook\n\n[a](b.md)\n", "docs/b.md": "# B\n"}
    files = {"mkdocs.yml": "site_name: Handbook\n", **pages}
    declare(writer, "{}", files)
    (writer.fleet / "fleet.yaml").write_text(
        (writer.fleet / "fleet.yaml").read_text().replace("  render: {site: {}}\n", "")
    )
    writer.commit("one")
    writer.types("up", "fleet", "--once")
    assert "mkdocs" in (served(writer) / "index.html").read_text().lower()
    declare(writer, "{}", {})
    assert "path: assets/theme" in writer.types("render", "fleet"), "our own builder all the same"
    release = served(writer).readlink()
    declare(
        writer, "{mkdocs: {}}", {"mkdocs.yml": "site_name: Handbook\nstrict: true\n", "docs/index.md": "[a](c.md)\n"}
    )
    writer.commit("broken")
    writer.types("up", "fleet", "--once", code=1)
    assert "docs/docs/index.md:1" in writer.stderr
    assert served(writer).readlink() == release


def test_fields_that_do_not_go_together_are_told(writer: Person) -> None:
    declare(writer, "{command: [x], output: out, title: Z, pageBytesMax: 2048}", {})
    writer.commit("one")
    writer.types("render", "fleet", code=1)
    assert "`spec.render.site.command` and `spec.render.site.title`" in writer.stderr
    assert "pageBytesMax" in writer.stderr
    declare(writer, "{command: [x]}", {})
    writer.types("render", "fleet", code=1)
    assert "add `output`" in writer.stderr
    declare(writer, "{command: [x], output: out, timeoutSeconds: 99999}", {})
    writer.types("render", "fleet", code=1)
    assert "timeoutSeconds" in writer.stderr
    declare(writer, "{command: [x], output: ../out}", {})
    writer.types("render", "fleet", code=1)
    assert "output" in writer.stderr

"""The documents say what the code has: every field, every command and option; links lead somewhere; examples run."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from trueline.cli.main import COMMANDS, trueline
from trueline.declare.form import Form
from trueline.declare.kind import KINDS, LATER_KINDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(#[^)]*)?\)")
CODE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
RUNS = re.compile(r"<!-- runs -->\n```sh\n(.*?)```", re.DOTALL)
EXAMPLES = [(page, text) for page in PAGES for text in RUNS.findall(page.read_text())]
EXAMPLE_TIMEOUT_S = 180


def _forms(form: type[Form], seen: set[type[Form]]) -> Iterator[type[Form]]:
    if form in seen:
        return
    seen.add(form)
    yield form
    for field in msgspec.structs.fields(form):
        for kind in _structs(msgspec.inspect.type_info(field.type)):
            yield from _forms(kind, seen)


def _structs(info: msgspec.inspect.Type) -> Iterator[type[Form]]:
    match info:
        case msgspec.inspect.StructType(cls=cls) if issubclass(cls, Form):
            yield cls
        case msgspec.inspect.UnionType(types=types):
            for one in types:
                yield from _structs(one)
        case msgspec.inspect.VarTupleType(item_type=item):
            yield from _structs(item)
        case msgspec.inspect.DictType(value_type=value):
            yield from _structs(value)
        case _:
            pass


def test_every_field_of_a_declaration_is_documented() -> None:
    page = (DOCS / "reference" / "declarations.md").read_text()
    seen: set[type[Form]] = set()
    forms = [form for kind in KINDS.values() for form in _forms(kind, seen)]
    names = {field.encode_name for form in forms for field in msgspec.structs.fields(form)}
    assert len(forms) > 10, "the walk sees the forms inside"
    assert sorted(name for name in names if not re.search(rf"\b{name}\b", page)) == []
    assert [kind for kind in (*KINDS, *LATER_KINDS) if kind not in page] == []


def test_every_command_and_option_is_documented() -> None:
    page = (DOCS / "reference" / "command-line.md").read_text()
    context = click.Context(trueline)
    found = {name: trueline.get_command(context, name) for name in COMMANDS}
    options = {
        option
        for command in found.values()
        if command is not None
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }
    assert [name for name in found if not re.search(rf"`{name}[ `]", page)] == []
    assert sorted(option for option in options if f"`{option}" not in page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link, _ in LINK.findall(CODE.sub("", page.read_text())) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_a_document_has_an_example_that_runs() -> None:
    assert EXAMPLES


@pytest.mark.parametrize(("page", "text"), EXAMPLES, ids=lambda value: value.stem if isinstance(value, Path) else "")
def test_an_example_runs(page: Path, text: str, tmp_path: Path) -> None:
    command = tmp_path / "bin" / "trueline"
    command.parent.mkdir()
    start = "import sys; from trueline.cli.main import main; sys.exit(main())"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{start}" "$@"\n')
    command.chmod(0o755)
    names = [f"GIT_{role}_{key}" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")]
    work = tmp_path / "work"
    work.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "KUBE", "TRUELINE_"))},
        **dict.fromkeys(names, "ada@shop.example"),
        "EXAMPLES": str(ROOT / "examples"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "HOME": str(tmp_path),
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    done = subprocess.run(
        ["sh", "-euc", text],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        timeout=EXAMPLE_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, f"{page}:\n{done.stdout}\n{done.stderr}"

"""One word for one thing: the words of the design, and none of those it replaces, in every public name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "trueline"
FORBIDDEN = {
    "unit": "Application",
    "stack": "Application",
    "bundle": "Artifact",
    "checkout": "Artifact",
    "destination": "Target",
    "env": "Target",
    "environment": "Target",
}
MODULES_FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
EXCEPTIONS = {
    ("declare/form.py", "env"): "the field of a secret reference: the name of a variable of the process",
    ("runtime/secret.py", "ENV"): "the same",
    ("runtime/toolbox_process.py", "ENVIRONMENT"): "variables of the process",
    ("source/git_command.py", "ENVIRONMENT_PASSED"): "variables of the process",
}
PROCESS_VARIABLES = "environment"
"""As a field or a parameter it is what the operating system calls so: the variables of a process."""


def _words(name: str) -> list[str]:
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    return [part.lower().removesuffix("s") if part.lower() != "s" else "s" for part in parts]


def _public_names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Modules' and classes' own classes, functions and fields that do not begin with `_`."""
    bodies = [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    for node in (node for body in bodies for node in body):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                named = name
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                named = name
            case _:
                continue
        if not named.startswith("_"):
            yield named, node.lineno


def test_public_names_use_the_words_of_the_design() -> None:
    found = [
        f"{module}:{line}: {name} (say {FORBIDDEN[word]})"
        for path in sorted(SOURCES.rglob("*.py"))
        for module in [path.relative_to(SOURCES).as_posix()]
        for name, line in _public_names(ast.parse(path.read_text()))
        for word in _words(name)
        if word in FORBIDDEN and name != PROCESS_VARIABLES and (module, name) not in EXCEPTIONS
    ]
    assert found == []


def test_an_exception_is_still_needed() -> None:
    for module, name in EXCEPTIONS:
        names = {found for found, _ in _public_names(ast.parse((SOURCES / module).read_text()))}
        assert name in names, f"{module} has no {name} any more"


def test_a_module_has_a_subject() -> None:
    assert [p for p in SOURCES.rglob("*.py") if MODULES_FORBIDDEN & {*_words(p.stem), p.stem}] == []

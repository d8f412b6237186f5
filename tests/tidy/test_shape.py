"""How the sources are shaped: maps in every package, no function that grew, layers that hold."""

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "trueline"
LINES_MAX = 70


def test_no_function_is_longer_than_a_screen() -> None:
    grown = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has {lines} lines"
        for path in sorted(SOURCES.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for lines in [(node.end_lineno or node.lineno) - node.lineno + 1]
        if lines > LINES_MAX
    ]
    assert grown == []


def test_a_package_is_opened_by_its_map_and_nothing_else() -> None:
    for path in sorted(SOURCES.rglob("__init__.py")):
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), f"{path} has no docstring"
        assert len(tree.body) == 1, f"{path} holds more than its docstring"


def test_every_folder_with_modules_is_a_package() -> None:
    assert {p.parent for p in SOURCES.rglob("*.py")} == {p.parent for p in SOURCES.rglob("__init__.py")}


def test_every_module_says_what_it_is() -> None:
    assert [p for p in sorted(SOURCES.rglob("*.py")) if not ast.get_docstring(ast.parse(p.read_text()))] == []


def test_the_layers_hold() -> None:
    run = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    paths = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-c", run], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr

"""The entry point: what it imports, its exit codes, and that stdout has nothing but the answer."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from trueline.cli.blame import faults_of
from trueline.cli.main import COMMANDS, run_arguments, trueline
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Transient, UserError

HEAVY = ("aiohttp", "rich", "msgspec", "asyncio", "sqlite3", "trueline.wiring", "trueline.model")


def _python(code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, env=environment
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from trueline.cli.main import run_arguments; code = run_arguments(['--help']);"
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = _python(code)
    assert done.returncode == 0
    assert not [name for name in HEAVY if name in done.stderr.split()]
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(name: str) -> None:
    done = CliRunner().invoke(trueline, [name, "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["rendr"],
        ["render"],
        ["render", "/nowhere/at/all"],
        ["--nothing"],
        ["up", "REPO", "--interval", "fast"],
        ["render", ".", "-o", "table"],
        ["--server", "https://example.com", "render", "."],
        ["completion", "tcsh"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_64_and_leaves_stdout_empty(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_arguments(arguments) == 64
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err


def test_a_name_that_is_almost_right_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    run_arguments(["rendr"])
    assert "'render'" in capsys.readouterr().err


def test_the_form_may_stand_before_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_arguments(["-o", "json", "version"]) == 0
    assert capsys.readouterr().out.startswith("{")


def test_completions_name_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_arguments(["completion", "bash"]) == 0
    assert "_TRUELINE_COMPLETE" in capsys.readouterr().out


def _diagnostic(code: str) -> Diagnostic:
    return Diagnostic(code=code, summary="it is wrong", detail="this", remedy="do that")


def test_faults_are_found_in_groups_and_a_bug_among_them_is_a_bug() -> None:
    one, other = UserError([_diagnostic("TL0001")]), Transient([_diagnostic("TL0002")])
    assert faults_of(BaseExceptionGroup("", [one, ExceptionGroup("", [other])])) == (one, other)
    assert faults_of(ExceptionGroup("", [one, ValueError("ours")])) is None
    assert faults_of(BaseExceptionGroup("", [KeyboardInterrupt()])) == ()


def test_a_bug_is_told_as_ours() -> None:
    code = (
        "import sys, trueline.cli.about as about\n"
        "from trueline.cli.main import main\n"
        "def broken(_): raise RuntimeError('oh')\n"
        "about.say = broken\n"
        "main(['version'])"
    )
    done = _python(code)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" in done.stderr
    assert "bug of Trueline" in done.stderr

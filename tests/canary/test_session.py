"""INV-25: the search over what a whole test run wrote: it finds each leak that is planted, and fails the run by it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
HEAD = """
import base64, sqlite3, subprocess, sys, zlib
TOKEN = "correct" + "-horse"
"""
LEAKS = {
    "a file": ("(tmp_path / 'log').write_text('a ' + TOKEN)", "correct-horse in {}/log"),
    "a name": ("(tmp_path / TOKEN).write_text('')", "correct-horse in the name {}/correct-horse"),
    "base64": (
        "(tmp_path / 'plan').write_bytes(b'x' + base64.b64encode(b'ab' + TOKEN.encode()))",
        "correct-horse in {}/plan",
    ),
    "a packed file": ("(tmp_path / 'z').write_bytes(zlib.compress(TOKEN.encode()))", "correct-horse in {}/z, unpacked"),
    "a database": (
        (
            "d = sqlite3.connect(tmp_path / 'd'); d.execute('CREATE TABLE t (x)');"
            " d.execute('INSERT INTO t VALUES (?)', (zlib.compress(TOKEN.encode()),)); d.commit(); d.close()"
        ),
        "correct-horse in {}/d: t, unpacked",
    ),
    "a repository's settings": (
        (
            "[(tmp_path / 'b' / one).mkdir(parents=True) for one in ('objects', 'refs')];"
            " (tmp_path / 'b' / 'HEAD').write_text('x'); (tmp_path / 'b' / 'config').write_text(TOKEN)"
        ),
        "correct-horse in {}/b/config",
    ),
    "a work tree's settings": (
        "(tmp_path / 'w' / '.git').mkdir(parents=True); (tmp_path / 'w' / '.git' / 'config').write_text(TOKEN)",
        "correct-horse in {}/w/.git/config",
    ),
    "a child": (
        "subprocess.run([sys.executable, '-c', '0', TOKEN], check=True)",
        f"correct-horse in the arguments of {sys.executable}",
    ),
    "a child of a shell": ("subprocess.run('true ' + TOKEN, shell=True, check=True)", "in the arguments of "),
    "what is printed": ("print('it is ' + TOKEN)", "correct-horse in Captured stdout call of "),
}
NO_LEAKS = {
    "a work tree": "(tmp_path / 'w' / '.git').mkdir(parents=True); (tmp_path / 'w' / 'a.yaml').write_text(TOKEN)",
    "a folder in one": "(tmp_path / '.git').mkdir(); (tmp_path / 'a').mkdir(); (tmp_path / 'a/b').write_text(TOKEN)",
    "a fleet": "(tmp_path / 'fleet').mkdir(); (tmp_path / 'fleet' / 'a.yaml').write_text(TOKEN)",
    "a link": "(tmp_path / 'l').symlink_to(tmp_path / 'gone')",
    "a key": "(tmp_path / 'id_ed25519').write_text(TOKEN)",
    "what a failed test prints": "print(TOKEN)\n    raise LookupError",
}


def ran(tmp_path: Path, *bodies: str, options: tuple[str, ...] = ()) -> tuple[int, str, Path]:
    """A test run of its own, with its exit code, what it said, and its temporary directory."""
    tests = "".join(f"\n\ndef test_{index}(tmp_path):\n    {body}\n" for index, body in enumerate(bodies))
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "inner" / "test_inner.py").write_text(HEAD + tests)
    kept = ("-p", "tests.canary.session", "-p", "no:cacheprovider", "-p", "no:randomly", f"--basetemp={tmp_path}/made")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *kept, *options, str(tmp_path / "inner")],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))), "PYTEST_ADDOPTS": ""},
    )
    said, made = done.stdout, tmp_path / "made"
    for one in (tmp_path / "inner", made):  # what this test has planted is no leak of the run that it is part of
        subprocess.run(["rm", "-rf", one], check=True)
    return done.returncode, said, made


def test_each_leak_is_found(tmp_path: Path) -> None:
    """INV-25: wherever it is, and the run fails though every test passed."""
    code, said, made = ran(tmp_path, *(body for body, _ in LEAKS.values()))
    assert f"{len(LEAKS)} passed" in said, said
    assert code == pytest.ExitCode.TESTS_FAILED
    for index, (name, (_, told)) in enumerate(LEAKS.items()):
        assert told.format(made / f"test_{index}0") in said, name


def test_what_tests_put_there_is_none(tmp_path: Path) -> None:
    """What Git holds, and what the list of inputs names; what a failed test prints is for whoever mends it."""
    _, said, _ = ran(tmp_path, *NO_LEAKS.values())
    assert f"1 failed, {len(NO_LEAKS) - 1} passed" in said
    assert "no secret may be" not in said


def test_a_run_on_several_workers_fails_by_it_too(tmp_path: Path) -> None:
    """INV-25: what a worker finds is told by who started it."""
    code, said, _ = ran(tmp_path, LEAKS["a file"][0], options=("-n", "1"))
    assert code == pytest.ExitCode.TESTS_FAILED, said
    assert "correct-horse in " in said
    assert "1 passed" in said

"""A plugin for every test run: what the run wrote is searched for the secrets that tests use (INV-25).

Tests take their secrets from `MARKS`, so that they can be found again. At its end a process looks through its base
temporary directory (data directories, logs, databases, plans, what people typed and read), and through the arguments of
every child that it started and what passed tests have printed. What tests themselves put there is listed in `INPUTS`.
"""

import os
import sqlite3
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import pytest

from tests.canary.search import forms, rows

MARKS: Final = ("correct-horse", "correct horse battery", "battery-staple", "hunter2", "-of-the-sample", "canary-")
"""What every secret of a test is or contains."""
FORM_BYTES_MIN: Final = 7
"""A shorter piece of base64 stands anywhere."""
INPUTS: Final[Mapping[str, str]] = {
    "*/fleet": "a working tree of somebody, before its first commit",
    "*/planted": "what the canary planted",
    "*/planted[0-9]*": "this tree itself, with a bug in it",
    "*/mutants[0-9]*": "this tree itself, without a guard",
    "*/key": "a file of the host that a program must not read",
    "*/id_ed25519": "a file of the host that a program must not read",
    "*/beside": "a file of the host that a program must not read",
    "*/secret": "a secret that a declaration names by its file",
    "*/gitea.db": "what a real forge keeps of its own webhooks",
    "*/binary": "a file that is no secret's text",
    "*/kubeconfig": "what opens a cluster that is not there",
    "*/cut.kubeconfig": "what opens a cluster that is not there",
    "*/clusters[0-9]*/*.kubeconfig": "what opens a cluster that is not there",
    "*/etcd": "what the real control plane keeps: the cluster's own",
}
LEAKS = pytest.StashKey[list[str]]()
_SHOWN_MAX: Final = 20


def leaks(folder: Path) -> list[str]:
    """`MARK in PLACE` for each secret of a test that stands below a folder, where no test has put it."""
    return sorted({f"{mark} in {place}" for place, data in written(folder) for mark in marks(data)})


def marks(data: bytes) -> Iterator[str]:
    """The secrets of tests that stand in some bytes."""
    for mark, wanted in _FORMS.items():
        if any(form in data for form in wanted):
            yield mark


_FORMS = {
    mark: tuple(form for form in forms(mark) if len(form) >= FORM_BYTES_MIN or form == mark.encode()) for mark in MARKS
}


def written(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files that something under test may have written, and what databases hold.

    What Git holds in clear is an input: neither a working tree nor the objects of a repository are searched. Its
    configuration, its logs and what was fetched by which address are.
    """
    pending = [(str(folder), False)]
    while pending:
        above, is_tree = pending.pop()
        entries = _entries(above)
        names = {entry.name for entry in entries}
        is_tree = is_tree or ".git" in names
        is_bare = {"HEAD", "objects", "refs"} <= names
        for entry in entries:
            if entry.is_symlink() or any(fnmatch(entry.path, one) for one in INPUTS):
                continue
            if entry.is_dir():
                if not (is_bare and entry.name == "objects"):
                    pending.append((entry.path, is_tree and entry.name != ".git"))
            elif entry.is_file() and not is_tree:
                yield from _file(entry.path)


def _entries(folder: str) -> list["os.DirEntry[str]"]:
    with suppress(OSError), os.scandir(folder) as found:
        return list(found)
    return []


def _file(name: str) -> Iterator[tuple[str, bytes]]:
    try:
        data = Path(name).read_bytes()
    except OSError:  # it has left, or nobody may read it: then no leak is there
        return
    yield name, data
    yield f"the name {name}", Path(name).name.encode()
    with suppress(zlib.error):
        yield f"{name}, unpacked", zlib.decompress(data)
    if data.startswith(b"SQLite format 3"):
        with suppress(sqlite3.Error):  # damaged by a test
            yield from rows(Path(name), name)


class Watch:
    """What this process does while its tests run: the children it starts, and what its passed tests print."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.failed: set[str] = set()
        self.is_on = True

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit event of the interpreter."""
        if self.is_on and event == "subprocess.Popen":
            program, argv = arguments[0], arguments[1]
            words = [argv] if isinstance(argv, str | bytes) else [program, *argv]
            self.look(f"the arguments of {os.fsdecode(program)}", map(os.fsencode, filter(None, words)))

    def look(self, place: str, texts: Iterable[bytes]) -> None:
        """Search some texts."""
        self.found |= {f"{mark} in {place}" for text in texts for mark in marks(text)}


_WATCH = Watch()


def pytest_configure(config: pytest.Config) -> None:
    """Children are heard of from now on."""
    config.stash[LEAKS] = []
    sys.addaudithook(_WATCH.hear)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """The last report of a test has all that it printed. What a failed one did is for whoever mends it."""
    if report.failed:
        _WATCH.failed.add(report.nodeid)
    elif report.when == "teardown" and report.nodeid not in _WATCH.failed:
        for name, text in report.sections:
            _WATCH.look(f"{name} of {report.nodeid}", [text.encode(errors="replace")])


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Search, tell who started this process, and fail the run where something was found."""
    config = session.config
    _WATCH.is_on = False
    factory = getattr(config, "_tmp_path_factory", None)
    folder = getattr(factory, "_basetemp", None)
    found = sorted(_WATCH.found | set(leaks(folder) if folder is not None and not _is_spreading(config) else ()))
    config.stash[LEAKS] += found
    if hasattr(config, "workeroutput"):
        config.workeroutput["leaks"] = found
    if config.stash[LEAKS]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a worker has found."""
    node.config.stash[LEAKS] += getattr(node, "workeroutput", {}).get("leaks", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Where to look."""
    found = config.stash[LEAKS]
    if found:
        terminalreporter.section("secrets of tests where no secret may be", red=True)
        for line in found[:_SHOWN_MAX]:
            terminalreporter.line(line)
        if found[_SHOWN_MAX:]:
            terminalreporter.line(f"and {len(found) - _SHOWN_MAX} more")


def _is_spreading(config: pytest.Config) -> bool:
    """Workers have searched their own part."""
    return bool(config.getoption("dist", "no") != "no" and not hasattr(config, "workeroutput"))

"""A process that has imported pytest and what we depend on, and forks for each run of tests.

It imports nothing of Trueline, so that each fork imports the sources as they are then. A line of JSON in is what to
run, a line of JSON out is what became of it. The fork has a process group of its own: whatever it started ends with it.
"""

import gc
import importlib
import io
import json
import os
import select
import signal
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout, suppress
from typing import Any

import pytest

PRELOADED = ("aiohttp", "asyncio", "click", "hypothesis", "inline_snapshot", "msgspec", "pytest_asyncio", "uvloop")
_ALREADY_HERE = "ignore::pytest.PytestAssertRewriteWarning"
_NEEDLESS = [
    word for name in ("cacheprovider", "randomly", "inline_snapshot", "xdist") for word in ("-p", f"no:{name}")
]
_OPTIONS = ["-q", "-W", _ALREADY_HERE, *_NEEDLESS, "--no-header", "--tb=line"]
_CHUNK = 1 << 16


class _Seen:
    """What failed, and how many passed."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.broken: list[str] = []
        self.passed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(report.nodeid)


def _child(asked: dict[str, Any], answer: int) -> None:
    os.setpgid(0, 0)
    log = os.open(asked.get("log") or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (0, 1, 2):
        os.dup2(log if stream else os.open(os.devnull, os.O_RDONLY), stream)
    seen = _Seen()
    code = int(pytest.main([*_OPTIONS, *asked["options"], *asked["tests"]], plugins=[seen]))
    told = {"code": code, "failed": seen.failed, "broken": seen.broken, "passed": seen.passed}
    os.write(answer, json.dumps(told).encode())


def _run(asked: dict[str, Any]) -> dict[str, Any]:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            _child(asked, write)
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            sys.stderr.flush()
            os._exit(0)
    os.close(write)
    with suppress(OSError):
        os.setpgid(pid, pid)
    data, is_late = b"", False
    while not is_late:
        ready, _, _ = select.select([read], [], [], asked["timeout_s"])
        is_late = not ready
        chunk = os.read(read, _CHUNK) if ready else b""
        if not chunk:
            break
        data += chunk
    os.close(read)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    if is_late or not data:
        return {"code": -1, "failed": [], "broken": [], "passed": 0, "late": is_late}
    return {**json.loads(data), "late": False}


def main() -> None:
    """Answer until stdin ends."""
    for name in PRELOADED:
        with suppress(ImportError):
            importlib.import_module(name)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        pytest.main([*_OPTIONS, "--collect-only", os.devnull])  # it imports its own parts and its plug-ins
    gc.freeze()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

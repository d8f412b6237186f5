"""Running tests on mutants, on so many overlays side by side, each with a zygote of its own, within a time."""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.mutants.guard import ROOT
from tests.mutants.overlay import Overlay

NOTHING_RUN = "nothing was run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Tests to run while one file says something else; without a text, on the sources as they are."""

    name: str
    tests: tuple[str, ...]
    path: str = ""
    text: str = ""
    options: tuple[str, ...] = ()
    timeout_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What became of it: which tests failed, which could not be collected, how many passed."""

    name: str
    failed: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    passed: int = 0
    is_late: bool = False
    seconds: float = 0.0

    @property
    def is_killed(self) -> bool:
        """Whether the tests saw that something is wrong."""
        return bool(self.failed or self.broken or self.is_late)


class Worker:
    """One overlay with its zygote."""

    def __init__(self, folder: Path, root: Path = ROOT) -> None:
        self.overlay = Overlay(folder, root)
        path = os.pathsep.join([str(folder / "src"), str(folder)])
        environment = {**os.environ, "PYTHONPATH": path, "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.zygote"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.log = folder / "log"

    def run(self, job: Job) -> Ran:
        """Run one job to its end."""
        if not job.text:
            return self._ask(job)
        with self.overlay.saying(job.path, job.text):
            return self._ask(job)

    def _ask(self, job: Job) -> Ran:
        asked = {"tests": job.tests, "options": job.options, "timeout_s": job.timeout_s, "log": str(self.log)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        began = time.perf_counter()
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the zygote ended while it ran {job.name}")
        told: dict[str, Any] = json.loads(line)
        return Ran(
            name=job.name,
            failed=tuple(told["failed"]),
            broken=tuple(told["broken"]) or ((NOTHING_RUN,) if not told["failed"] and not told["passed"] else ()),
            passed=told["passed"],
            is_late=told["late"],
            seconds=time.perf_counter() - began,
        )

    def end(self) -> None:
        """End the zygote."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@dataclass(slots=True, kw_only=True)
class Pool:
    """Workers that take jobs until there is none, or until the time is up."""

    workers: Sequence[Worker]
    end_s: float
    tell: Callable[[Ran], None] = lambda _: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, jobs: Sequence[Job]) -> list[Ran]:
        """What became of the jobs that were begun in time, in their order."""
        waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        for job in jobs:
            waiting.put(job)
        found: dict[str, Ran] = {}
        threads = [threading.Thread(target=self._work, args=(worker, waiting, found)) for worker in self.workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [found[job.name] for job in jobs if job.name in found]

    def _work(self, worker: Worker, waiting: "queue.SimpleQueue[Job]", found: dict[str, Ran]) -> None:
        while time.perf_counter() < self.end_s:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            ran = worker.run(job)
            with self._lock:
                found[job.name] = ran
                self.tell(ran)


@contextmanager
def pool(count: int, minutes: float, tell: Callable[[Ran], None], root: Path = ROOT) -> Iterator[Pool]:
    """So many workers, for so long."""
    with tempfile.TemporaryDirectory(prefix="trueline-mutants-") as folder:
        workers = [Worker(Path(folder) / str(number), root) for number in range(count)]
        try:
            yield Pool(workers=workers, end_s=time.perf_counter() + minutes * 60, tell=tell)
        finally:
            for worker in workers:
                worker.end()

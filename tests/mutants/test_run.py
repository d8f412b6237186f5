"""The runner on a small tree: what is killed, what survives, what hangs; and the tree itself is not touched."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutants.guard import ROOT, Guard, Misplaced, missed
from tests.mutants.run import NOTHING_RUN, Job, Pool, Ran, Worker

SOURCE = "def allowed(count: int) -> bool:\n    return count <= 5\n"
TESTS = """from trueline.small import allowed


def test_inside() -> None:
    assert allowed(4)


def test_beyond() -> None:
    assert not allowed(6)
"""
GUARD = Guard(
    name="a limit",
    invariants=(3,),
    file="small.py",
    source="count <= 5",
    mutant="True",
    tests=("tests/test_small.py::test_beyond",),
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sources of one module, its tests, and the zygote."""
    root = tmp_path_factory.mktemp("tree")
    (root / "src" / "trueline").mkdir(parents=True)
    (root / "src" / "trueline" / "__init__.py").write_text("")
    (root / "src" / "trueline" / "small.py").write_text(SOURCE)
    (root / "tests" / "mutants").mkdir(parents=True)
    (root / "tests" / "mutants" / "zygote.py").write_text((ROOT / "tests" / "mutants" / "zygote.py").read_text())
    (root / "tests" / "test_small.py").write_text(TESTS)
    (root / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["src", "."]\n')
    return root


@pytest.fixture(scope="module")
def worker(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """One worker on it."""
    made = Worker(tmp_path_factory.mktemp("overlay"), tree)
    yield made
    made.end()


def job(text: str = "", *tests: str, timeout_s: float = 60.0) -> Job:
    """A run of the tests while the module says something else."""
    return Job(name=text or "as it is", tests=tests or GUARD.tests, path=GUARD.path, text=text, timeout_s=timeout_s)


def test_as_it_is_nothing_fails(worker: Worker) -> None:
    assert (worker.run(job()).passed, worker.run(job()).is_killed) == (1, False)


def test_a_guard_that_is_taken_away_is_missed_by_its_test_alone(worker: Worker, tree: Path) -> None:
    ran = worker.run(job(GUARD.mutated(SOURCE), "tests/test_small.py"))
    assert (ran.failed, ran.passed) == (GUARD.tests, 1)
    assert missed(GUARD.tests, ran.failed) == ()
    assert missed(("tests/test_small.py::test_inside",), ran.failed) == ("tests/test_small.py::test_inside",)
    assert worker.run(job()).passed == 1, "the next run has the sources as they are"
    assert (tree / "src" / "trueline" / "small.py").read_text() == SOURCE


def test_what_cannot_be_imported_or_is_not_there_is_told_apart(worker: Worker) -> None:
    broken = worker.run(job("def allowed(\n"))
    assert (broken.failed, bool(broken.broken)) == ((), True)
    assert worker.run(job("", "tests/test_small.py::test_nothing")).broken == (NOTHING_RUN,)


def test_what_hangs_is_ended_in_time(worker: Worker) -> None:
    ran = worker.run(job("def allowed(count: int) -> bool:\n    while True:\n        pass\n", timeout_s=5.0))
    assert ran.is_late


def test_a_fragment_that_is_not_there_once_is_misplaced() -> None:
    for text in ("", "count <= 5 or count <= 5"):
        with pytest.raises(Misplaced, match="a limit"):
            GUARD.mutated(text)


def test_what_is_not_begun_in_time_is_not_run(worker: Worker) -> None:
    seen: list[Ran] = []
    over = Pool(workers=[worker], end_s=time.perf_counter() - 1, tell=seen.append)
    assert over.run([job()]) == []
    whole = Pool(workers=[worker], end_s=time.perf_counter() + 60, tell=seen.append)
    assert [one.passed for one in whole.run([job()])] == [1]
    assert len(seen) == 1

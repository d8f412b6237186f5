"""Whatever happens to the data directory: on a real cluster nothing is deleted, nothing older comes back (INV-26)."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from testbed.git_server import Fault
from testbed.repository import Repository
from tests.chaos.declared import APPLICATIONS
from tests.chaos.world import World, world

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOUND_S = 180.0
GRACE_S = 4.0
READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A world; the engine does not run between two tests."""
    async with world(tmp_path_factory.mktemp("directory"), seed=13) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def made(started: World) -> AsyncIterator[World]:
    """Everything is as Git says, and the engine has ended; whatever the test does, no wrong is done by its end."""
    await _one_more_turn(started)
    since, uids = len(started.author.declared.turns) - 1, {k: live.uid for k, live in started.judge.live.items()}
    yield started
    await started.all_seen()
    assert started.judge.wrongs == []
    kept = {key for key in uids if started.author.declared.is_declared_since(key, since)}
    assert {key: started.judge.live[key].uid for key in kept} == {key: uids[key] for key in kept}


async def _one_more_turn(made: World) -> None:
    """The engine follows it, and ends."""
    await made.author.go_on(made.judge.reached)
    made.engine.start()
    await made.converged(BOUND_S)
    await made.engine.terminate()


def _backup(made: World, name: str) -> Path:
    copy = made.folder / name
    shutil.copytree(made.data, copy, ignore=shutil.ignore_patterns("socket"))
    return copy


def _put_back(made: World, copy: Path) -> None:
    shutil.rmtree(made.data)
    copy.rename(made.data)


async def test_an_old_one_that_is_put_back_goes_on_to_what_git_says(made: World) -> None:
    """INV-26: the inventory is of another day: what came since is ours still, what went since is gone."""
    copy = _backup(made, "old")
    for _ in range(3):
        await _one_more_turn(made)
    deletes = made.judge.deletes
    _put_back(made, copy)
    answer = await made.once(made.data)
    assert answer.code == 0, answer.err
    await made.all_seen()
    assert made.judge.differences() == []
    assert made.judge.deletes == deletes
    verified = await made.trueline("verify")
    assert verified.code == 1  # the fence knows where the journal ended: what was written since the copy is missing
    assert "TL0811" in verified.err
    await _one_more_turn(made)


@pytest.mark.parametrize("exists", [True, False], ids=["empty", "missing"])
async def test_an_empty_or_missing_one_deletes_nothing_and_finds_again_what_it_owns(
    made: World, tmp_path: Path, *, exists: bool
) -> None:
    """INV-26: a start from nothing; where the objects are another installation's to it, it says how to be that one."""
    data = tmp_path / "data"
    if exists:
        data.mkdir(mode=0o700)
    deletes = made.judge.deletes
    answer = await made.once(data)
    await made.all_seen()
    assert "Traceback" not in answer.err
    if answer.code:
        found = re.search(r"write (\w+) into the file installation of this data directory", answer.err)
        assert found is not None
        (data / "installation").write_text(f"{found[1]}\n")
        answer = await made.once(data)
        await made.all_seen()
    assert answer.code == 0, answer.err
    assert made.judge.deletes == deletes
    assert made.judge.differences() == []


@pytest.mark.parametrize("parts", [("trueline.sqlite*",), ("trueline.anchors", "git", "purpose.json", "layout")])
async def test_one_that_lost_a_part_finds_again_what_it_owns(made: World, parts: tuple[str, ...]) -> None:
    """INV-26: what is ours says so itself; what Git holds is read again."""
    for lost in (lost for part in parts for lost in made.data.glob(part)):
        shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
    deletes = made.judge.deletes
    answer = await made.once(made.data)
    assert answer.code == 0, answer.err
    await made.all_seen()
    assert made.judge.deletes == deletes
    assert made.judge.differences() == []


async def test_a_damaged_one_is_told_and_nothing_is_done(made: World, tmp_path: Path) -> None:
    """INV-04: half of an inventory is none."""
    data = tmp_path / "data"
    shutil.copytree(made.data, data)
    database = data / "trueline.sqlite"
    for log in data.glob("trueline.sqlite-*"):
        log.unlink()
    database.write_bytes(database.read_bytes()[:4096] + b"\x5a" * 40_000)
    writes = made.judge.writes
    await made.author.go_on(made.judge.reached)
    answer = await made.once(data)
    await made.all_seen()
    assert answer.code == 1
    assert "TL0804" in answer.err
    assert made.judge.writes == writes


async def test_one_that_may_only_be_read_is_told_and_nothing_is_done(made: World) -> None:
    """INV-23: what cannot be recorded is not done."""
    enter = ("unshare", "-Urm", "sh", "-c", READ_ONLY, "sh", str(made.data))
    if not shutil.which("unshare") or (await made.run(*enter, "true")).code:
        pytest.skip("nothing can be mounted here")
    await made.author.go_on(made.judge.reached)
    writes = made.judge.writes
    answer = await made.once(made.data, before=enter)
    await made.all_seen()
    assert answer.code == 1
    assert "TL0806" in answer.err or "TL0803" in answer.err
    assert made.judge.writes == writes


async def test_another_repositorys_is_refused(made: World, tmp_path: Path) -> None:
    """INV-03: what another repository declares would be taken for removed."""
    other = await Repository.create(tmp_path / "other")
    await other.commit("one", {"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"})
    writes = made.judge.writes
    answer = await made.once(made.data, repository=str(other.path))
    await made.all_seen()
    assert answer.code == 1
    assert "TL0810" in answer.err
    assert made.judge.writes == writes


async def test_one_that_was_copied_while_it_was_written_deletes_nothing(made: World, tmp_path: Path) -> None:
    """INV-26: a copy file by file, in the midst of a pass: it works, or it is refused as damaged."""
    copy = tmp_path / "copy"
    made.engine.start()
    await made.author.rewrite()
    before = made.judge.writes
    await made.until(lambda: made.judge.writes > before)
    shutil.copytree(made.data, copy, ignore=shutil.ignore_patterns("socket"))
    await made.engine.kill()
    deletes = made.judge.deletes
    answer = await made.once(copy)
    await made.all_seen()
    assert answer.code == 0 or "TL0804" in answer.err, answer.err
    assert made.judge.deletes == deletes


async def test_an_old_one_while_git_is_away_brings_nothing_older_back(made: World) -> None:
    """INV-12, INV-26: what was begun with last, as the old copy knows it, is older than what runs."""
    copy = _backup(made, "older")
    for _ in range(2):
        await made.author.rewrite()
        await _one_more_turn(made)
    current = made.folder / "current"
    made.data.rename(current)
    copy.rename(made.data)
    await made.git.fail(Fault.GONE)
    writes = made.judge.writes
    said = len(made.engine.said())
    made.engine.start()
    await made.until(lambda: "TL01" in made.engine.said()[said:])
    await made.clock.sleep(GRACE_S)
    await made.engine.terminate()
    await made.git.fail(Fault.NONE)
    await made.all_seen()
    assert made.judge.wrongs == []
    assert made.judge.writes == writes
    assert set(made.judge.reached) == set(APPLICATIONS)
    _put_back(made, current)  # what the older one does not know of waits for a person: nobody here is asked

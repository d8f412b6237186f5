"""A SIGTERM in the midst of something: the engine ends within 5 s, leaves nobody behind, and goes on where it was.

What is under way is big, slow or hangs: a large apply, an API server that says nothing, a fetch that stalls, a toolbox
that stands still, a generator that never ends.
"""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from testbed.proxy import CALM, Harm, Weather
from tests.chaos.engine_process import END_S_MAX, Running, tree_of
from tests.chaos.world import World, world
from trueline.runtime.data_directory import owner_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ITEMS = 100
BOUND_S = 180.0
SLOW = Weather(weights={Harm.DELAY: 1.0}, delay_s_max=1.0)
SILENT = Weather(weights={Harm.SILENCE: 1.0}, bytes_max=0)
STALLED = Weather(weights={Harm.SILENCE: 1.0}, bytes_max=400)
HANGING = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: handbook}
spec:
  source: {path: docs}
  render: {site: {command: [sh, build.sh], output: _site}}
  target: {directory: PLACE}
"""
MARK = "sleep\x0098761"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A world with hundreds of objects; the engine does not run between two tests."""
    async with world(tmp_path_factory.mktemp("end"), seed=7, items=ITEMS) as started:
        yield started


async def ends_soon(made: World) -> None:
    """INV-34, INV-35: by itself, with 0, with nobody left, and the lock is free."""
    code, took_s = await made.engine.terminate()
    assert code == 0, made.engine.said()[-2000:]
    assert took_s <= END_S_MAX
    assert await made.engine.orphans() == frozenset()
    assert owner_of(made.data) is None
    assert "Traceback" not in made.engine.said()


async def goes_on(made: World) -> None:
    """After a calm start all is as Git says, nothing was made anew, and the journal is whole."""
    uids = {key: live.uid for key, live in made.judge.live.items()}
    for proxy in (made.before_server, made.before_git):
        proxy.turn(CALM)
        proxy.reset_all()
    made.engine.start()
    await made.converged(BOUND_S)
    await made.all_seen()
    assert made.judge.wrongs == []
    kept = uids.keys() & made.judge.live.keys()
    assert kept
    assert {key: made.judge.live[key].uid for key in kept} == {key: uids[key] for key in kept}
    verified = await made.trueline("verify")
    assert verified.code == 0, verified.out
    code, _ = await made.engine.terminate()
    assert code == 0, made.engine.said()[-2000:]


def named(pid: int, part: str) -> list[Running]:
    """What a process started, by a part of its command line."""
    return [one for one in tree_of(pid) if part in _line(one)]


def _line(one: Running) -> str:
    try:
        return Path(f"/proc/{one.id}/cmdline").read_text()
    except OSError:
        return ""


async def test_in_a_big_apply(made: World) -> None:
    """INV-34: hundreds of objects over a slow way to the API server, half of them written."""
    await made.author.rewrite()
    made.before_server.turn(SLOW)
    before = made.judge.writes
    made.engine.start()
    await made.until(lambda: made.judge.writes > before + 20, BOUND_S)
    assert made.judge.differences()
    await ends_soon(made)
    await goes_on(made)


async def test_while_the_api_server_says_nothing(made: World) -> None:
    """INV-34: every request and every watch hangs."""
    await goes_on_first(made)
    silenced = made.before_server.harmed[Harm.SILENCE]
    made.before_server.turn(SILENT)
    await made.author.rewrite()
    await made.until(lambda: made.before_server.harmed[Harm.SILENCE] > silenced + 2)
    await ends_soon(made)
    await goes_on(made)


async def test_while_a_fetch_stalls(made: World) -> None:
    """INV-34, INV-35: the child that fetches ends with it."""
    await goes_on_first(made)
    made.before_git.turn(STALLED)
    await made.author.rewrite()
    await made.until(lambda: bool(made.before_git.harmed[Harm.SILENCE] and named(made.engine.pid, "git-remote-http")))
    await ends_soon(made)
    await goes_on(made)


async def test_while_the_toolbox_stands_still(made: World) -> None:
    """INV-34, INV-35: a render that never answers, by a worker that is stopped in the midst of it."""
    await goes_on_first(made)
    stopped: set[Running] = set()
    for _ in range(3):
        await made.author.rewrite()
        await made.until(lambda: bool(set(named(made.engine.pid, "build/toolbox")) - stopped) or len(stopped) > 1)
        for one in set(named(made.engine.pid, "build/toolbox")) - stopped:
            os.kill(one.id, signal.SIGSTOP)
            stopped.add(one)
    await made.clock.sleep(0.5)
    assert stopped & set(named(made.engine.pid, "build/toolbox")), "the engine waits for one that stands still"
    assert made.judge.differences(), "the last turn was not rendered"
    await ends_soon(made)
    await goes_on(made)


async def test_while_a_generator_never_ends(made: World) -> None:
    """INV-34, INV-35: nothing of the cell is left."""
    await goes_on_first(made)
    place = made.folder / "www" / "handbook"
    place.parent.mkdir()
    files = {"handbook.yaml": HANGING.replace("PLACE", str(place)), "docs/build.sh": "sleep 98761\n"}
    await made.author.say("a handbook", files)
    try:
        await made.until(lambda: bool(named(made.engine.pid, MARK)))
        await ends_soon(made)
    finally:  # the other tests have this world too
        await made.author.say("no handbook", dict.fromkeys(files))
    await goes_on(made)


async def goes_on_first(made: World) -> None:
    """A running engine, and everything as Git says."""
    made.engine.start()
    await made.converged(BOUND_S)

"""Servers of the testbed start, stop, and end with whoever started them."""

import subprocess
from pathlib import Path

import pytest

from testbed.leash import Leash
from testbed.process import Process, ProcessFailedError, free_ports
from trueline.runtime.clock import SystemClock


def process(folder: Path, leash: Leash, *command: str) -> Process:
    return Process(command, log=folder / "server.log", leash=leash, clock=SystemClock())


@pytest.mark.parametrize("abrupt", [False, True])
async def test_it_starts_again_after_it_was_stopped(tmp_path: Path, *, abrupt: bool) -> None:
    with Leash() as leash:
        server = process(tmp_path, leash, "sleep", "60")
        for _ in range(2):
            server.start()
            assert server.is_running
            await server.stop(abrupt=abrupt)
            assert not server.is_running


async def test_one_that_does_not_listen_is_ended_by_force(tmp_path: Path) -> None:
    with Leash() as leash:
        server = process(tmp_path, leash, "sh", "-c", "trap '' TERM; while :; do sleep 1; done")
        server.start()
        await server.stop(grace_s=0.2)
        assert not server.is_running


async def test_one_that_ended_shows_its_log(tmp_path: Path) -> None:
    with Leash() as leash:
        server = process(tmp_path, leash, "sh", "-c", "echo no such flag; exit 1")
        server.start()
        while server.is_running:
            await SystemClock().sleep(0.01)
        with pytest.raises(ProcessFailedError, match="no such flag"):
            server.check()
        await server.stop()


def test_the_leash_ends_what_it_holds_and_nothing_else() -> None:
    with Leash() as leash:
        held, free = (subprocess.Popen(("sleep", "60"), start_new_session=True) for _ in range(2))
        leash.hold(held.pid)
        leash.hold(free.pid)
        leash.let_go(free.pid)
    assert held.wait() == -9
    assert free.poll() is None
    free.kill()
    free.wait()


def test_free_ports_are_all_different() -> None:
    assert len(set(free_ports(20))) == 20

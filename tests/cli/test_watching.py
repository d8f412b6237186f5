"""Watching an `up`: every change is heard, a cut is told and resumed, and Ctrl-C ends with how everything stands."""

import asyncio
import os
import pty
import queue
import select
import signal
import subprocess
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.cli.person import TIMEOUT_S, Person, command
from tests.cli.test_user import running
from tests.server.bench import bench
from trueline.cli.hearing import Cut, Ended, Event, Heard, Hearing, Listed
from trueline.cli.line import SocketLine
from trueline.loop.status import Sync
from trueline.model.fault import UserError
from trueline.runtime.task_group import TaskGroup
from trueline.server.http import serve_address, serve_socket


async def until(heard: "queue.Queue[Heard]", kind: type[Heard] | Callable[[Heard], bool]) -> Heard:
    """The next one that is so."""
    async with asyncio.timeout(30):
        while True:
            try:
                one = heard.get_nowait()
            except queue.Empty:
                await asyncio.sleep(0.01)
                continue
            if isinstance(one, kind) if isinstance(kind, type) else kind(one):
                return one


async def test_a_cut_is_told_and_resumed_and_nothing_that_happened_meanwhile_is_missed(tmp_path: Path) -> None:
    made, path = bench(), tmp_path / "socket"
    heard: queue.Queue[Heard] = queue.Queue()
    hearing = Hearing(SocketLine(path), heard.put, tree_pause_s=0.05)
    async with TaskGroup() as group:
        feed = group.create_task(made.parts.feed.run())
        async with AsyncExitStack() as served:
            await served.enter_async_context(serve_socket(made.parts, path))
            hearing.begin()
            found = await until(heard, Listed)
            assert isinstance(found, Listed)
            assert [one["application"] for one in found.found["applications"]] == ["shop"]
            made.stands("shop", sync=Sync.HELD)
            made.parts.feed.look()
            event = await until(heard, Event)
            assert isinstance(event, Event)
            assert event.data["sync"] == "Held"
            hearing.wanted = ("shop",)
            grown = await until(heard, lambda one: getattr(one, "application", "") == "shop")
            assert getattr(grown, "nodes", None) == []
        assert isinstance(await until(heard, Cut), Cut)
        made.stands("till")
        del made.engine.kept["shop"]
        async with serve_socket(made.parts, path):
            again = await until(heard, Listed)
            assert isinstance(again, Listed)
            assert [one["application"] for one in again.found["applications"]] == ["till"]
            hearing.end()
        feed.cancel()


async def test_who_may_not_hear_is_told_so_once() -> None:
    from trueline.cli.line import ServerLine  # noqa: PLC0415 - beside the one it is of

    made = bench()
    heard: queue.Queue[Heard] = queue.Queue()
    async with serve_address(made.parts, "127.0.0.1", 0) as address:
        hearing = Hearing(ServerLine(url=address, token="tl_hunter2"), heard.put)
        hearing.begin()
        ended = await until(heard, Ended)
        hearing.end()
    assert isinstance(ended, Ended)
    assert isinstance(ended.fault, UserError)
    assert [told.code for told in ended.fault.diagnostics] == ["TL0746"]


def ended(person: Person, *arguments: str) -> "subprocess.Popen[str]":
    """A command that goes on."""
    return subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=person.environment,
        cwd=person.home,
    )


def test_elsewhere_than_on_a_terminal_a_change_is_a_line(person: Person) -> None:
    person.commit("one")
    with running(person, "--interval", "1s"):
        with ended(person, "status", "--watch") as watching, ended(person, "status", "shop", "--watch") as one:
            assert watching.stdout is not None
            first = watching.stdout.readline()
            assert "shop Synced Healthy main@" in first
            person.types("hold", "shop", "--why", "a look")
            assert " Held " in watching.stdout.readline()
            person.types("resume", "shop")
            for line in watching.stdout:
                if " Synced " in line:
                    break
            for process in (watching, one):
                process.send_signal(signal.SIGINT)
                assert process.wait(TIMEOUT_S) == 0
        person.types("status", "nobody", "--watch", code=1)
        assert "TL0710" in person.stderr
        person.types("status", "shop")
        person.types("status", "nobody", code=1)
        assert "TL0710" in person.stderr
    person.types("status", "nobody", code=1)
    assert "TL0710" in person.stderr


def test_on_a_terminal_it_is_live_and_says_since_when_it_is_cut(person: Person) -> None:
    """The whole of it, in a terminal: the table, the objects of one, a cut, and Ctrl-C."""
    person.commit("one")
    child, screen = pty.openpty()
    environment = {**person.environment, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "30"}
    with running(person, "--interval", "1s"):
        watching = subprocess.Popen(
            command("status", "shop", "--watch"),
            stdin=screen,
            stdout=screen,
            stderr=screen,
            env=environment,
            cwd=person.home,
            preexec_fn=os.setsid,  # noqa: PLW1509 - the terminal shall be its own
        )
        os.close(screen)
        shown = read_until(child, "ConfigMap/shop/settings")
        assert "live" in shown
        assert "1 of 1 True" in shown
        person.types("hold", "shop", "--why", "a look")
        read_until(child, "Held")
        person.types("resume", "shop")
        read_until(child, "1 of 1 True")
    read_until(child, "not live since")
    watching.send_signal(signal.SIGINT)
    assert watching.wait(TIMEOUT_S) == 2, "nobody knows how it stands"
    os.close(child)


def read_until(descriptor: int, word: str) -> str:
    """What a terminal was sent, until a word is in it."""
    found, silent = "", 2 * int(TIMEOUT_S)
    for _ in range(10_000):
        if word in found:
            return found
        if select.select([descriptor], [], [], 0.5)[0]:
            found += os.read(descriptor, 65_536).decode("utf-8", "replace")
        elif (silent := silent - 1) == 0:
            break
    raise AssertionError(f"{word} was never shown: {found[-2_000:]}")


@pytest.mark.parametrize("output", ["json", "text"])
def test_where_nobody_runs_it_waits_for_who_does(person: Person, output: str) -> None:
    person.commit("one")
    person.types("up", "fleet", "--once", "--listen", "none")
    with ended(person, "status", "--watch", "-o", output) as watching:
        assert watching.stderr is not None
        assert "nothing runs here now" in watching.stderr.readline()
        with running(person):
            assert watching.stdout is not None
            for line in watching.stdout:
                if line.startswith('{"application": "shop"') or "shop Synced Healthy" in line:
                    break
        watching.send_signal(signal.SIGINT)
        watching.wait(TIMEOUT_S)

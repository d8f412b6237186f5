"""A program in a cell does its work, reaches nothing else, and leaves nothing behind, whatever it does."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tests.runtime.cell.case import SMALL, Bench, stream
from trueline.runtime.cell.process import AT_ONCE, ProcessCells
from trueline.runtime.cell.task import MIB, CellConfinement, CellEnding, CellFailed, CellOddity, CellTask
from trueline.runtime.process import Child, Command, Completed, SystemProcesses
from trueline.runtime.task_group import TaskGroup

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no confinement here: NOT RUN")
MARK = f"cell-of-a-test-{os.getpid()}"
LONG = f"98{os.getpid():07}"
"""So many seconds sleeps what a test starts. Another process that runs these tests beside has its own."""


@pytest.fixture(params=[False, True], ids=["namespaces", "plain"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    return Bench(tmp_path / "cells", is_plain=request.param)


def alive(word: str) -> list[str]:
    """The processes of this machine whose command line has a word."""
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = one.read_bytes()
        except OSError:
            continue
        if word.encode() in line:
            found.append(line.decode(errors="replace"))
    return found


async def test_it_gives_back_what_a_program_writes_into_its_output(bench: Bench) -> None:
    bench.given = {
        "a/b.txt": b"given",
        "run.sh": b"#!/bin/sh\nmkdir -p _site/x; cat a/b.txt > _site/x/y; echo done; rm -r a",
    }
    result = await bench.run("./run.sh")
    assert result.is_success
    assert result.text == b"done\n"
    assert bench.output == {"x/y": b"given"}
    assert result.oddities == ()


async def test_it_says_what_holds(bench: Bench) -> None:
    result = await bench.sh("mkdir _site")
    assert result.has_output
    assert result.confinement.limits
    assert not (bench.is_plain and result.confinement.namespaces)
    assert result.confinement.lacks == ()


async def test_what_may_be_read_may_stand_anywhere(bench: Bench, tmp_path: Path) -> None:
    tool = tmp_path / "tools" / "bin" / "tool"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\necho from a tool\n")
    tool.chmod(0o755)
    (tmp_path / "beside").write_text("correct-horse")
    before = await bench.sh("mkdir _site")
    bench.cells = ProcessCells(
        SystemProcesses(), bench.place, readable=[str(tmp_path / "tools")], is_plain=bench.is_plain
    )
    result = await bench.run("tool")
    assert result.text == b"from a tool\n"
    assert result.confinement == before.confinement
    assert (await bench.sh(f"cat {tmp_path}/beside")).exit_code == 1
    assert (await bench.sh(f"echo x > {tool}")).exit_code == 2
    assert (await bench.sh(f"mv {tool.parent} {tmp_path}/x")).exit_code != 0


def test_what_does_not_hold_is_named() -> None:
    nothing = CellConfinement(namespaces=False, landlock=0, seccomp=False, limits=False)
    assert len(nothing.lacks) == 4
    assert msgspec.structs.replace(nothing, namespaces=True, limits=True).lacks == ()
    assert msgspec.structs.replace(nothing, landlock=6, seccomp=True, limits=True).lacks == ()
    assert len(msgspec.structs.replace(nothing, landlock=5, seccomp=True, limits=True).lacks) == 1


async def test_no_more_than_two_run_at_once(bench: Bench) -> None:
    running, most = 0, 0

    async def counted() -> AsyncIterator[tuple[str, bytes]]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1
        yield "x", b""

    task = CellTask(argv=("true",), output="_site", limits=SMALL)
    async with TaskGroup() as group:
        for _ in range(5):
            group.create_task(bench.cells.run(task, counted(), lambda _path, _data: None))
    assert most == AT_ONCE
    assert bench.cells.runs == 5


async def test_it_has_no_variables_but_those_it_is_given(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "correct-horse")
    result = await bench.run("env", COLOUR="blue")
    lines = dict(line.split("=", 1) for line in result.text.decode().splitlines())
    assert lines.keys() == {"HOME", "TMPDIR", "PATH", "COLOUR"}
    assert lines["COLOUR"] == "blue"


@pytest.mark.parametrize("script", ["exit 3", "kill -9 $$", "cat absent"])
async def test_a_failure_is_told_and_gives_nothing_back(bench: Bench, script: str) -> None:
    result = await bench.sh(f"mkdir _site; echo x > _site/x; {script}")
    assert result.ending is CellEnding.EXITED
    assert result.exit_code in {3, -9, 1}
    assert bench.output == {}


async def test_a_program_that_is_not_there_is_named(bench: Bench) -> None:
    result = await bench.run("no-such-generator")
    assert result.ending is CellEnding.NOT_FOUND
    assert b"no-such-generator" in result.text
    assert (await bench.sh("exit 127")).ending is CellEnding.EXITED


async def test_it_reads_no_file_of_the_machine(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "id_ed25519").write_text("correct-horse")
    for path in (tmp_path / "id_ed25519", "/etc/passwd", "/proc/1/environ", Path(__file__).with_name("case.py")):
        result = await bench.sh(f"mkdir _site; cat {path} > _site/x")
        assert result.exit_code == 1, path
        assert b"correct-horse" not in result.text
        assert bench.output == {}
    assert (await bench.sh(f"ls {tmp_path}")).exit_code != 0


def _victim(folder: Path) -> Path:
    victim = folder / "victim"
    victim.write_text("mine")
    victim.chmod(0o600)
    return victim


def _is_untouched(victim: Path) -> None:
    assert victim.read_text() == "mine"
    assert victim.stat().st_mode & 0o777 == 0o600
    assert victim.stat().st_mtime > 1.2e9
    assert sorted(one.name for one in victim.parent.iterdir() if one.name != "cells") == ["victim"]


async def test_it_writes_nowhere_else(bench: Bench, tmp_path: Path) -> None:
    victim = _victim(tmp_path)
    for place in (str(victim), f"{tmp_path}/new", "../new", "/usr/new", "/var/new", "/dev/new"):
        result = await bench.sh(f"echo theirs > {place}")
        assert result.exit_code == 2, place
    for script in (f"rm -f {victim}", f"mv {victim} .", f"ln {victim} x && echo y > x", f"truncate -s 0 {victim}"):
        await bench.sh(script)
    await bench.sh(f"chmod 777 {victim}; touch -d 2001-01-01 {victim}")
    _is_untouched(victim)
    assert (await bench.sh("echo x > $HOME/x && echo y > $TMPDIR/y")).is_success


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_NETLINK"])
async def test_it_opens_no_connection(bench: Bench, family: str) -> None:
    result = await bench.python(f"import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM)")
    assert result.exit_code == 1
    assert b"PermissionError" in result.text


async def test_it_reaches_no_server_over_any_road(bench: Bench, tmp_path: Path) -> None:
    reached = []
    path = str(tmp_path / "s")
    server = await asyncio.start_unix_server(lambda _reader, _writer: reached.append("unix"), path)
    tcp = await asyncio.start_server(lambda _reader, _writer: reached.append("tcp"), "127.0.0.1", 0)
    port = tcp.sockets[0].getsockname()[1]
    for ask in (f"socket.AF_UNIX); s.connect({path!r})", f"socket.AF_INET); s.connect(('127.0.0.1', {port}))"):
        assert (await bench.python(f"import socket; s = socket.socket({ask}")).exit_code == 1
    server.close()
    tcp.close()
    assert reached == []


async def test_it_is_nobody_and_becomes_nobody_else(bench: Bench) -> None:
    script = """
import os, ctypes, signal
libc = ctypes.CDLL(None, use_errno=True)
held = [libc.unshare(1 << 28), libc.mount(b"x", b"/tmp", b"tmpfs", 0, None), libc.ptrace(16, os.getppid(), 0, 0)]
kill, own, make = lambda: os.kill(os.getppid(), 9), lambda: os.chown("/usr", 1, 1), lambda: os.mknod("d", 0o20666, 1)
for run in (kill, own, make):
    try:
        run()
        held.append(0)
    except OSError:
        held.append(-1)
print(held)
"""
    result = await bench.python(script)
    assert result.is_success, result.text
    if bench.is_plain:  # a mode that is set is told to be set: nothing happens
        assert result.text.strip() in {b"[-1, -1, -1, -1, 0, -1]", b"[-1, -1, -1, -1, -1, -1]"}
    else:
        assert result.text.strip() in {b"[-1, -1, -1, -1, -1, -1]", b"[-1, -1, -1, 0, -1, -1]"}


async def test_a_program_without_end_is_ended_with_all_that_it_started(bench: Bench) -> None:
    script = (
        f"(setsid sleep {LONG}1 &) ; sh -c 'sleep {LONG}2 & setsid sh -c \"sleep {LONG}3; : {MARK}\"' & sleep {LONG}4"
    )
    result = await bench.sh(script, msgspec.structs.replace(SMALL, timeout_s=0.5))
    assert result.ending is CellEnding.TIMED_OUT
    assert alive(MARK) + alive(f"sleep\x00{LONG}") == []


async def test_what_a_program_leaves_running_ends_with_it(bench: Bench) -> None:
    result = await bench.sh(
        f"(setsid sh -c 'trap : TERM HUP; sleep {LONG}5; : {MARK}' &); mkdir _site; echo x > _site/x"
    )
    assert result.is_success
    assert bench.output == {"x": b"x\n"}
    assert alive(MARK) + alive(f"sleep\x00{LONG}") == []


async def test_who_asks_no_longer_ends_it(bench: Bench) -> None:
    async def until_it_runs() -> None:
        while not alive(f"{LONG}6"):
            await asyncio.sleep(0.01)

    async with TaskGroup() as group:
        running = group.create_task(bench.sh(f"sleep {LONG}6"))
        await until_it_runs()
        running.cancel()
    async with asyncio.timeout(60):
        while alive(f"sleep\x00{LONG}6"):
            await asyncio.sleep(0.01)


async def test_a_crash_of_who_asks_ends_it_and_leaves_nothing_after_the_next_start(bench: Bench) -> None:
    script = f"""
import asyncio, pathlib
from tests.runtime.cell.case import Bench
bench = Bench(pathlib.Path({str(bench.place)!r}), is_plain={bench.is_plain})
asyncio.run(bench.sh("echo x > y; (setsid sleep {LONG}7 &); sleep {LONG}7"))
"""
    asking = await asyncio.create_subprocess_exec(sys.executable, "-c", script, cwd=Path(__file__).parents[3])
    async with asyncio.timeout(60):
        while len(alive(f"sleep\x00{LONG}7")) < 2:
            await asyncio.sleep(0.01)
    asking.kill()
    await asking.wait()
    async with asyncio.timeout(60):
        while alive(f"sleep\x00{LONG}7"):
            await asyncio.sleep(0.01)
    await bench.cells.tidy()
    assert _names(bench.place) == []


async def test_it_does_not_fork_for_ever(bench: Bench) -> None:
    # Where only a look ends it, and nothing of the kernel's, the bomb has an end: other tests need processes as well.
    bomb = (
        "i=0; while [ $i -lt 2000 ]; do sleep 3 & i=$((i+1)); done; wait"
        if bench.is_plain
        else "b() { b | b & }; b; sleep 2"
    )
    result = await bench.sh(bomb, msgspec.structs.replace(SMALL, timeout_s=30))
    assert not bench.output
    if bench.is_plain:
        assert result.ending is CellEnding.PROCESSES
    else:
        assert b"fork" in result.text


@pytest.mark.parametrize(
    ("script", "ending"),
    [
        ("while :; do echo 0123456789; done", CellEnding.TEXT),
        ("mkdir _site; exec cat /dev/zero > _site/x", CellEnding.DISK),
        ("i=0; while :; do head -c 9999999 /dev/zero > $TMPDIR/$i || :; i=$((i+1)); done", CellEnding.DISK),
        ("i=0; while :; do : > $i; i=$((i+1)); done", CellEnding.FILES),
        ("i=0; while :; do mkdir $i; cd $i; done", CellEnding.FILES),
    ],
)
async def test_excess_ends_it(bench: Bench, script: str, ending: CellEnding) -> None:
    result = await bench.sh(script)
    assert result.ending is ending
    assert len(result.text) < 100_000
    assert bench.output == {}


async def test_memory_is_bounded_for_one_process_and_for_all(bench: Bench) -> None:
    one = await bench.python("x = b'x' * (300 << 20)")
    assert one.exit_code == 1
    assert b"MemoryError" in one.text
    each = "import time; x = b'x' * (100 << 20); time.sleep(60)"
    many = await bench.sh(f'for i in 1 2 3 4; do {sys.executable} -I -c "{each}" & done; wait')
    assert many.ending is CellEnding.MEMORY


async def test_what_is_no_file_is_named_and_not_followed(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("correct-horse")
    script = f"""
import os
os.mkdir("_site")
os.symlink({str(tmp_path)!r}, "_site/folder")
os.symlink("/etc/passwd", "_site/link")
os.mkfifo("_site/pipe")
open("_site/ok", "w").write("ok")
open(b"_site/\\xff", "w").close()
"""
    result = await bench.python(script)
    assert result.oddities == (
        CellOddity("folder", "a link"),
        CellOddity("link", "a link"),
        CellOddity("pipe", "a pipe"),
    )
    assert bench.output == {"ok": b"ok", "\udcff": b""}


async def test_an_output_that_is_a_link_is_none(bench: Bench, tmp_path: Path) -> None:
    result = await bench.sh(f"ln -s {tmp_path} _site")
    assert not result.has_output
    assert bench.output == {}


async def test_rights_that_a_program_takes_from_itself_hide_nothing(bench: Bench) -> None:
    if bench.is_plain and os.geteuid() != 0:
        pytest.skip("a folder that nobody may read is named there: NOT RUN")
    result = await bench.sh("mkdir -p _site/x; echo y > _site/x/y; chmod 000 _site/x/y; chmod 700 _site")
    assert result.is_success
    assert bench.output == {"x/y": b"y\n"}


async def test_what_a_crash_left_is_removed_at_the_next_start(tmp_path: Path) -> None:
    place = _leave(tmp_path)
    await ProcessCells(SystemProcesses(), place).tidy()
    assert _names(tmp_path) == ["cells"]


def _names(folder: Path) -> list[str]:
    return [one.name for one in folder.rglob("*")]


def _leave(folder: Path) -> Path:
    """What is left where the machine went down in the midst."""
    place = folder / "cells"
    deep = place / "1" / "/".join("d" * 50)
    deep.mkdir(parents=True)
    (deep / "file").write_text("left")
    (place / "2").symlink_to(folder)
    return place


async def test_the_same_place_is_taken_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "cells", is_plain=True)
    first = await bench.sh("pwd")
    assert (await bench.sh("pwd")).text == first.text == f"{tmp_path}/cells/1/site\n".encode()


async def test_text_keeps_its_beginning_and_its_end(bench: Bench) -> None:
    result = await bench.python("print('first'); print('x' * 300_000); print('last')")
    assert result.text.startswith(b"first")
    assert result.text.endswith(b"last\n")
    assert b"bytes left out" in result.text
    assert len(result.text) < 70_000


async def test_an_identity_changes_with_the_program(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "generator"
    program.parent.mkdir()
    cells = ProcessCells(SystemProcesses(), tmp_path / "cells", readable=[str(tmp_path)])
    absent = cells.identity("generator")
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    first = cells.identity("generator")
    (tmp_path / "lib" / "node_modules" / "plug-in").mkdir(parents=True)
    (tmp_path / "lib" / "node_modules" / "plug-in" / "package.json").write_text("{}")
    assert len({absent, first, cells.identity("generator"), cells.identity("sh")}) == 4
    assert cells.identity("generator") == cells.identity("generator")


class _Liar:
    """A launcher that answers what it likes."""

    def __init__(self, *answers: bytes) -> None:
        self._data = b"".join(answers)

    async def run(self, command: Command) -> Completed:
        raise AssertionError(command)

    async def start(self, command: Command) -> Child:
        return self

    async def write(self, data: bytes) -> None:
        """Ignore it."""

    async def read_line(self) -> bytes:
        line, _, self._data = self._data.partition(b"\n")
        return line

    async def read_exactly(self, count: int) -> bytes:
        if count > len(self._data):
            raise EOFError
        found, self._data = self._data[:count], self._data[count:]
        return found

    async def close(self) -> None:
        """It is gone already."""


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no JSON\n",
        b"[]\n",
        b'{"size": -1}\n',
        b'{"size": 99999999999, "file": "x"}\n',
        b'{"size": 99999999, "ending": "exited"}\n',
        b'{"size": 3, "file": "x"}\nab',
        b'{"size": 0, "ending": "won"}\n',
        b'{"size": 0, "file": "x"}\n' * 3,
    ],
)
async def test_a_launcher_that_lies_gives_no_result(tmp_path: Path, answer: bytes) -> None:
    cells = ProcessCells(_Liar(answer), tmp_path)
    limits = msgspec.structs.replace(SMALL, files=2, file_bytes=MIB)
    with pytest.raises(CellFailed):
        await cells.run(CellTask(argv=("x",), output="y", limits=limits), stream({}), lambda _path, _data: None)

"""Children get what they are given and no more, end when they must, and leave nobody behind."""

import asyncio
import errno
import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
import uvloop

from trueline.runtime.process import STDERR_BYTES_KEPT, Command, Ending, Limits, NotStarted, SystemProcesses
from trueline.runtime.task_group import TaskGroup

PATH = {"PATH": "/usr/bin:/bin"}
PATIENCE_S = 60.0
STARTED_S = 3.0
"""So long a child has until its time is over: it has done by then what it does first, on a busy machine too."""


def shell(script: str, **more: object) -> Command:
    return Command(argv=("sh", "-c", script), environment=PATH, **more)  # type: ignore[arg-type]


def is_alive(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def is_there(process_id: int) -> bool:
    """Whether it runs, or nobody has waited for it."""
    return Path(f"/proc/{process_id}").exists()


async def gone(process_id: int) -> bool:
    """Whether it ends; how soon is the machine's affair."""
    await until(lambda: not is_alive(process_id))
    return True


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.01)


async def test_a_child_gets_its_input_and_says_its_end(tmp_path: Path) -> None:
    processes = SystemProcesses()
    completed = await processes.run(shell("cat; pwd; echo no >&2; exit 3", stdin=b"hello\n", cwd=str(tmp_path)))
    assert (completed.ending, completed.exit_code, completed.is_success) == (Ending.EXITED, 3, False)
    assert completed.stdout == f"hello\n{tmp_path}\n".encode()
    assert completed.stderr == b"no\n"
    assert processes.started == 1


async def test_nothing_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUELINE_TEST_SECRET", "hunter2")
    completed = await SystemProcesses().run(Command(argv=("env",), environment={**PATH, "GIVEN": "1"}))
    assert b"GIVEN=1" in completed.stdout
    assert b"hunter2" not in completed.stdout


async def test_a_child_that_does_not_read_is_no_fault() -> None:
    completed = await SystemProcesses().run(shell("exit 0", stdin=b"x" * 1_000_000))
    assert completed.is_success


async def test_a_slow_child_is_ended_with_its_own_children(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    completed = await SystemProcesses().run(shell(f"sleep 600 & echo $! > {file}; wait", timeout_s=STARTED_S))
    assert completed.ending is Ending.TIMED_OUT
    assert completed.exit_code == -signal.SIGTERM
    assert await gone(int(file.read_text()))


async def test_a_child_that_ignores_the_gentle_signal_is_killed() -> None:
    completed = await SystemProcesses().run(shell("trap '' TERM; while :; do sleep 0.05; done", timeout_s=STARTED_S))
    assert (completed.ending, completed.exit_code) == (Ending.TIMED_OUT, -signal.SIGKILL)


async def test_a_child_of_a_child_does_not_outlive_it(tmp_path: Path) -> None:
    """INV-35: its whole group ends."""
    file = tmp_path / "pid"
    completed = await SystemProcesses().run(shell(f"sleep 600 >/dev/null 2>&1 & echo $! > {file}"))
    assert completed.is_success
    assert await gone(int(file.read_text()))


async def test_a_cancelled_caller_leaves_nobody(tmp_path: Path) -> None:
    """INV-35: nobody waits for it, and nothing runs on."""
    file = tmp_path / "pid"
    task = asyncio.ensure_future(SystemProcesses().run(shell(f"sleep 600 & echo $! > {file}; wait")))
    await until(lambda: file.exists() and file.read_text().endswith("\n"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(int(file.read_text()))


async def test_output_is_bounded() -> None:
    completed = await SystemProcesses().run(shell("while :; do echo 0123456789; done", stdout_bytes_max=1000))
    assert (completed.ending, len(completed.stdout)) == (Ending.TOO_MUCH_OUTPUT, 1000)
    completed = await SystemProcesses().run(shell("head -c 200000 /dev/zero >&2; echo end >&2"))
    assert (completed.is_success, len(completed.stderr)) == (True, STDERR_BYTES_KEPT)
    assert completed.stderr.endswith(b"end\n")


async def test_limits_hold_from_the_first_instruction(tmp_path: Path) -> None:
    limits = Limits(file_bytes=4096, open_files=16, memory_bytes=512 * 1024**2, cpu_s=5)
    asked = await SystemProcesses().run(shell("ulimit -n; ulimit -v; ulimit -t; ulimit -f", limits=limits))
    assert asked.stdout.split() == [b"16", b"524288", b"5", b"8"]
    command = Command(argv=("head", "-c", "10000", "/dev/zero"), environment=PATH, limits=limits)
    assert len((await SystemProcesses().run(command)).stdout) == 10000, "a pipe is no file"
    written = await SystemProcesses().run(shell(f"exec head -c 10000 /dev/zero > {tmp_path / 'file'}", limits=limits))
    assert written.exit_code == -signal.SIGXFSZ
    assert (tmp_path / "file").stat().st_size == 4096


@pytest.mark.parametrize("limits", [Limits(), Limits(cpu_s=1)])
async def test_a_program_that_is_not_there(limits: Limits) -> None:
    processes = SystemProcesses()
    with pytest.raises(NotStarted, match="nothing-of-this-name"):
        await processes.run(Command(argv=("nothing-of-this-name",), environment=PATH, limits=limits))
    assert processes.started == 0


async def test_a_long_lived_child_answers_and_is_ended(tmp_path: Path) -> None:
    processes = SystemProcesses()
    child = await processes.start(shell(f'echo $$ > {tmp_path / "pid"}; while read -r x; do echo "got $x"; done'))
    await child.write(b"one\ntwo\n")
    assert await child.read_line() == b"got one\n"
    assert await child.read_exactly(4) == b"got "
    assert await child.read_line() == b"two\n"
    await child.close()
    assert await gone(int((tmp_path / "pid").read_text()))
    with pytest.raises(EOFError):
        await child.read_exactly(1)
    assert processes.started == 1


async def test_a_caller_cancelled_at_any_moment_leaves_nobody(tmp_path: Path) -> None:
    """INV-35: while it starts, too."""
    await _cancel_at_any_moment(tmp_path)


def test_a_caller_cancelled_at_any_moment_is_cancelled_in_the_loop_that_up_runs_in(tmp_path: Path) -> None:
    """INV-34: what came of it was told as another failure, and the loop that was to end went on."""
    uvloop.run(_cancel_at_any_moment(tmp_path))


async def _cancel_at_any_moment(tmp_path: Path) -> None:
    processes, file = SystemProcesses(), tmp_path / "pid"
    for turns in range(12):
        async with asyncio.timeout(PATIENCE_S), TaskGroup() as tasks:
            task = tasks.create_task(processes.run(shell(f"echo $$ >> {file}; exec sleep 600")))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
        assert task.cancelled()
        for line in file.read_text().split() if file.exists() else ():
            assert await gone(int(line))


async def test_a_caller_cancelled_twice_leaves_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """INV-35: the second time comes while the child is about to end."""
    processes, file, kill, loop = SystemProcesses(), tmp_path / "pid", os.killpg, asyncio.get_running_loop()
    monkeypatch.setattr(os, "killpg", lambda *arguments: loop.call_later(0.1, kill, *arguments))
    async with asyncio.timeout(PATIENCE_S), TaskGroup() as tasks:
        task = tasks.create_task(processes.run(shell(f"echo $$ > {file}; exec sleep 600")))
        await until(lambda: file.exists() and file.read_text().endswith("\n"))
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.01)
    assert task.cancelled()
    assert not is_there(int(file.read_text()))


async def test_a_child_that_the_kernel_holds_does_not_hold_us(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As one that waits for a disk that does not answer: it is killed, and goes on."""
    file = tmp_path / "pid"
    with monkeypatch.context() as patched:
        patched.setattr(os, "killpg", lambda *_: None)
        patched.setattr("trueline.runtime.spawn.KILLED_S", 0.1)
        async with asyncio.timeout(PATIENCE_S):
            script = shell(f"echo $$ > {file}; exec sleep 600", timeout_s=STARTED_S)
            completed = await SystemProcesses().run(script)
    assert (completed.ending, completed.exit_code) == (Ending.TIMED_OUT, -1)
    os.kill(int(file.read_text()), signal.SIGKILL)
    assert await gone(int(file.read_text()))


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_caller_cancelled_twice_at_any_moments_leaves_nothing_to_be_collected(run: Callable[..., None]) -> None:
    """What was left open or running is told by Python when it is collected, and fails a test."""

    async def cancel(first: int, second: int) -> None:
        async with TaskGroup() as tasks:
            task = tasks.create_task(SystemProcesses().run(shell("exec sleep 600")))
            for turns in (first, second):
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()

    for first in range(12):
        for second in range(4):
            run(cancel(first, second))
    gc.collect()


async def test_a_caller_cancelled_twice_leaves_no_pipe_open(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The second time comes while a pipe is about to be held."""
    file = tmp_path / "pid"
    loop, asked, held = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    connect, before = loop.connect_read_pipe, _open_files()
    transports: list[asyncio.BaseTransport] = []
    were_closed: list[bool] = []

    async def wait(_: object, make: Callable[[], asyncio.Protocol], pipe: IO[bytes]) -> object:
        asked.set()
        await held.wait()
        were_closed.append(pipe.closed)
        if pipe.closed:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        transport, protocol = await connect(make, pipe)
        transports.append(transport)
        return transport, protocol

    monkeypatch.setattr(type(loop), "connect_read_pipe", wait)
    async with TaskGroup() as tasks:
        task = tasks.create_task(SystemProcesses().run(shell(f"echo $$ > {file}; exec sleep 600")))
        await asked.wait()
        await until(lambda: file.exists() and file.read_text().endswith("\n"))
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
    was_left = is_there(int(file.read_text()))
    if was_left:
        os.kill(int(file.read_text()), signal.SIGKILL)
    held.set()
    await until(lambda: len(transports) == 2 or True in were_closed)
    assert (task.cancelled(), was_left) == (True, False)
    assert were_closed == [False, False]
    await until(lambda: all(transport.is_closing() for transport in transports) and _open_files() == before)


async def test_a_child_is_ended_in_the_midst_of_much_that_nobody_reads() -> None:
    child = await SystemProcesses().start(Command(argv=("yes",), environment=PATH))
    await child.read_line()
    await asyncio.sleep(0.05)
    async with asyncio.timeout(PATIENCE_S):
        await child.close()


async def test_a_pipe_that_somebody_holds_does_not_hold_us(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    script = f"setsid sh -c 'echo $$ > {file}; exec sleep 600' & while [ ! -s {file} ]; do sleep 0.01; done; sleep 600"
    try:
        async with asyncio.timeout(PATIENCE_S):
            completed = await SystemProcesses().run(shell(script, timeout_s=STARTED_S))
        assert completed.ending is Ending.TIMED_OUT
    finally:
        os.kill(int(file.read_text()), signal.SIGKILL)


def test_it_does_the_same_in_the_loop_that_up_runs_in(tmp_path: Path) -> None:
    """INV-35: under uvloop too, nothing that it started outlives it."""
    file = tmp_path / "pid"

    async def run() -> None:
        completed = await SystemProcesses().run(shell(f"sleep 600 & echo $! > {file}; exit 3"))
        assert completed.exit_code == 3

    uvloop.run(run())
    assert asyncio.run(gone(int(file.read_text())))


async def test_the_number_of_a_child_that_has_ended_is_a_strangers() -> None:
    """INV-35: it was ended with its group when it ended; whoever has its number by now is left alone."""
    child = await SystemProcesses().start(shell("echo $$"))
    number = int(await child.read_line())
    while is_there(number):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)  # it was waited for; now it is told
    _signalled.clear()
    await child.close()
    assert _signalled == []


_signalled: list[int] = []


def _hears(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"os.kill", "os.killpg"}:
        _signalled.append(int(str(arguments[0])))


sys.addaudithook(_hears)


def test_the_helper_of_this_file_sees_itself() -> None:
    assert is_alive(os.getpid())


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_an_end_is_heard_of_where_the_kernel_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(os, "pidfd_open", refuse)
    completed = await SystemProcesses().run(shell("cat; sleep 600 >/dev/null & exit 3", stdin=b"hello"))
    assert (completed.ending, completed.exit_code, completed.stdout) == (Ending.EXITED, 3, b"hello")


@pytest.mark.parametrize("failing", ["connect_write_pipe", "connect_read_pipe"])
async def test_a_child_whose_pipes_cannot_be_held_is_ended_and_nothing_stays_open(
    failing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As where no more files may be opened."""
    loop, file = asyncio.get_running_loop(), tmp_path / "pid"

    async def refuse(*_: object) -> None:
        await until(lambda: file.exists() and file.read_text().endswith("\n"))
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    before = _open_files()
    with monkeypatch.context() as patched:
        patched.setattr(type(loop), failing, refuse)
        with pytest.raises(NotStarted, match="Too many open files") as caught:
            await SystemProcesses().run(shell(f"echo $$ > {file}; sleep 600"))
    assert caught.value.is_passing
    assert not is_there(int(file.read_text()))
    await until(lambda: _open_files() == before)

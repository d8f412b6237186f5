"""Children: started with nothing but what is given, bounded in time, output and resources, and never left behind.

A child leads its own process group; when it ends, is too slow, says too much, or its caller is cancelled, the whole
group is killed. Limits are set by a launcher (`sh`, `ulimit`, `exec`) before the program's first instruction.
This module starts no thread where the kernel tells of an end, and never inherits the caller's environment.
"""

import asyncio
import errno
import shutil
import signal
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from trueline.runtime.spawn import Spawned, spawn
from trueline.runtime.task_group import TaskGroup

STDERR_BYTES_KEPT = 64 * 1024
GRACE_S = 0.5
_CHUNK_BYTES = 64 * 1024
_LAUNCHER = "/bin/sh"
_LASTING = frozenset({errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.ENOEXEC, errno.ELOOP, errno.E2BIG})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the kernel refuses a child; `None` is the machine's own limit."""

    memory_bytes: int | None = None
    cpu_s: int | None = None
    open_files: int | None = None
    file_bytes: int | None = None

    def script(self) -> str:
        """The launcher's text: POSIX `ulimit` lines, then the program in the launcher's place.

        >>> Limits(file_bytes=1 << 20, cpu_s=9).script()
        'ulimit -t 9 && ulimit -f 2048 && exec "$@"'
        """
        asked = (
            ("v", self.memory_bytes and -(-self.memory_bytes // 1024)),
            ("t", self.cpu_s),
            ("n", self.open_files),
            ("f", self.file_bytes and -(-self.file_bytes // 512)),
        )
        return " && ".join([*(f"ulimit -{letter} {value}" for letter, value in asked if value), 'exec "$@"'])


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One child to start. `environment` is the whole of its environment; a secret belongs there or in `stdin`.

    `stdin` as an iterable is taken chunk by chunk, as the child reads it; it never raises: to stop early, it ends.
    """

    argv: tuple[str, ...]
    cwd: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    stdin: bytes | Iterable[bytes] = field(default=b"", repr=False)
    timeout_s: float = 60.0
    stdout_bytes_max: int = 64 * 1024 * 1024
    limits: Limits = NO_LIMITS


class Ending(Enum):
    """How a child came to its end."""

    EXITED = "exited"
    TIMED_OUT = "timed out"
    TOO_MUCH_OUTPUT = "wrote too much"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A child that has ended. `exit_code` is negative for a signal; `stderr` is its last 64 KiB."""

    ending: Ending
    exit_code: int
    stdout: bytes = field(repr=False)
    stderr: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """It ended by itself and with 0."""
        return self.ending is Ending.EXITED and self.exit_code == 0


class NotStarted(Exception):
    """There is no child: no such program, no such directory, no process or open file left. `reason` is a sentence."""

    def __init__(self, reason: str, *, is_passing: bool = False) -> None:
        self.reason = reason
        self.is_passing = is_passing
        """Whether it is the machine that has no room now: then the program may start the next time."""
        super().__init__(reason)


class Child(Protocol):
    """A long-lived child that answers over its pipes. After any exception it is of no more use: close it."""

    async def write(self, data: bytes) -> None:
        """Send bytes to its standard input."""
        ...

    async def read_line(self) -> bytes:
        """The next line with its end; empty when the child has closed its output."""
        ...

    async def read_exactly(self, count: int) -> bytes:
        """Exactly so many bytes.

        Raises:
            EOFError: the child has closed its output before.
        """
        ...

    async def close(self) -> None:
        """End it: its input is closed, then its group is killed."""
        ...


class Processes(Protocol):
    """Starts children."""

    async def run(self, command: Command) -> Completed:
        """Run to the end.

        Raises:
            NotStarted: the program cannot be started.
        """
        ...

    async def start(self, command: Command) -> Child:
        """Start a long-lived child; of the command's bounds only `limits` hold.

        Raises:
            NotStarted: the program cannot be started.
        """
        ...


class SystemProcesses:
    """The machine's processes. `started` counts them, for tests and metrics."""

    def __init__(self) -> None:
        self.started = 0

    async def run(self, command: Command) -> Completed:
        """Run to the end, within time and output."""
        process = await self._spawn(command)
        taken = _Taken(stdout_bytes_max=command.stdout_bytes_max)
        ending = Ending.EXITED
        try:
            async with asyncio.timeout(command.timeout_s):
                await _converse(process, command.stdin, taken)
        except TimeoutError:
            ending = Ending.TIMED_OUT
        finally:
            await _end(process, is_gentle=ending is Ending.TIMED_OUT)
        if taken.is_too_much:
            ending = Ending.TOO_MUCH_OUTPUT
        return Completed(
            ending=ending,
            exit_code=-1 if process.returncode is None else process.returncode,
            stdout=bytes(taken.stdout),
            stderr=bytes(taken.stderr),
        )

    async def start(self, command: Command) -> Child:
        """Start a long-lived child; what it says on standard error is dropped."""
        return SystemChild(await self._spawn(command, hears_errors=False))

    async def _spawn(self, command: Command, *, hears_errors: bool = True) -> Spawned:
        argv = command.argv
        if command.limits != NO_LIMITS:
            if shutil.which(argv[0], path=command.environment.get("PATH")) is None:  # the launcher would start, it not
                raise NotStarted(f"{argv[0]}: no such program")
            argv = (_LAUNCHER, "-c", command.limits.script(), argv[0], *argv)
        try:
            process = await spawn(argv, environment=command.environment, cwd=command.cwd, hears_errors=hears_errors)
        except OSError as error:
            is_passing = error.errno not in _LASTING
            raise NotStarted(f"{command.argv[0]}: {error.strerror}", is_passing=is_passing) from error
        self.started += 1
        return process


class SystemChild:
    """A long-lived child of the machine."""

    def __init__(self, process: Spawned) -> None:
        self._process = process

    async def write(self, data: bytes) -> None:
        """Send bytes to its standard input."""
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(data)
        await stdin.drain()

    async def read_line(self) -> bytes:
        """The next line with its end; empty at the end."""
        return await _pipe(self._process.stdout).readline()

    async def read_exactly(self, count: int) -> bytes:
        """Exactly so many bytes."""
        return await _pipe(self._process.stdout).readexactly(count)

    async def close(self) -> None:
        """End it and everything that it started."""
        await _end(self._process, is_gentle=False)


@dataclass(slots=True)
class _Taken:
    stdout_bytes_max: int
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    is_too_much: bool = False


async def _converse(process: Spawned, stdin: bytes | Iterable[bytes], taken: _Taken) -> None:
    async with TaskGroup() as tasks:
        tasks.create_task(_feed(process, stdin))
        tasks.create_task(_take_stdout(process, taken))
        tasks.create_task(_take_stderr(process, taken))
        await process.has_exited.wait()


async def _feed(process: Spawned, data: bytes | Iterable[bytes]) -> None:
    stdin = process.stdin
    assert stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError, RuntimeError):  # it may end unread; uvloop says the last
        for chunk in (data,) if isinstance(data, bytes) else data:
            stdin.write(chunk)
            await stdin.drain()
    stdin.close()


async def _take_stdout(process: Spawned, taken: _Taken) -> None:
    while chunk := await _pipe(process.stdout).read(_CHUNK_BYTES):
        taken.stdout += chunk
        if len(taken.stdout) > taken.stdout_bytes_max:
            taken.is_too_much = True
            del taken.stdout[taken.stdout_bytes_max :]
            process.kill()
            return


async def _take_stderr(process: Spawned, taken: _Taken) -> None:
    while chunk := await _pipe(process.stderr).read(_CHUNK_BYTES):
        taken.stderr += chunk
        del taken.stderr[:-STDERR_BYTES_KEPT]


async def _end(process: Spawned, *, is_gentle: bool) -> None:
    """Leave nothing of the group (INV-35); `is_gentle` gives it a moment to remove its temporary files."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        if is_gentle and process.returncode is None:
            process.kill(signal.SIGTERM)
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE_S):
                    await process.has_exited.wait()
    finally:
        await process.end()


def _pipe(reader: asyncio.StreamReader | None) -> asyncio.StreamReader:
    assert reader is not None
    return reader

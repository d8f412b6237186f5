"""A child as the kernel has it: started without copying this process, its pipes in the loop, its end heard of alone.

Python starts it by `vfork`. uvloop forks, and the kernel then copies the page tables of the whole process: of one that
holds 200 MiB that takes 14 ms, half of which the loop stands still.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Thread

PIPE_BYTES = 256 * 1024
KILLED_S = 10.0
"""A child that was killed has ended in milliseconds, unless the kernel holds it: nobody can end it then."""


class Spawned:
    """It leads a process group. Its pipes are let go of when it is ended, whoever holds their other ends."""

    def __init__(self, process: subprocess.Popen[bytes], limit_bytes: int) -> None:
        self._process = process
        self.pid = process.pid
        self.has_exited = asyncio.Event()
        self.stdin: asyncio.StreamWriter | None = None
        self.stdout: asyncio.StreamReader | None = None
        self.stderr: asyncio.StreamReader | None = None
        self._unheld = [pipe for pipe in (process.stdin, process.stdout, process.stderr) if pipe is not None]
        self._transports: list[asyncio.BaseTransport] = []
        self._watch()
        self._connecting = asyncio.ensure_future(self._connect(limit_bytes))

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; `None` until it has ended."""
        return self._process.returncode

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Signal its group; one that has ended is a stranger's by now."""
        if not self.has_exited.is_set():
            _kill_group(self.pid, number)

    async def connected(self) -> None:
        """Its pipes are held. Who is cancelled has to end it: the loop goes on to take hold of them.

        Raises:
            OSError: they cannot be held.
        """
        await asyncio.shield(self._connecting)  # uvloop closes a pipe that it was about to hold, and nobody is told

    async def end(self) -> None:
        """Kill its group, wait for its end, let go of its pipes. Who is cancelled waits too: nobody else would."""
        cancelled: asyncio.CancelledError | None = None
        self.kill()
        while not self.has_exited.is_set():
            try:
                async with asyncio.timeout(KILLED_S):
                    await self.has_exited.wait()
            except asyncio.CancelledError as again:
                cancelled = again
            except TimeoutError:
                break
        self._connecting.add_done_callback(self._let_go)  # not before: what it holds then would be closed by nobody
        if cancelled is not None:
            raise cancelled

    def _let_go(self, _: object) -> None:
        for transport in self._transports:
            transport.close()
        for pipe in self._unheld:
            with suppress(OSError):  # the loop may have closed what it could not hold
                pipe.close()

    async def _connect(self, limit_bytes: int) -> None:
        self.stdin = await self._written()
        self.stdout = await self._read(limit_bytes)
        if self._unheld:
            self.stderr = await self._read(limit_bytes)

    async def _read(self, limit_bytes: int) -> asyncio.StreamReader:
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader(limit=limit_bytes)
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), self._unheld[0])
        self._hold(transport)
        return reader

    async def _written(self) -> asyncio.StreamWriter:
        loop, unread = asyncio.get_running_loop(), asyncio.StreamReader()
        transport, protocol = await loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(unread), self._unheld[0]
        )
        self._hold(transport)
        return asyncio.StreamWriter(transport, protocol, unread, loop)

    def _hold(self, transport: asyncio.BaseTransport) -> None:
        self._transports.append(transport)
        del self._unheld[0]

    def _watch(self) -> None:
        """Hear of its end, whatever becomes of its pipes; by a thread where the kernel does not tell."""
        loop = asyncio.get_running_loop()
        try:
            told = os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            Thread(target=self._wait, args=(loop,), daemon=True).start()
            return

        def hear() -> None:
            loop.remove_reader(told)
            os.close(told)
            self._exited()

        loop.add_reader(told, hear)

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        with suppress(RuntimeError):  # the loop is closed, and whoever waited is gone
            loop.call_soon_threadsafe(self._exited)

    def _exited(self) -> None:
        """Whoever is left of its group is ended first: once nobody waits for it, its number may be a stranger's."""
        _kill_group(self.pid, signal.SIGKILL)
        self._process.wait()
        self.has_exited.set()


async def spawn(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    cwd: str | None = None,
    hears_errors: bool = True,
    limit_bytes: int = PIPE_BYTES,
) -> Spawned:
    """Start a child with this environment and no other; `hears_errors` says whether its standard error is a pipe.

    A reader holds up to twice `limit_bytes`.

    Raises:
        OSError: it cannot be started, or its pipes cannot be held: nothing is left of it then.
    """
    errors = subprocess.PIPE if hears_errors else subprocess.DEVNULL
    child = Spawned(_begun(argv, environment, cwd, errors), limit_bytes)
    try:
        await child.connected()
    except BaseException:
        await child.end()
        raise
    return child


def _begun(
    argv: Sequence[str], environment: Mapping[str, str], cwd: str | None, errors: int
) -> subprocess.Popen[bytes]:
    """All of this process stands still until the program is there, as with every way to start one."""
    return subprocess.Popen(  # noqa: S603 - what this module is for
        argv,
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        bufsize=0,
        start_new_session=True,
    )


def _kill_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # nobody left; macOS says the second of a group of zombies
        os.killpg(group, number)

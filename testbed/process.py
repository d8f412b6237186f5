"""A server of the testbed as an operating-system process in a group of its own.

Built on `subprocess` and not on asyncio's processes: those belong to one event loop, and a control plane that
lives for a whole test session is used from the loop of each test. It never ends a process that it did not start.
"""

import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from testbed.leash import Leash
from trueline.runtime.clock import Clock

_PAUSE_S = 0.02
_LOG_TAIL_BYTES = 4000


class ProcessFailedError(Exception):
    """A server of the testbed did not start, or ended by itself; the text has the end of its log."""


class Process:
    """One server: `start` and `stop` may follow each other more than once; its log is appended to."""

    def __init__(self, command: Sequence[str], *, log: Path, leash: Leash, clock: Clock) -> None:
        self.name = Path(command[0]).name
        self._command = tuple(command)
        self._log = log
        self._leash = leash
        self._clock = clock
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started, and neither stopped nor ended by itself."""
        return self._child is not None and self._child.poll() is None

    @property
    def id(self) -> int | None:
        """Its number, while it runs."""
        return self._child.pid if self._child is not None and self.is_running else None

    def start(self) -> None:
        """Starts it in its folder, which is that of the log."""
        if self.is_running:
            raise ProcessFailedError(f"{self.name} runs already")
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command,
                cwd=self._log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._leash.hold(self._child.pid)

    def check(self) -> None:
        """Raises `ProcessFailedError` if it is not running any more."""
        if not self.is_running:
            raise ProcessFailedError(f"{self.name} ended by itself; its log ends with:\n{self.log_tail()}")

    def log_tail(self) -> str:
        """The last lines of its log."""
        if not self._log.exists():
            return ""
        with self._log.open("rb") as file:
            file.seek(max(0, self._log.stat().st_size - _LOG_TAIL_BYTES))
            return file.read().decode(errors="replace")

    async def stop(self, *, grace_s: float = 20.0, abrupt: bool = False) -> None:
        """Ends the whole group and waits for it: politely first, unless `abrupt`; by force after `grace_s`."""
        if self._child is None:
            return
        self._signal(signal.SIGKILL if abrupt else signal.SIGTERM)
        deadline = self._clock.monotonic_s() + grace_s
        while self._child.poll() is None:
            if self._clock.monotonic_s() > deadline:
                self._signal(signal.SIGKILL)
            await self._clock.sleep(_PAUSE_S)
        self._leash.let_go(self._child.pid)
        self._child = None

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None and self._child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)


def free_ports(count: int) -> tuple[int, ...]:
    """Ports of the loopback address that nobody listens on at this moment; all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return tuple(int(each.getsockname()[1]) for each in sockets)

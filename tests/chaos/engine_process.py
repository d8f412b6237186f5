"""`trueline up` as a process of its own, as a person starts it; and what of it outlives it."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.person import command
from trueline.runtime.clock import Clock

_PAUSE_S = 0.02
END_S_MAX = 5.0
"""How long an end may take (INV-34)."""


@dataclass(frozen=True, slots=True)
class Running:
    """One process of the machine; a number alone may be another's later."""

    id: int
    started: str


def tree_of(root: int) -> frozenset[Running]:
    """Everything that a process started, and what that started, as of now; without itself."""
    found: dict[int, tuple[int, Running]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            number, _, rest = stat.read_text().partition(" (")
            words = rest.rpartition(") ")[2].split()
            found[int(number)] = int(words[1]), Running(int(number), words[19])
    inside, grows = {root}, True
    while grows:
        more = {number for number, (parent, _) in found.items() if parent in inside} - inside
        inside, grows = inside | more, bool(more)
    return frozenset(one for number, (_, one) in found.items() if number in inside and number != root)


def is_alive(one: Running) -> bool:
    """Whether it is there still; a zombie is not."""
    with suppress(OSError):
        words = Path(f"/proc/{one.id}/stat").read_text().rpartition(") ")[2].split()
        return words[19] == one.started and words[0] != "Z"
    return False


@dataclass(slots=True, kw_only=True)
class EngineProcess:
    """Starts and ends it; its words are appended to `log`."""

    arguments: tuple[str, ...]
    home: Path
    log: Path
    clock: Clock
    before: tuple[str, ...] = ()
    """What starts it in its place: a program that makes room for it, then becomes it."""
    seen: set[Running] = field(default_factory=set)
    """What it started, as far as anybody looked."""
    _child: "subprocess.Popen[bytes] | None" = None

    @property
    def environment(self) -> Mapping[str, str]:
        """A home of its own, and none of the machine's Git settings."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        }

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.is_running:
            return
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                (*self.before, *command(*self.arguments)),
                cwd=self.home,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def kill(self) -> None:
        """Without a word to it."""
        await self._end(signal.SIGKILL, 30.0)

    async def terminate(self, *, patience_s: float = 60.0) -> tuple[int, float]:
        """Ask it to end: its exit code, and how long it took.

        Raises:
            TimeoutError: it did not end; it is killed then.
        """
        began_s = self.clock.monotonic_s()
        code = await self._end(signal.SIGTERM, patience_s)
        return code, self.clock.monotonic_s() - began_s

    async def wait(self, patience_s: float) -> int:
        """Until it ends by itself: its exit code.

        Raises:
            TimeoutError: it did not; it is killed then.
        """
        return await self._end(None, patience_s)

    async def orphans(self, patience_s: float = 20.0) -> frozenset[Running]:
        """What it started and lives on after it; it is given a little time, for a pipe's end is not seen at once."""
        assert not self.is_running
        deadline_s = self.clock.monotonic_s() + patience_s
        while (left := frozenset(filter(is_alive, self.seen))) and self.clock.monotonic_s() < deadline_s:
            await self.clock.sleep(_PAUSE_S)
        return left

    def has_claimed(self, data: Path) -> bool:
        """Whether its number stands in the lock of a data directory: before that it has touched nothing."""
        lock = data / "lock"
        return lock.exists() and f'"pid": {self.pid}' in lock.read_text()

    def said(self) -> str:
        """Everything that it ever said."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    async def _end(self, number: signal.Signals | None, patience_s: float) -> int:
        child = self._child
        assert child is not None
        deadline_s = self.clock.monotonic_s() + patience_s
        self.seen |= tree_of(child.pid)
        if number is not None and child.poll() is None:
            child.send_signal(number)
        while (code := child.poll()) is None:
            if self.clock.monotonic_s() > deadline_s:
                child.kill()
                child.wait()
                raise TimeoutError(f"it did not end within {patience_s:g} s")
            self.seen |= tree_of(child.pid)
            await self.clock.sleep(_PAUSE_S)
        return code

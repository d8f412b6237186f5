"""Keeps watch over a program in a cell: its time, what it prints, and what its processes and files take together.

The kernel bounds each process; what they take together is looked at ten times a second. Whoever exceeds a bound is
ended, and so is, at the end, everything that the program started.
"""

import os
import select
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from trueline.runtime.cell.room import Room
from trueline.runtime.cell.task import TEXT_BYTES_KEPT, CellEnding, CellLimits

LOOK_EACH_S: Final = 0.1
_CHUNK: Final = 64 * 1024
_ENDED_WITHIN: Final = 2_000


@dataclass(slots=True)
class Text:
    """What was printed: the beginning and the end are kept."""

    bytes_max: int
    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    total: int = 0

    def add(self, data: bytes) -> None:
        """Take some more."""
        self.total += len(data)
        half = TEXT_BYTES_KEPT // 2
        room = half - len(self.head)
        self.head += data[:room]
        self.tail += data[max(room, 0) :]
        del self.tail[:-half]

    @property
    def is_too_much(self) -> bool:
        """More than a program may print."""
        return self.total > self.bytes_max

    def kept(self) -> bytes:
        """All of it, or its beginning and its end."""
        gap = self.total - len(self.head) - len(self.tail)
        return bytes(self.head) + (b"\n... %d bytes left out ...\n" % gap if gap else b"") + bytes(self.tail)


@dataclass(slots=True, kw_only=True)
class Watch:
    """One program, by its process id and the pipe that it prints to."""

    process: int
    pipe: int
    room: Room
    limits: CellLimits
    text: Text = field(init=False)
    code: int | None = None

    def __post_init__(self) -> None:
        self.text = Text(self.limits.text_bytes)

    def until_end(self) -> CellEnding:
        """Wait until the program ends, or must be ended; then nothing of it is left."""
        try:
            return self._wait() or self._excess() or CellEnding.EXITED
        finally:
            self._end_all()

    def _wait(self) -> CellEnding | None:
        # Real time: it bounds processes, which live in it, and this process has no other clock.
        end_s = time.monotonic() + self.limits.timeout_s  # noqa: TID251
        poll = select.poll()
        poll.register(self.pipe, select.POLLIN)
        is_open = True
        next_look_s = 0.0
        while self.code is None:
            if is_open:
                ready = poll.poll(LOOK_EACH_S * 1000)
                is_open = not ready or self._read()
            else:
                time.sleep(LOOK_EACH_S / 10)
            self._reap()
            now_s = time.monotonic()  # noqa: TID251
            if now_s >= next_look_s:
                next_look_s = now_s + LOOK_EACH_S
                if excess := self._excess():
                    return excess
            if now_s >= end_s and self.code is None:
                return CellEnding.TIMED_OUT
        while poll.poll(0) and self._read():
            pass
        return None

    def _read(self) -> bool:
        data = os.read(self.pipe, _CHUNK)
        self.text.add(data)
        return bool(data) and not self.text.is_too_much

    def _reap(self) -> None:
        """Take every child that has ended: those that lost their parent come to this process."""
        with suppress(ChildProcessError):
            while True:
                process, status = os.waitpid(-1, os.WNOHANG)
                if process == 0:
                    return
                if process == self.process:
                    self.code = os.waitstatus_to_exitcode(status)

    def _excess(self) -> CellEnding | None:
        if self.text.is_too_much:
            return CellEnding.TEXT
        if self.room.has_processes:
            processes = self._processes()
            if len(processes) > self.limits.processes:
                return CellEnding.PROCESSES
            if sum(map(_memory_bytes, processes)) > self.limits.memory_bytes:
                return CellEnding.MEMORY
        files, tree_bytes = self._tree()
        if files > self.limits.files:
            return CellEnding.FILES
        return CellEnding.DISK if tree_bytes > self.limits.tree_bytes else None

    def _processes(self) -> list[int]:
        """In namespaces, all that can be seen; else the descendants of this process."""
        found = [int(one.name) for one in Path("/proc").glob("[0-9]*")] if self.room.has_processes else []
        if self.room.is_own:
            return [one for one in found if one != os.getpid()]
        return _descendants(os.getpid(), found)

    def _tree(self) -> tuple[int, int]:
        """Files and bytes: the file system tells, where it is the cell's own."""
        if self.room.is_own:
            used = os.statvfs("/")
            return used.f_files - used.f_ffree, (used.f_blocks - used.f_bfree) * used.f_frsize
        files, tree_bytes = 0, 0
        folders = [self.room.site, self.room.temporary]
        while folders and files <= self.limits.files:
            with suppress(OSError), os.scandir(folders.pop()) as entries:
                for entry in entries:
                    files += 1
                    if files > self.limits.files:
                        break
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        tree_bytes += entry.stat(follow_symlinks=False).st_blocks * 512
        return files, tree_bytes

    def _end_all(self) -> None:
        """In namespaces one signal reaches all; else group and descendants, until there are none."""
        for _ in range(_ENDED_WITHIN):
            if self.room.is_own:
                with suppress(ProcessLookupError):
                    os.kill(-1, signal.SIGKILL)
            else:
                self._end_some()
            self._reap()
            try:
                os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            time.sleep(LOOK_EACH_S / 20)

    def _end_some(self) -> None:
        """Stopped first, so that none can start another while the rest is looked for."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process, signal.SIGKILL)
        found = self._processes()
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for one in found:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(one, number)


def _memory_bytes(process: int) -> int:
    """What is a process's own: its resident pages without those of files, and what was swapped out."""
    try:
        status = Path(f"/proc/{process}/status").read_bytes()
    except OSError:
        return 0
    words = status.split()
    found = 0
    for name in (b"RssAnon:", b"VmSwap:"):
        if name in words:
            found += int(words[words.index(name) + 1]) * 1024
    return found


def _descendants(root: int, processes: list[int]) -> list[int]:
    children: dict[int, list[int]] = {}
    for one in processes:
        with suppress(OSError):
            parent = int(Path(f"/proc/{one}/stat").read_bytes().rpartition(b")")[2].split()[1])
            children.setdefault(parent, []).append(one)
    found, todo = [], [root]
    while todo:
        beneath = children.get(todo.pop(), [])
        found += beneath
        todo += beneath
    return found

"""Ends the testbed's servers when the process that started them dies without a word (killed by a time limit).

The leash is a process that reads the groups to end from a pipe; when the pipe closes, for whatever reason, it ends
those that were not let go. It never ends anything whose number it was not told.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self


class Leash:
    """Holds process groups; `with` it around their life."""

    def __init__(self) -> None:
        self._holder: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # -I -S: the holder needs nothing but the standard library and should cost little.
        command = (sys.executable, "-I", "-S", __file__)
        self._holder = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._holder is None or self._holder.stdin is None:
            return
        self._holder.stdin.close()
        self._holder.wait()
        self._holder = None

    def hold(self, group: int) -> None:
        """From now on `group` ends with us."""
        self._tell(f"+{group}")

    def let_go(self, group: int) -> None:
        """The group has ended by itself; its number may be another's soon."""
        self._tell(f"-{group}")

    def _tell(self, line: str) -> None:
        assert self._holder is not None, "the leash is used before it is entered"
        assert self._holder.stdin is not None
        self._holder.stdin.write(f"{line}\n".encode())
        self._holder.stdin.flush()


def _read(lines: Iterable[str]) -> set[int]:
    held: set[int] = set()
    for line in lines:
        group = int(line[1:])
        if line.startswith("+"):
            held.add(group)
        else:
            held.discard(group)
    return held


def main() -> None:
    """Reads `+GROUP` and `-GROUP` until the pipe closes, then ends the groups that are held."""
    for group in _read(sys.stdin):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()

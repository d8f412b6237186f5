"""What this process uses of the machine; what a platform does not tell is `None`."""

import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_PROC = Path("/proc/self")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """As of one moment. `cpu_s` is of user and system together, children apart."""

    cpu_s: float
    resident_bytes: int | None = None
    open_files: int | None = None


class OwnProcess(Protocol):
    """Asks the machine about this process."""

    def usage(self) -> Usage:
        """What it uses now."""
        ...


class SystemProcess:
    """The process as Linux tells of it, in `/proc`."""

    def usage(self) -> Usage:
        """What it uses now."""
        return Usage(cpu_s=time.process_time(), resident_bytes=_resident_bytes(), open_files=_open_files())


def _resident_bytes() -> int | None:
    with suppress(OSError, ValueError, IndexError):
        return int((_PROC / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return None


def _open_files() -> int | None:
    """The directory that is read is one of them, and is not counted."""
    if sys.platform == "linux":
        with suppress(OSError):
            return sum(1 for _ in (_PROC / "fd").iterdir()) - 1
    return None

"""What a figure was measured on, and what else ran there: a figure without it says nothing."""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path


def describe() -> str:
    """The machine in one line."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if "model name" in line), "unknown"
    )
    memory_kb = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("aiohttp", "msgspec", "uvloop"))
    return (
        f"{os.cpu_count()} cores ({model}), {memory_kb >> 20} GB, Linux {platform.release()},"
        f" Python {sys.version.split()[0]}, {libraries}"
    )


def load() -> str:
    """How busy the machine is with other things, as the kernel's load of one minute."""
    return f"load {os.getloadavg()[0]:.2f}"


def cpu_s(pid: int, *, with_children: bool = False) -> float:
    """The CPU that a process has used so far; `with_children`: that of its ended children too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = fields[11:15] if with_children else fields[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """The memory that a process holds now."""
    return next(int(line.split()[1]) << 10 for line in _lines(f"/proc/{pid}/status") if line.startswith("VmRSS"))


def children(pid: int) -> list[int]:
    """The processes that a process started and that still run."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def descendants(pid: int) -> list[int]:
    """The same with the processes that those started."""
    found = []
    with suppress(OSError):
        for child in children(pid):
            found += [child, *descendants(child)]
    return found


@contextmanager
def on_one_line(text: str) -> Iterator[None]:
    """Says on stderr what is under way."""
    print(f"  {text} …", file=sys.stderr, flush=True)
    yield


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()

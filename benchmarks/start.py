"""`trueline --help`: the CPU of a whole process, start to end."""

import asyncio
import resource
import sys

from benchmarks.figure import Figure

RUNS = 10


async def measure() -> list[Figure]:
    """CPU of ended children, so that what else the machine does costs nothing; a bare interpreter is the floor."""
    ours = [await _cpu("-m", "trueline.cli.main", "--help") for _ in range(RUNS)]
    bare = [await _cpu("-c", "pass") for _ in range(RUNS)]
    return [
        Figure(
            name="trueline --help, CPU",
            samples=ours,
            unit="s",
            floor=Figure(name="", samples=bare, unit="").value,
            goal="≤ 0.15 s",
            note="floor: the interpreter alone",
        )
    ]


async def _cpu(*arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.DEVNULL)
    assert await child.wait() == 0, arguments
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

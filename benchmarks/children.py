"""A child of a process of some size: what a question to Git costs before Git does anything, beside a bare start.

`BENCHMARK_MIB` is the memory that this process holds meanwhile. The floor is Python's `subprocess.run`, which waits.
"""

import os
import subprocess
from time import perf_counter

from benchmarks.figure import Figure
from trueline.runtime.process import Command, SystemProcesses

HELD_MIB = int(os.environ.get("BENCHMARK_MIB", "200"))
REPEATS = 100
_PAGE_BYTES = 4096
_PROGRAM = "/bin/true"


async def measure() -> list[Figure]:
    """Ours and the floor take turns; every page that is held was written to."""
    held = [os.urandom(_PAGE_BYTES) for _ in range((HELD_MIB << 20) // _PAGE_BYTES)]
    processes, command = SystemProcesses(), Command(argv=(_PROGRAM,))
    ours, floor = [], []
    for _ in range(REPEATS):
        began = perf_counter()
        await processes.run(command)
        ours.append(1000 * (perf_counter() - began))
        began = perf_counter()
        subprocess.run([_PROGRAM], check=True, capture_output=True, env={})  # noqa: ASYNC221 - the floor
        floor.append(1000 * (perf_counter() - began))
    bare = Figure(name="", samples=floor, unit="ms").value
    name = f"a child of a process that holds {len(held) * _PAGE_BYTES >> 20} MiB"
    return [Figure(name=name, samples=ours, unit="ms", floor=bare)]

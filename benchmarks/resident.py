"""An engine in a process of its own, as `trueline up` runs it, for what is measured of a process: CPU and memory.

`python -m benchmarks.resident URL DATA KUBECONFIG`. Each line on stdin is a commit to follow: it answers `settled` when
all of it is applied. In between it does nothing that the engine does not do.
"""

import asyncio
import os
import sys
from pathlib import Path

import uvloop

from trueline.loop.engine import Engine
from trueline.wiring.assembly import assemble
from trueline.wiring.settings import Settings


async def live(url: str, data: Path, kubeconfig: Path) -> None:
    """Run until stdin ends."""
    settings = Settings(
        repository=url,
        path="fleet",
        kubeconfig=kubeconfig,
        data_directory=data,
        is_live=True,
        environment={"PATH": os.environ.get("PATH", os.defpath)},
    )
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with assemble(settings) as assembly, assembly.engine.running():
        while wanted := (await reader.readline()).decode().strip():
            assembly.engine.poke()
            while not is_applied(assembly.engine, wanted):
                await assembly.clock.sleep(0.1)
            print("settled", len(assembly.engine.kept), flush=True)


def is_applied(engine: Engine, commit: str) -> bool:
    """Whether every application that the commit declares rests at it."""
    if engine.look is None or engine.look.revision.commit != commit:
        return False
    desired = [kept.desired for a in engine.look.applications if (kept := engine.kept.get(a.name)) is not None]
    is_whole = len(desired) == len(engine.look.applications)
    return is_whole and all(d is not None and d.commit == commit for d in desired) and engine.is_settled


def main() -> None:
    """The command line."""
    url, data, kubeconfig = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(live(url, Path(data), Path(kubeconfig)))


if __name__ == "__main__":
    main()

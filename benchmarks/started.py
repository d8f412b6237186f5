"""The process that a restart begins: the product alone, and no part of a benchmark, which would be measured with it.

It says `ready` once every application had its first whole pass, `settled` once nothing is under way, and ends with its
input.
"""

import asyncio
import os
import sys
from pathlib import Path

from trueline.cli.run import run
from trueline.wiring.assembly import assemble
from trueline.wiring.settings import Settings


async def live(url: str, data: Path, kubeconfig: Path) -> None:
    """Say how far it is."""
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
        while not assembly.engine.is_ready:
            await assembly.clock.sleep(0.01)
        print("ready", flush=True)
        await assembly.engine.wait_settled()
        assert not assembly.engine.problems, assembly.engine.problems
        print("settled", flush=True)
        await reader.read()


if __name__ == "__main__":
    run(live(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))

"""A cell for a script of a few lines, and what came of it."""

import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trueline.runtime.cell.process import ProcessCells
from trueline.runtime.cell.task import MIB, CellLimits, CellResult, CellTask
from trueline.runtime.process import SystemProcesses

SMALL = CellLimits(timeout_s=30, memory_bytes=256 * MIB, tree_bytes=64 * MIB, files=300, text_bytes=MIB, processes=40)


async def stream(files: Mapping[str, bytes]) -> AsyncIterator[tuple[str, bytes]]:
    for path, data in files.items():
        yield path, data


@dataclass
class Bench:
    """Cells of one kind, whose `place` is empty before and after."""

    place: Path
    is_plain: bool
    given: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cells = ProcessCells(SystemProcesses(), self.place, is_plain=self.is_plain)
        self.output: dict[str, bytes] = {}

    async def run(self, *argv: str, limits: CellLimits = SMALL, **variables: str) -> CellResult:
        """Run a program; its output is in `output`."""
        self.output = {}
        task = CellTask(argv=argv, output="_site", variables=variables, limits=limits)
        result = await self.cells.run(task, stream(self.given), self.output.__setitem__)
        assert not list(self.place.glob("*")), "a cell is gone after its end"
        return result

    async def sh(self, script: str, limits: CellLimits = SMALL) -> CellResult:
        """Run a script of the shell, whose first failure ends it."""
        return await self.run("sh", "-e", "-c", script, limits=limits)

    async def python(self, script: str, limits: CellLimits = SMALL) -> CellResult:
        """Run a script of this Python."""
        return await self.run(sys.executable, "-I", "-c", script, limits=limits)

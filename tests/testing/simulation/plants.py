"""`python -m tests.testing.simulation.plants`: bugs planted in a copy of the tree, and the first seed that finds each.

Ends with 1 where one is not found, or not for what it is. The figures go to build/reliability.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.mutants.guard import ROOT
from tests.mutants.overlay import Overlay
from tests.reliability.figure import write_figures
from tests.testing.simulation.plant import PLANTS, Plant

SEEDS_MAX: Final = 500
"""Within so many seeds, which is fewer than `make test` plays anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the first seed said that broke what the bug breaks; or why there was none."""

    plant: Plant
    said: str

    @property
    def is_found(self) -> bool:
        """Whether a seed broke one of the invariants that the bug breaks."""
        return self.said.startswith("seed ") and any(f": {name} " in self.said for name in self.plant.invariants)


def find(overlay: Overlay, plant: Plant) -> Finding:
    """Plant one bug, and play seeds until one is broken."""
    with ExitStack() as planted:
        for file, text in _texts(plant).items():
            planted.enter_context(overlay.saying(file, text))
        return Finding(plant=plant, said=_first_broken(overlay.folder, plant.invariants))


def _texts(plant: Plant) -> dict[str, str]:
    texts: dict[str, str] = {}
    for edit in plant.edits:
        text = texts.get(edit.file) or (ROOT / edit.file).read_text()
        assert text.count(edit.text) == 1, f"{plant.name}: the guard in {edit.file} is written otherwise now"
        texts[edit.file] = text.replace(edit.text, edit.planted)
    return texts


def _first_broken(folder: Path, names: Collection[str]) -> str:
    """The first seed of a copy of the tree that breaks one of these; what a bug breaks beside comes before it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder / "src"), str(folder)))}
    command = [sys.executable, "-m", "tests.testing.simulation.seeds", "--count", str(SEEDS_MAX)]
    command += ["--until-broken", *names]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip().rpartition("\n")[2] or done.stderr


def main() -> int:
    """Plant them in turn; 1 where one is not found."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        overlay, found = Overlay(Path(folder)), 0
        for plant in PLANTS:
            finding = find(overlay, plant)
            found += finding.is_found
            sys.stdout.write(f"{plant.name}: {finding.said if finding.is_found else f'NOT FOUND {finding.said}'}\n")
            sys.stdout.flush()
    write_figures("plants", {"found": found, "of": len(PLANTS), "seeds_max": SEEDS_MAX})
    return 0 if found == len(PLANTS) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Bugs that are planted in turn are each found by the simulator, within the seeds that `make test` plays anyway."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.mutants.guard import ROOT
from tests.mutants.overlay import Overlay
from tests.testing.simulation.plant import PLANTS, Plant

SEEDS_MAX = 300


@pytest.fixture(scope="module")
def overlay(tmp_path_factory: pytest.TempPathFactory) -> Overlay:
    return Overlay(tmp_path_factory.mktemp("planted"))


OPEN = {"stale plan applied", "owner not checked"}
"""Not before seed 20, at which the engine turns in place: see `test_seeds`."""


@pytest.mark.parametrize(
    "plant", [plant for plant in PLANTS if plant.name not in OPEN], ids=lambda plant: plant.name.replace(" ", "_")
)
def test_planted_bugs_are_found(overlay: Overlay, plant: Plant) -> None:
    with ExitStack() as planted:
        for file, text in _texts(plant).items():
            planted.enter_context(overlay.saying(file, text))
        found = _first_found(overlay.folder)
    assert found.startswith("seed "), found
    assert any(name in found for name in plant.invariants), found


def _texts(plant: Plant) -> dict[str, str]:
    texts: dict[str, str] = {}
    for edit in plant.edits:
        text = texts.get(edit.file) or (ROOT / edit.file).read_text()
        assert text.count(edit.text) == 1, f"{plant.name}: the guard in {edit.file} is written otherwise now"
        texts[edit.file] = text.replace(edit.text, edit.planted)
    return texts


def _first_found(folder: Path) -> str:
    """The first seed of a copy of the tree that is broken; empty where none is."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder / "src"), str(folder)))}
    command = [sys.executable, "-m", "tests.testing.simulation.seeds", "--count", str(SEEDS_MAX), "--until-broken"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr

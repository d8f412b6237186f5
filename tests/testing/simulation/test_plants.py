"""Bugs that are planted in turn are each found by the simulator, within the seeds that `make test` plays anyway."""

import pytest

from tests.mutants.overlay import Overlay
from tests.testing.simulation.plant import PLANTS, Plant
from tests.testing.simulation.plants import find


@pytest.fixture(scope="module")
def overlay(tmp_path_factory: pytest.TempPathFactory) -> Overlay:
    return Overlay(tmp_path_factory.mktemp("planted"))


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name.replace(" ", "_"))
def test_planted_bugs_are_found(overlay: Overlay, plant: Plant) -> None:
    finding = find(overlay, plant)
    assert finding.is_found, finding.said

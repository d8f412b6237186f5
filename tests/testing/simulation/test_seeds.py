"""Seeds: each is a world in which much goes wrong; nothing that may not be is done in it, and it converges."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.reliability.figure import ROOT
from trueline.runtime.toolbox_process import find_toolbox
from trueline.testing.simulation.run import Casting, simulate
from trueline.testing.simulation.toolbox import SynchronousToolbox

SEEDS = int(os.environ.get("TRUELINE_SEEDS", "640"))
AT_ONCE = 20

FOUND = {
    20: "an open outcome woke its application after each pass, which never ended",
    12: "a field that a controller took stayed taken when the object moved to another application",
    34: "an event that a watch skipped was never made good",
    37: "an apply that got 429 was not tried again",
    48: "a start with a broken commit went back behind a deployment that had begun, and pruned what it had made",
    179: "an object that was changed between the trial of its take-over and the take-over was overrun",
    114: "a prune that was planned before the object moved to another application deleted it there",
}
"""Seeds that have found something, each once more while what is drawn stays the same, with nobody else in it."""

FOUND_AS_CAST = {
    714: "one process began with the newest commit for one application, and put another one back",
    924: "a commit that was begun with late did not count, and an older one was followed after it",
    240: "what Git had taken away was held to what it was, while a person was asked about its removal",
    654: "a second process lost its fence, was not told, and made anew what the first one had just pruned",
    710: "as 654, after the watch of the fence was cut and opened anew: nobody asked whether it was taken meanwhile",
    772: "somebody took our mark off, and the autoscaler's field was never ours again: that is left, and told",
    1054: "a create of one process met what another one had made meanwhile, and wrote over it",
    34: "a pass stood still before its fence, which somebody took and left at a newer commit; it took it back",
    16: "who left an object alone because it moves was not told that Git took the move back",
    26: "what one application forgot was another one's by its mark, and nobody looked",
    118: "a stray that could be proven to be late once the fence was held was looked at by chance",
    948: "a deployment was given up, and an earlier one stands again: nothing was begun at its commit",
}
"""The same with whoever takes part in it; half of them the engine had to learn, and half the judge."""


@pytest.fixture(scope="module")
def toolbox() -> Iterator[SynchronousToolbox]:
    with SynchronousToolbox(find_toolbox().path) as started:
        yield started


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE), ids=lambda first: f"{first}-{first + AT_ONCE - 1}")
def test_seeds(toolbox: SynchronousToolbox, first: int) -> None:
    verdicts = [simulate(seed, toolbox) for seed in range(first, first + AT_ONCE)]
    assert [str(verdict) for verdict in verdicts if verdict.broken] == []


@pytest.mark.parametrize("seed", FOUND)
def test_seeds_that_have_found_something(toolbox: SynchronousToolbox, seed: int) -> None:
    assert simulate(seed, toolbox, Casting()).broken == ""


@pytest.mark.parametrize("seed", FOUND_AS_CAST)
def test_seeds_with_others_in_them(toolbox: SynchronousToolbox, seed: int) -> None:
    assert simulate(seed, toolbox).broken == ""


def test_the_same_seed_gives_the_same_log(toolbox: SynchronousToolbox) -> None:
    first = simulate(7, toolbox)
    assert len(first.log) > 20
    assert simulate(7, toolbox) == first
    with SynchronousToolbox(find_toolbox().path) as fresh:
        assert simulate(7, fresh) == first
    assert simulate(8, toolbox).log != first.log


@pytest.mark.parametrize("seed", [2, 26], ids=["a second process", "and a death"])
def test_the_order_of_sets_changes_nothing(seed: int) -> None:
    """Names are hashed otherwise in each process: what goes through a set of them in its order is another world."""
    said = {_digest(seed, hash_seed) for hash_seed in ("0", "1", "2")}
    assert len(said) == 1


def _digest(seed: int, hash_seed: str) -> str:
    command = [sys.executable, "-m", "tests.testing.simulation.seeds", "--seed", str(seed), "--count", "1", "--digests"]
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
    }
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout

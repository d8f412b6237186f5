"""A board on which applications stand as a test says."""

from dataclasses import replace
from typing import Any

from tests.loop.still_clock import StillClock
from tests.loop.test_reconcile import desired
from trueline.health.status import Status
from trueline.loop.board import Board
from trueline.loop.kept import Kept
from trueline.loop.status import Sync


def board_of(clock: StillClock | None = None, /, **needed: tuple[str, ...]) -> Board:
    """Applications by name, each with whom it depends on; all are True at what Git says, and had their first pass."""
    board = Board(clock or StillClock())
    board.looks = 1
    sample = desired()
    for name, names in needed.items():
        kept = board.keep(replace(sample.application, name=name, depends_on=names))
        kept.desired = replace(sample, application=kept.application)
        stand(kept, sync=Sync.SYNCED, health=Status.HEALTHY, revision="r", wanted="r")
    return board


def stand(kept: Kept, **changes: Any) -> None:
    """It stands otherwise from now on."""
    kept.status = replace(kept.status, **changes)

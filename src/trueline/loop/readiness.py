"""Readiness: which applications had their first pass, and which stand where they will stay by themselves."""

from collections.abc import Callable, Iterator

from trueline.loop.board import Board
from trueline.loop.kept import Kept
from trueline.loop.status import ON_THE_WAY, Sync

FAILURES_SETTLED = 5
"""After so many failures in a row that name the same trouble, more of them are no news."""

_FINAL = frozenset({Sync.SYNCED, Sync.OUT_OF_SYNC, Sync.OVERRULED, Sync.WAITING, Sync.HELD, Sync.BLOCKED, Sync.PARTLY})


class Readiness:
    """How far all applications are of which passes are made here: those that `is_ours` tells."""

    def __init__(self, board: Board, *, is_ours: Callable[[Kept], bool]) -> None:
        self._board = board
        self._is_ours = is_ours

    @property
    def is_ready(self) -> bool:
        """Whether Git was looked at and every application had its first pass, or a reason why it has none."""
        return self._board.looks > 0 and all(
            kept.last is not None
            or kept.failure
            or kept.trouble
            or kept.fenced
            or kept.away
            or kept.held
            or kept.waits_for
            for kept in self._ours()
        )

    @property
    def is_final(self) -> bool:
        """Whether only a person, Git or the target can change how any of them stands."""
        return all(map(self._is_settled, self._ours()))

    def _ours(self) -> Iterator[Kept]:
        return filter(self._is_ours, self._board.kept.values())

    def _is_settled(self, kept: Kept) -> bool:
        if kept.failure or (kept.away and kept.aim is None):
            return True
        if kept.waits_for and not kept.held:
            needed = self._board.kept.get(kept.waits_for)
            return (
                needed is None or not self._is_ours(needed) or (not needed.status.is_true and self._is_settled(needed))
            )
        if kept.trouble or kept.status.sync is Sync.UNKNOWN:
            return self._board.schedule.failures(kept.application.name) >= FAILURES_SETTLED
        if kept.is_due and not (kept.held or kept.fenced):
            return False
        is_progressing = kept.status.sync is Sync.SYNCED and kept.status.health in ON_THE_WAY
        return kept.status.sync in _FINAL and (kept.status.is_left or not is_progressing)

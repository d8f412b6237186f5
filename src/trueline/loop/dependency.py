"""Dependencies between applications (D10): whom one waits for now. Nobody is woken and nothing is ordered here."""

from collections.abc import Callable

from trueline.loop.board import Board
from trueline.loop.chronicle import Chronicle
from trueline.loop.kept import Kept
from trueline.loop.register import Register


class Dependencies:
    """Who has to be True, or gone, before an application has a pass.

    `is_ours` tells of whom passes are made here.
    """

    def __init__(
        self, board: Board, *, register: Register, chronicle: Chronicle, is_ours: Callable[[Kept], bool]
    ) -> None:
        self._board = board
        self._register = register
        self._chronicle = chronicle
        self._is_ours = is_ours

    def missing(self, kept: Kept) -> str:
        """What has to be True before this one; on removal, what needs this one and is still there. Empty: nothing."""
        name, needed = kept.application.name, kept.application.depends_on
        if kept.desired is not None and kept.desired.is_removal:
            return next((n for n, other in self._board.kept.items() if name in other.application.depends_on), "")
        return next((one for one in needed if not self._is_met(one, kept)), "")

    def _is_met(self, name: str, kept: Kept) -> bool:
        """Whether an application that another one needs is True, with what Git says now."""
        needed = self._board.kept.get(name)
        if needed is None or self._is_ours(needed):
            return needed is not None and needed.status.is_true and needed.status.wanted == needed.status.revision
        # No pass is made of it here: it is as it stood last, and what is rolled back needs no newer one than that.
        is_newest = needed.desired is not None and needed.desired.run == self._chronicle.completed_run(name)
        return self._register.was_true(name) and (is_newest or kept.pinned is not None)

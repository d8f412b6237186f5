"""Losses: what goes from many applications at once. Each loses little; together it is much, and a person is asked.

It looks at how everything stands now and deletes nothing: whether a loss goes ahead, the plan of its application says.
"""

from collections.abc import Mapping

from trueline.loop import leave
from trueline.loop.board import Board
from trueline.loop.desired import Desired
from trueline.loop.engine_parts import EngineParts
from trueline.model.digest import Digest
from trueline.plan.fleet import Stand, fleet_asks, together, waits


class Losses:
    """The losses of a whole fleet, judged anew for each pass that would delete something (INV-03)."""

    def __init__(self, parts: EngineParts, board: Board) -> None:
        self._parts = parts
        self._board = board
        self._came: dict[str, tuple[Digest | str, str]] = {}
        self._waiting: Mapping[str, str] = {}
        """Who loses something, together with others so much that a person is asked; with which commit that came."""

    def asks(self, application: str) -> tuple[str, ...]:
        """Why a person has to agree before an application loses anything; empty where it is little enough."""
        look, kept = self._board.look, self._board.kept
        commit = look.revision.commit if look is not None else ""
        if not commit or self._parts.approvals.is_approved(Digest(commit)):
            self._waiting = {}
            return ()
        stands = self._stands()
        still = waits(stands)
        self._waiting = {name: came for name, came in self._waiting.items() if name in still}
        judged = together(stands, self._waiting, application)
        if asks := fleet_asks(judged.values(), commit=commit):
            is_read = all(one.desired is not None and one.desired.commit == commit for one in kept.values())
            now = waits(judged) if is_read else dict.fromkeys(waits(judged), "")  # one that is slow may lose more
            self._waiting = {**now, **self._waiting}
        elif judged is stands:  # it is few again, and nobody waits for it
            self._waiting = {}
        return asks

    def forget(self, application: str) -> None:
        """The application is gone."""
        self._came.pop(application, None)

    def _stands(self) -> Mapping[str, Stand]:
        """What each application owns, and what Git declares of it now."""
        now, sizes = self._parts.clock.now(), self._parts.claims.sizes()
        kept = self._board.kept.items()
        aims = {name: leave.bounded(one.aim, now) for name, one in kept if one.aim is not None}
        return {
            name: Stand(
                owned=size,
                declared=len(aims[name].resources),
                is_exempt=leave.is_reviewed(aims[name]),
                commit=self._came_with(aims[name]),
            )
            if name in aims
            else Stand(owned=size, declared=size)
            for name, size in sizes.items()
        }

    def _came_with(self, aim: Desired) -> str:
        """The commit at which an application was first seen to declare what it declares now."""
        name = aim.application.name
        if self._came.get(name, ("", ""))[0] != aim.run:
            self._came[name] = (aim.run, aim.commit)
        return self._came[name][1]

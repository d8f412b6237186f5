"""How every application stands, put together after events, and told to the register and the journal when it changes."""

from dataclasses import replace

from trueline.loop.board import Board
from trueline.loop.bug import own_fault
from trueline.loop.engine_parts import EngineParts
from trueline.loop.kept import Kept
from trueline.loop.safekeeping import Safekeeping
from trueline.loop.standing import is_known, stand
from trueline.loop.status import ApplicationStatus, Sync
from trueline.model.fault import Fault

REFRESH_PAUSE_S = 0.02
REFRESH_PAUSE_PER_COST = 10.0
TOLD_AGAIN_S = 2.0
"""What could not be written down, on a full disk, is told again after so long."""


class Refresher:
    """Statuses follow events, coalesced: however many objects change, a status is put together once for all."""

    def __init__(self, parts: EngineParts, board: Board, safekeeping: Safekeeping) -> None:
        self._parts = parts
        self._board = board
        self._safekeeping = safekeeping
        self._is_busy = False
        self._before_start: dict[str, tuple[str, str]] | None = None
        self._untold: set[str] = set()
        self._applied_before: dict[str, str] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether every status is as it stands."""
        return not self._is_busy and not self._board.stale

    async def refresh(self) -> None:
        """The pause comes first, so that a heal does not wait for a status; it grows with what statuses cost."""
        clock, board, took_s = self._parts.clock, self._board, 0.0
        while True:
            await board.changed.wait()
            await clock.sleep(max(REFRESH_PAUSE_S, took_s * REFRESH_PAUSE_PER_COST))
            board.changed.clear()
            began_s = clock.monotonic_s()
            await self._restand_stale()
            took_s = clock.monotonic_s() - began_s

    async def _restand_stale(self) -> None:
        names, self._is_busy = sorted(self._board.stale), True
        self._board.stale.clear()
        for name in names:
            if name in self._board.kept:
                await self._restand_or_tell(self._board.kept[name])
        self._is_busy = False

    async def _restand_or_tell(self, kept: Kept) -> None:
        """A disk that is full, or a fault of ours, must not end the loop; it is told until it passes."""
        name = kept.application.name
        try:
            await self._restand(kept)
        except Fault as fault:
            self._board.problems = fault.diagnostics
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the loop; it is told
            self._board.problems = (own_fault(name, error),)
        else:
            self._untold.discard(name)
            return
        self._untold.add(name)  # whoever waits for it has not been woken (INV-29)
        self._board.schedule.wake_after(name, TOLD_AGAIN_S)

    async def _restand(self, kept: Kept) -> None:
        kept.status = before = self._with_revision(kept)
        try:
            parts = await self._parts.targets.parts(kept.application.target)
        except Fault:
            parts = None
        kept.status = _with_pin(kept, stand(kept, parts, self._parts.clock.now()))
        is_untold = kept.application.name in self._untold
        if (is_untold or _words(before) != _words(kept.status)) and is_known(kept):
            self._tell(kept)
            self._parts.register.put(kept.application, kept.status)
        is_news = is_untold or not before.is_true or before.revision != kept.status.revision
        if kept.status.is_true and is_news:
            self._board.wake_dependants(kept.application.name)
            self._follow(kept)

    def _follow(self, kept: Kept) -> None:
        """INV-14: what Git says at this moment was followed; by the time that it is kept, a newer one may be."""
        if (look := self._board.look) is not None:
            self._safekeeping.add(kept.desired, look)
            self._parts.chronicle.advance(look.revision.commit)

    def _with_revision(self, kept: Kept) -> ApplicationStatus:
        """What was applied last is known over a start, also of what never comes to its end: drift that is left."""
        if self._applied_before is None:
            self._applied_before = self._parts.register.revisions()
        revision = self._applied_before.pop(kept.application.name, "")
        return replace(kept.status, revision=kept.status.revision or revision)

    def _tell(self, kept: Kept) -> None:
        """A start tells nothing that was told before the last end."""
        if self._before_start is None:
            self._before_start = self._parts.register.words()
        told = kept.told or self._before_start.pop(kept.application.name, ("", ""))
        self._parts.chronicle.change(told, kept.status)
        kept.told = (kept.status.sync.value, kept.status.health.value)


def _with_pin(kept: Kept, status: ApplicationStatus) -> ApplicationStatus:
    """After a rollback the status says openly that Git says something else, and is not True until Git follows."""
    if kept.pinned is None:
        return status
    said = f"rolled back to {kept.pinned.revision}; Git says {kept.wanted or 'nothing that renders'}"
    sync = Sync.HELD if status.sync is Sync.SYNCED else status.sync
    message = f"{said}; {status.message}" if status.message else said
    is_same = (kept.status.sync, kept.status.health) == (sync, status.health)
    return replace(status, sync=sync, message=message, since=kept.status.since if is_same else status.at)


def _words(status: ApplicationStatus) -> tuple[object, ...]:
    told = (status.problems, status.objects, status.added, status.notes, status.waits_for, status.is_left)
    return (status.sync, status.health, status.message, status.revision, status.wanted, *told)

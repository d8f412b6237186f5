"""Following the targets: what a watch saw only says "look again" (D2), and to whom."""

import asyncio

from trueline.drift.drift import DriftKind
from trueline.loop.board import Board
from trueline.loop.kept import Kept
from trueline.loop.parts import Parts
from trueline.loop.progress import Pass
from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.plan.change import Action
from trueline.runtime.task_group import TaskGroup
from trueline.target.inventory import Entry, EntryState
from trueline.target.protocol import Contact, Seen, Sighting
from trueline.target.snapshot import Observed


class TargetFollower:
    """Watches every target that an application names, each once."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._group: TaskGroup | None = None
        self._observers: dict[str, asyncio.Task[None]] = {}
        self._early: dict[str, dict[Ref, Seen]] = {}

    def begin(self, group: TaskGroup) -> None:
        """Watch in this group from now on; before that nothing is watched."""
        self._group = group

    def end(self) -> None:
        """Watch nothing any more."""
        self._group = None
        for task in self._observers.values():
            task.cancel()
        self._observers.clear()

    def observe(self, parts: Parts) -> None:
        """Watch a target, where that has not begun."""
        name = parts.target.name
        if self._group is not None and name not in self._observers:
            self._observers[name] = self._group.create_task(self._follow(parts))

    def look_back(self, parts: Parts, application: str) -> None:
        """A pass is over: what was seen of its objects before its outcomes were written down is told apart now.

        Where an outcome is still open, the pass that comes for it looks: to wake one for that would never end (INV-33).
        """
        for ref, sighting in self._early.pop(application, {}).items():
            owned = parts.owners.lookup(parts.target.name, ref)
            if owned is not None and owned[1].state is EntryState.INTENDED:
                self._early.setdefault(application, {})[ref] = sighting
            else:
                self._sight(parts, sighting)

    def let_go(self, parts: Parts, made: Pass) -> None:
        """What was forgotten and stands there is owned no more: it may be a stray of whose mark it carries (INV-29).

        A pass of theirs that came before saw that it was owned.
        """
        for change in (one.change for one in made.outcomes if one.change.action is Action.FORGET):
            part = made.review.snapshot.at(change.ref)
            if isinstance(part, Known) and (name := self._marked(parts, part.value)):
                self._board.schedule.wake(name, [change.ref])

    async def _follow(self, parts: Parts) -> None:
        async for sighting in parts.watcher.sightings():
            self._sight(parts, sighting)

    def _sight(self, parts: Parts, sighting: Sighting) -> None:
        match sighting:
            case Contact():
                self._contact(parts)
            case Seen(ref=ref, observed=observed) as seen:
                owned = parts.owners.lookup(parts.target.name, ref)
                name = owned[0] if owned else self._marked(parts, observed) or self._spoken_of(ref)
                kept = self._board.kept.get(name)
                if kept is None:
                    return
                self._board.touch(name)
                if owned is not None and _is_early(owned[1], observed):
                    self._early.setdefault(name, {})[ref] = seen
                if owned is None or not _is_as_left(owned[1], observed):
                    self._board.schedule.wake(name, [ref])
                elif kept.waits:
                    self._board.schedule.wake(name)
                elif _is_over(kept, ref):
                    self._board.schedule.wake(name, [ref])

    def _marked(self, parts: Parts, observed: Observed | None) -> str:
        mark = observed.mark if observed else ""
        return next((name for name in sorted(self._board.kept) if mark and parts.target.mark(name) == mark), "")

    def _spoken_of(self, ref: Ref) -> str:
        """Whose last plan holds something back there that is in no inventory, and is gone or another's now."""
        for name, kept in sorted(self._board.kept.items()):
            if kept.last is not None and any(change.ref == ref for change in kept.last.review.plan.held):
                return name
        return ""

    def _contact(self, parts: Parts) -> None:
        for name, kept in self._board.kept.items():
            if kept.status.target in {"", parts.target.name}:
                self._board.schedule.wake(name)


def _is_over(kept: Kept, ref: Ref) -> bool:
    """Whether an object drifted, was left so, and is now as we left it: what was told of it is over."""
    left = kept.last.left if kept.last else ()
    return any(drift.ref == ref and drift.kind is not DriftKind.ADDED for drift in left)


def _is_early(entry: Entry, observed: Observed | None) -> bool:
    """Whether somebody was at an object between our write and its outcome, which may not know of it."""
    return entry.state is EntryState.INTENDED and observed is not None and observed.others != entry.others


def _is_as_left(entry: Entry, observed: Observed | None) -> bool:
    """Whether a sighting is what we know already: recorded, or promised by the dry run before our own apply."""
    if observed is None or observed.uid != entry.uid:
        return observed is not None and not entry.uid and observed.ours == entry.promised
    if entry.state is EntryState.INTENDED and observed.ours == entry.promised:
        return True
    return entry.is_as_left(observed)

"""Unclaimed objects: marked by our hand for an application that neither Git declares nor we remember (INV-29).

Two processes with copies of one data directory can leave such, and a data directory that was lost after an application
had left Git. Nothing proves what became of them, so nothing is done to them: they are told, for as long as they stand.
"""

from collections.abc import Collection, Iterator, Mapping

from trueline.loop.parts import Parts
from trueline.model.diagnostic import Diagnostic
from trueline.model.ref import Ref
from trueline.runtime.clock import Clock

LOOK_S = 15.0
"""How old an answer may be: everything that is in view is gone through for it."""
NAMED_MAX = 10


class Unclaimed:
    """Finds them on the targets that passes are made on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._targets: dict[str, Parts] = {}
        self._looked_at_s = -LOOK_S
        self._notes: tuple[Diagnostic, ...] = ()

    def observe(self, parts: Parts) -> None:
        """From now on this target is looked at, too."""
        self._targets[parts.target.name] = parts

    def notes(self, known: Collection[str]) -> tuple[Diagnostic, ...]:
        """What is worth telling, where these are the applications that are declared or remembered."""
        now_s = self._clock.monotonic_s()
        if now_s - self._looked_at_s >= LOOK_S:
            self._looked_at_s = now_s
            self._notes = tuple(self._look(known))
        return self._notes

    def _look(self, known: Collection[str]) -> Iterator[Diagnostic]:
        for target, parts in sorted(self._targets.items()):
            ours = {parts.target.mark(name) for name in known}
            yield from _told(target, {mark: refs for mark, refs in parts.target.marks().items() if mark not in ours})


def _told(target: str, found: Mapping[str, Collection[Ref]]) -> Iterator[Diagnostic]:
    for mark, refs in sorted(found.items()):
        named = ", ".join(map(str, sorted(refs)[:NAMED_MAX])) + (" and others" if len(refs) > NAMED_MAX else "")
        yield Diagnostic(
            code="TL1910",
            summary="objects of an application that is not in the fleet",
            detail=f"{target}: {len(refs)} marked trueline.dev/application={mark}: {named}; nothing is done to them",
            remedy="declare the application again, or delete them by hand",
        )

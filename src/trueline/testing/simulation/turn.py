"""Whose turn it is to write: who holds each fence, and which machine has been told that it lost one (INV-13).

No API server refuses a create that comes late (D13). So a machine whose fence was taken may still make an object, if it
had not been told when it wrote down that it would; an update, a delete, or a create after that, is never excused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from trueline.embedded.store import Event
from trueline.target.kubernetes.lease import Lease, read_lease
from trueline.testing.simulation.network import is_about_fences

NOBODY: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a process knows of a fence that it holds, or held. `lost_at` is the number of the last record in its journal
    when it was told that somebody else had taken it; `None`: nobody has told it.
    """  # noqa: D205 - one sentence needs two lines

    holder: str
    version: int
    lost_at: int | None = None


class _Said(msgspec.Struct):
    """A list has items, an event of a watch has an object."""

    items: tuple[msgspec.Raw, ...] = ()
    object: msgspec.Raw = msgspec.Raw(b"{}")


@dataclass(slots=True, kw_only=True)
class Turns:
    """What the cluster has of each fence, and what of it has come to each machine."""

    entered: set[tuple[str, str]] = field(default_factory=set)
    """The commits that have stood at each application's fence: what was begun with, where something was written."""
    _holders: dict[str, str] = field(default_factory=dict)
    _known: dict[tuple[str, str], Turn] = field(default_factory=dict)

    def see(self, event: Event) -> None:
        """A write of the cluster."""
        if event.after is not None and is_about_fences(event.key):
            for lease in leases_of(event.after.raw):
                self._holders[lease.record.application] = lease.record.holder
                self.entered.add((lease.record.application, lease.record.standing.order.commit))

    def hear(self, machine: str, holder: str, body: bytes, *, sequence: int) -> None:
        """Something of fences has come to a machine, whose process is this holder; its journal has so many records."""
        for lease in leases_of(body):
            place, version = (machine, lease.record.application), int(lease.version)
            known, told = self._known.get(place), lease.record.holder
            if told == holder and (known is None or version > known.version):
                self._known[place] = Turn(holder=holder, version=version)
            elif known is not None and known.holder == holder and told not in {holder, NOBODY}:
                is_news = known.lost_at is None and version > known.version
                self._known[place] = replace(known, lost_at=sequence) if is_news else known

    def holder(self, application: str) -> str:
        """The process that holds an application's fence; empty where nobody does."""
        return self._holders.get(application, NOBODY)

    def is_late(self, machine: str, holder: str, application: str, *, intended_at: int) -> bool:
        """Whether what a process wrote down that it would make may come now, though another one writes by now.

        The process held the fence and lost it, and the intent is no newer than what it was told of that.
        """
        turn = self._known.get((machine, application))
        if turn is None or turn.holder != holder or self.holder(application) in {NOBODY, holder}:
            return False
        return turn.lost_at is None or intended_at <= turn.lost_at


def leases_of(body: bytes) -> Iterator[Lease]:
    """The fences in what a cluster says: one, a list of them, or an event of a watch; none in anything else."""
    try:
        said = msgspec.json.decode(body, type=_Said)
        for raw in (msgspec.Raw(body), *said.items, said.object):
            if (lease := read_lease(raw)) is not None:
                yield lease
    except msgspec.DecodeError:
        return  # a page of HTML, a line that was cut

"""Whose each field is: what a machine's books prove to have been ours, and what others own meanwhile (D17).

A field that another manager owns is put back where the machine that writes has written down that it was ours; else it
stays as it is, and the rest is written. A machine that died before it wrote that down proves nothing, nor does one
whose mark somebody took from the object.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from trueline.embedded.store import Kept
from trueline.model.digest import Digest
from trueline.model.ref import Ref
from trueline.target.kubernetes.field_set import Steps, hex_digest, leaves, other_fields, our_fields, read_ownership
from trueline.target.kubernetes.mark import LABEL, Installation
from trueline.target.kubernetes.wire import ManagedFields
from trueline.testing.process import TARGET
from trueline.testing.simulation.fleet import is_as_declared
from trueline.testing.simulation.machine import Machine

_Place: TypeAlias = tuple[str, str]


class _Metadata(msgspec.Struct):
    managedFields: tuple[ManagedFields, ...] = ()  # noqa: N815 - the API's name


@dataclass(frozen=True, slots=True)
class _Ours:
    uid: str
    digest: Digest
    paths: frozenset[Steps]


@dataclass(slots=True, kw_only=True)
class Ownership:
    """What each machine applied, and what of it stands in its books."""

    installation: Installation
    _applied: dict[_Place, _Ours] = field(default_factory=dict)
    _proven: dict[_Place, _Ours] = field(default_factory=dict)

    def settle(self, machine: Machine, key: str, ref: Ref) -> None:
        """Before an object is written again: what a machine applied to it last is proven once it is in its books."""
        applied = self._applied.get((machine.name, key))
        if applied is None or machine.process is None:
            return
        found = machine.process.ledger.lookup(TARGET, ref)
        if found is not None and found[1].ours == applied.digest:
            self._proven[machine.name, key] = applied

    def apply(self, machine: Machine, key: str, after: Kept) -> None:
        """A machine has applied."""
        entries, manager = _entries(after), self.installation.manager
        ours = our_fields(entries, manager) or {}
        digest = hex_digest(read_ownership(entries, manager).ours)
        self._applied[machine.name, key] = _Ours(after.metadata.uid, digest, frozenset(leaves(ours)))

    def see(self, key: str, after: Kept | None) -> None:
        """Somebody else wrote; an object without our mark is not ours any more, whatever the books say."""
        if after is None or not self.installation.is_own(after.metadata.labels.get(LABEL, "")):
            for places in (self._applied, self._proven):
                for place in [place for place in places if place[1] == key]:
                    del places[place]

    def is_left(self, machine: Machine, key: str, before: Kept, declared: Mapping[str, Any], after: Kept) -> bool:
        """Whether an object is as it is declared, but for what others own and never was provably ours."""
        entries = other_fields(_entries(before), self.installation.manager)
        theirs = {path for _, fields in entries for path in leaves(fields)}
        proven = self._proven.get((machine.name, key))
        if proven is not None and proven.uid == before.metadata.uid:
            theirs = {path for path in theirs if path not in proven.paths}
        return all(any(_is_within(path, left) for left in theirs) for path in _differences(declared, after.body))


def _entries(kept: Kept) -> tuple[ManagedFields, ...]:
    return msgspec.json.decode(kept.envelope.metadata, type=_Metadata).managedFields


def _is_within(path: Steps, owned: Steps) -> bool:
    """Whether who owns one path has a say in the other: a list differs as a whole, its elements are owned."""
    return owned[: len(path)] == path or path[: len(owned)] == owned


def _differences(declared: Any, live: Any, above: Steps = ()) -> Iterator[Steps]:
    """The paths at which an object is not as it is declared."""
    if isinstance(declared, Mapping) and isinstance(live, Mapping):
        for name, value in declared.items():
            yield from _differences(value, live.get(name), (*above, f"f:{name}"))
    elif not is_as_declared(declared, live):
        yield above

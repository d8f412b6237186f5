"""Intents without an outcome: what became of them is read from the target, never guessed (design, Inventory)."""

from dataclasses import replace

import msgspec

from trueline.model.known import Known
from trueline.target.inventory import Entry, EntryState, Inventory
from trueline.target.snapshot import Observed, Snapshot


def settle(inventory: Inventory, snapshot: Snapshot, *, mark: str) -> Inventory:
    """The inventory with each open intent as the target tells it now; what is unknown stays open.

    INV-23: nothing is guessed. INV-01: an object counts as ours only if our manager put this application's mark on it.
    A hook that is still the object of the run before was not made anew: its intent stays open.
    """
    entries = {ref: _settled(entry, snapshot, mark) for ref, entry in inventory.entries.items()}
    return replace(inventory, entries=entries)


def _settled(entry: Entry, snapshot: Snapshot, mark: str) -> Entry:
    if entry.state is not EntryState.INTENDED:
        return entry
    match snapshot.at(entry.ref):
        case Known(Observed() as live) if live.mark == mark and live.mark_is_ours:
            if entry.run and entry.uid == live.uid:
                return entry
            return msgspec.structs.replace(entry, state=EntryState.FAILED, uid=live.uid)
        case _:
            return entry

"""What is kept as it was while nothing that Git changed may be done: a refusal, or a person who has not agreed.

What Git did not change is healed by the plan itself. The rest is healed to what was applied last, from the inventory
and the kept bodies, so that a start in between changes nothing.
"""

from collections.abc import Collection
from typing import Final

from trueline.model.known import Known
from trueline.model.origin import Origin
from trueline.plan.change import Action, Change
from trueline.plan.diff import DiffOptions, diff
from trueline.render.resource import Resource
from trueline.target.inventory import Entry, EntryState, Inventory
from trueline.target.snapshot import Snapshot

_CHANGED: Final = frozenset({Action.CREATE, Action.UPDATE, Action.PRUNE})


def kept_as_left(
    changes: Collection[Change], *, inventory: Inventory, snapshot: Snapshot, options: DiffOptions
) -> tuple[Change, ...]:
    """The heals of what these changes would change or take away, to what was applied last. Nothing else.

    A part of a whole that Git no longer mentions and somebody has deleted is made again: it leaves with the whole, and
    not before. An object that stands by itself is not: who deleted it only came before us.
    What was begun and has no known outcome, was refused, or is a hook, is not among it.
    """
    has_wholes = bool(options.rules.wholes)
    changed = {
        one.ref: one
        for one in changes
        if not one.run and (one.action in _CHANGED or (has_wholes and _is_lost(one, snapshot)))
    }
    owned = {ref: entry for ref, entry in inventory.entries.items() if ref in changed and _was_applied(entry)}
    left = [
        Resource(
            ref=ref, digest=entry.body, origin=changed[ref].origin or Origin(path=""), position=changed[ref].position
        )
        for ref, entry in owned.items()
    ]
    found = diff(desired=left, snapshot=snapshot, inventory=inventory, options=options, focus=owned.keys())
    return tuple(one for one in found if one.action is Action.HEAL)


def _is_lost(change: Change, snapshot: Snapshot) -> bool:
    return change.action is Action.FORGET and snapshot.at(change.ref) == Known(None)


def _was_applied(entry: Entry) -> bool:
    """Whether that is what was applied last: not where another process may have come further (`Ledger.doubt`)."""
    return entry.state is EntryState.APPLIED and bool(entry.body) and bool(entry.ours) and not entry.run

"""Inhabitants: what a namespace would take along. None goes while something of ours in it is to stay (INV-09).

What is not ours and stands there, only the target knows: it refuses the trial of the delete.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.target.inventory import Inventory
from trueline.target.rules import Rules
from trueline.target.snapshot import Snapshot


def spare(  # noqa: PLR0913 - what a pass knows
    changes: Collection[Change],
    *,
    desired: Collection[Ref],
    inventory: Inventory,
    snapshot: Snapshot,
    rules: Rules,
    is_whole: bool,
) -> tuple[Change, ...]:
    """The changes, with every prune held back that would take along what stays; a look at single objects takes none.

    Staying is whatever is declared, and whatever we own that this plan does not delete and that is not gone already.
    """
    if not any(_takes(change, rules) for change in changes):
        return tuple(changes)
    going = {c.ref for c in changes if c.action is Action.PRUNE}
    owned = (ref for ref in inventory.entries if ref not in going and snapshot.at(ref) != Known(None))
    staying: dict[str, Ref] = {}
    for ref in sorted({*desired, *owned}, reverse=True):
        staying[ref.namespace] = ref
    return tuple(_spared(change, staying, is_whole=is_whole) if _takes(change, rules) else change for change in changes)


def _takes(change: Change, rules: Rules) -> bool:
    return change.action is Action.PRUNE and change.ref.kind in rules.holders


def _spared(change: Change, staying: Mapping[str, Ref], *, is_whole: bool) -> Change:
    if not is_whole:
        return replace(change, action=Action.HOLD, reason="it is deleted when the whole application is looked at")
    if (inhabitant := staying.get(change.ref.name)) is not None:
        return replace(change, action=Action.HOLD, reason=f"{inhabitant} stands in it and stays")
    return change

"""Hooks: resources that run once for what is declared instead of being kept. Their runs are inventory rows (D11).

A hook is due when the declared resources are not those that it ran for last; a commit that changes nothing of an
application starts none. Like everything, it is found out from the inventory and the target, on every pass.
"""

from collections.abc import Collection, Iterator, Mapping

from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.plan.diff import DiffOptions, departure
from trueline.render.resource import HookDelete, Phase, Position, Resource
from trueline.target.inventory import Entry, EntryState, Inventory
from trueline.target.snapshot import Observed, Snapshot


def hook_changes(  # noqa: PLR0913 - what a run is made of
    due: Collection[Resource],
    *,
    declared: Mapping[Ref, Resource],
    run: str,
    is_complete: bool,
    snapshot: Snapshot,
    inventory: Inventory,
    options: DiffOptions,
) -> tuple[Change, ...]:
    """What has to be done about the hooks that are `due` for this run; `is_complete`: it went to its end before."""
    changes = [] if is_complete else [_due(hook, inventory, snapshot, run) for hook in due]
    changes += _finished(declared, inventory, snapshot, options, is_complete=is_complete)
    return tuple(sorted(changes, key=lambda change: (*change.position.key, change.ref)))


def _due(hook: Resource, inventory: Inventory, snapshot: Snapshot, run: str) -> Change:
    entry = inventory.entries.get(hook.ref)
    if entry is not None and entry.run == run and entry.state is not EntryState.INTENDED:
        return _change(hook, Action.KEEP, "runs, or has run", run, None)
    match snapshot.at(hook.ref):
        case Unknown(reason):
            return _change(hook, Action.HOLD, f"the target could not be read: {reason}", run, None)
        case Known(None):
            return _change(hook, Action.CREATE, f"hook, {hook.position.phase.value} the sync", run, None)
        case Known(live):
            return _again(hook, entry, live, run)


def _again(hook: Resource, entry: Entry | None, live: Observed | None, run: str) -> Change:
    if entry is None or live is None or not live.mark_is_ours or (entry.uid and entry.uid != live.uid):
        return _change(hook, Action.HOLD, "an object that is not ours has the hook's name", run, live)
    if live.deleting:
        return _change(hook, Action.HOLD, "the hook of the run before is being deleted", run, live)
    if entry.run == run:
        return _change(hook, Action.UPDATE, "an earlier attempt has no known outcome", run, live)
    return _change(hook, Action.REPLACE, "hook of the run before is deleted, then made again", run, live)


def _finished(
    declared: Mapping[Ref, Resource],
    inventory: Inventory,
    snapshot: Snapshot,
    options: DiffOptions,
    *,
    is_complete: bool,
) -> Iterator[Change]:
    """Hook objects that are to go: the run is complete and their policy says so, or Git dropped them."""
    for ref, entry in inventory.entries.items():
        hook = declared.get(ref)
        done = hook is not None and is_complete and HookDelete.ON_SUCCESS in hook.hook_delete
        if entry.run and (hook is None or done):
            action, reason = departure(ref, entry, snapshot.at(ref), options)
            because = "hook has done its work" if done and action is Action.PRUNE else reason
            live = snapshot.at(ref)
            uid = live.value.uid if isinstance(live, Known) and live.value else entry.uid
            position = Position(phase=Phase.AFTER, stage=options.rules.stage(ref.kind))
            yield Change(ref=ref, action=action, reason=because, position=position, uid=uid, run=entry.run)


def _change(hook: Resource, action: Action, reason: str, run: str, live: Observed | None) -> Change:
    return Change(
        ref=hook.ref,
        action=action,
        reason=reason,
        position=hook.position,
        body=hook.digest,
        origin=hook.origin,
        uid=live.uid if live else "",
        run=run,
    )

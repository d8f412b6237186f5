"""Hooks: resources that run once for what is declared instead of being kept. Their runs are inventory rows (D11).

A hook is due when the declared resources are not those that it ran for last; a commit that changes nothing of an
application starts none. Like everything, it is found out from the inventory and the target, on every pass.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import assert_never

from trueline.health.status import Health, Status
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.plan.diff import DiffOptions, departure
from trueline.plan.leaving import is_named
from trueline.render.resource import HookDelete, Phase, Position, Resource
from trueline.target.inventory import Ending, Entry, EntryState, Inventory
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
    ended: Mapping[Ref, Ending],
) -> tuple[Change, ...]:
    """What has to be done about the hooks that are `due` for this run.

    `is_complete`: the run went to its end before; `ended` says how its hooks ended (see `endings`).
    """
    changes = (
        []
        if is_complete
        else [_due(hook, inventory, snapshot, run, options) for hook in _next(due, inventory, ended, run)]
    )
    failed = [ref for ref, ending in ended.items() if ending is Ending.BADLY]
    policy = dict.fromkeys(failed, HookDelete.ON_FAILURE)
    policy |= dict.fromkeys(declared, HookDelete.ON_SUCCESS) if is_complete else {}
    done = {ref: at for ref, at in policy.items() if ref in declared and at in declared[ref].hook_delete}
    finished = _finished(declared, inventory, snapshot, options, done)
    return tuple(sorted(_one_each(changes, finished), key=lambda change: (*change.position.key, change.ref)))


def _one_each(due: Collection[Change], finished: Iterable[Change]) -> Iterator[Change]:
    """INV-14: what has to be written of a hook comes before it goes: only what is known can be told apart later."""
    going = {change.ref: change for change in finished}
    for change in due:
        if change.action is not Action.KEEP:
            going.pop(change.ref, None)
        if change.ref not in going:
            yield change
    yield from going.values()


def beside(kept: Collection[Change], hooks: Collection[Change], *, standing: Collection[Ref]) -> tuple[Change, ...]:
    """The changes of what is kept and those of hooks, one for each object; `standing` is what Git declares to be kept.

    INV-01: what was a hook and is kept now is not deleted for having been one; what is a hook now, is made as one.
    """
    hooks = [change for change in hooks if change.ref not in standing]
    runs = {change.ref for change in hooks}
    both = (*(change for change in kept if change.ref not in runs), *hooks)
    return tuple(sorted(both, key=lambda change: (*change.position.key, change.ref)))


def endings(
    hooks: Collection[Resource], *, run: str, inventory: Inventory, healths: Mapping[Ref, Health]
) -> Mapping[Ref, Ending]:
    """How the hooks of this run ended: what was seen once stays true, whatever becomes of their objects."""
    found = {}
    for hook in hooks:
        entry = inventory.entries.get(hook.ref)
        if entry is not None and entry.run.startswith(f"{run}/"):
            seen = _ENDINGS.get(healths[hook.ref].status, Ending.NONE) if hook.ref in healths else Ending.NONE
            seen = Ending.NONE if entry.state is EntryState.INTENDED else seen  # what is there ran for another run
            found[hook.ref] = seen if entry.ended is Ending.NONE else entry.ended
    return found


_ENDINGS = {Status.HEALTHY: Ending.WELL, Status.DEGRADED: Ending.BADLY}


def run_of(hook: Resource, run: str) -> str:
    """What a hook runs for: a run of what is declared, in one phase."""
    return f"{run}/{hook.position.phase.value}"


def _next(due: Collection[Resource], inventory: Inventory, ended: Mapping[Ref, Ending], run: str) -> Iterator[Resource]:
    """One of each object's phases: the one that it is in, or, when that went well, the one after it."""
    phases: dict[Ref, list[Resource]] = {}
    for hook in sorted(due, key=lambda hook: hook.position.key):
        phases.setdefault(hook.ref, []).append(hook)
    for ref, hooks in phases.items():
        entry = inventory.entries.get(ref)
        at = next((i for i, hook in enumerate(hooks) if entry and entry.run == run_of(hook, run)), -1)
        goes_on = at >= 0 and ended.get(ref) is Ending.WELL
        yield hooks[min(max(at, 0) + goes_on, len(hooks) - 1)]


def _due(hook: Resource, inventory: Inventory, snapshot: Snapshot, of: str, options: DiffOptions) -> Change:
    """INV-15: it runs once for a run. INV-04: what could not be read is not taken for gone."""
    entry, run = inventory.entries.get(hook.ref), run_of(hook, of)
    is_made = entry is not None and entry.run == run and entry.state is not EntryState.INTENDED
    if entry is not None and is_made and entry.state is not EntryState.FAILED:
        return _change(hook, Action.KEEP, "runs, or has run", run, None)
    match snapshot.at(hook.ref):
        case Unknown(reason):
            return _change(hook, Action.HOLD, f"the target could not be read: {reason}", run, None)
        case Known(None):
            return _change(hook, Action.CREATE, f"hook, {hook.position.phase.value} the sync", run, None)
        case Known(Observed() as live) if is_made:  # by an earlier attempt, and nobody wrote so
            return _change(hook, Action.UPDATE, "an earlier attempt has no known outcome", run, live)
        case Known(live):
            return _again(hook, entry, live, run, options)
        case other:
            assert_never(other)


def _again(hook: Resource, entry: Entry | None, live: Observed | None, run: str, options: DiffOptions) -> Change:
    """To make it anew is to delete it: only what is proven ours (INV-01), and never what may hold data (INV-07)."""
    if entry is None or live is None or not _is_ours(entry, live, options):
        return _change(hook, Action.HOLD, "an object that is not ours has the hook's name", run, live)
    if live.deleting:
        return _change(hook, Action.HOLD, "the hook of the run before is being deleted", run, live)
    if entry.run == run and not entry.uid:
        return _change(hook, Action.UPDATE, "an earlier attempt has no known outcome", run, live)
    if hook.ref.kind in options.rules.protected and not is_named(hook.ref, options.allow_delete):
        return _change(hook, Action.UPDATE, "it may hold data: it is applied in place, not made again", run, live)
    return _change(hook, Action.REPLACE, "hook of the run before is deleted, then made again", run, live)


def _is_ours(entry: Entry, live: Observed, options: DiffOptions) -> bool:
    return live.mark == options.mark and live.mark_is_ours and entry.uid in {"", live.uid}


def _finished(
    declared: Mapping[Ref, Resource],
    inventory: Inventory,
    snapshot: Snapshot,
    options: DiffOptions,
    done: Mapping[Ref, HookDelete],
) -> Iterator[Change]:
    """Hook objects that are to go: they are done and their policy says so, or Git dropped them."""
    for ref, entry in inventory.entries.items():
        is_done = ref in done and bool(entry.uid)
        if entry.run and (ref not in declared or is_done):
            action, reason = departure(ref, entry, snapshot.at(ref), options)
            because = _DONE[done[ref]] if is_done and action is Action.PRUNE else reason
            live = snapshot.at(ref)
            uid = live.value.uid if isinstance(live, Known) and live.value else entry.uid
            position = Position(phase=Phase.AFTER, stage=options.rules.stage(ref.kind))
            # A run that Git still declares stays known without its object; of any other, nothing does.
            run = "" if action is Action.FORGET and ref not in declared else entry.run
            yield Change(ref=ref, action=action, reason=because, position=position, uid=uid, run=run)


_DONE = {HookDelete.ON_SUCCESS: "hook has done its work", HookDelete.ON_FAILURE: "hook has failed"}


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

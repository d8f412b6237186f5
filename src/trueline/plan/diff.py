"""The difference between what Git asks for and what the target has: one change for each resource, with its reason.

The same function serves preview, apply, drift and rollback (D1): "delete" is a diff against no resources, "rollback" a
diff against an older render, a look at one object a diff with a `focus`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

import msgspec

from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.plan.leaving import Leaving, Way, is_named, leaving_of
from trueline.render.resource import Position, Resource
from trueline.target.inventory import Entry, EntryState, Inventory, addition_of
from trueline.target.rules import Rules
from trueline.target.snapshot import NOTHING, Observed, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffOptions:
    """What a declaration and a target say about changes.

    `mark` is the label value that makes an object this application's; `family` is what the marks of this installation
    begin with. `allow_delete` holds refs (as text) whose deletion Git consents to. `yielded` are refs that another
    application of this installation owns and no longer declares; `moving` are ours that another one declares now (its
    name), or may declare (empty: not all of the fleet is read). `take_over` are field paths that Git takes from others.
    `takes_away`: what tools added goes. `resting` are refs over which somebody fights with us, with what is said of it
    until the pause is over. `leaving` is what Git says of the way in which things go. `strays` carry our mark, as our
    manager wrote it, and are in no inventory of ours; `late` are those of them that were made by an apply of ours that
    came after we had pruned them.
    """

    mark: str
    family: str
    rules: Rules
    prune: bool = True
    heals: bool = True
    takes_away: bool = False
    allow_delete: frozenset[str] = frozenset()
    replace: frozenset[str] = frozenset()
    take_over: frozenset[str] = frozenset()
    yielded: Mapping[Ref, str] = field(default_factory=dict)
    moving: Mapping[Ref, str] = field(default_factory=dict)
    resting: Mapping[Ref, str] = field(default_factory=dict)
    strays: Mapping[Ref, Observed] = field(default_factory=dict)
    late: frozenset[Ref] = frozenset()
    leaving: tuple[Leaving, ...] = ()


def diff(
    *,
    desired: Collection[Resource],
    snapshot: Snapshot,
    inventory: Inventory,
    options: DiffOptions,
    focus: Collection[Ref] | None = None,
) -> tuple[Change, ...]:
    """Say how to bring the target to what is desired, sorted by position and ref; `focus` looks at no other refs.

    A resource that Git does not mention is pruned only where it is proven ours: it stands in the inventory, has the
    UID we recorded, carries our mark, and our manager owns that mark (D16). Hooks are not compared: they run.
    """
    options = _of_a_whole(options) if any(one.ref.kind in options.rules.wholes for one in desired) else options
    looked = None if focus is None else frozenset(focus)
    wanted = {r.ref: r for r in desired if not r.is_hook and (looked is None or r.ref in looked)}
    rows = ((ref, e) for ref, e in inventory.entries.items() if looked is None or ref in looked)
    owned = {ref: e for ref, e in rows if not e.run or ref in wanted}
    changes = [*_declared(wanted, owned, snapshot, options), *_left(wanted, owned, snapshot, options)]
    if options.strays:
        known = {resource.ref for resource in desired} | inventory.entries.keys()
        asked = options.strays.keys() if looked is None else looked
        strays = {ref: live for ref, live in options.strays.items() if ref in asked and ref not in known}
        changes += _strayed(strays, options)
    return tuple(sorted(changes, key=lambda change: (*change.position.key, change.ref)))


def _of_a_whole(options: DiffOptions) -> DiffOptions:
    """INV-03: what leaves with the whole is called a prune, so that whoever guards those sees it.

    Pruning that is off, or a fleet that is being read, would hold back the name alone.
    """
    return replace(options, prune=True, moving={})


def _declared(
    wanted: Mapping[Ref, Resource], owned: Mapping[Ref, Entry], snapshot: Snapshot, options: DiffOptions
) -> Iterator[Change]:
    for ref, resource in wanted.items():
        match snapshot.at(ref):
            case Unknown(reason):
                yield _change(resource, Action.HOLD, f"the target could not be read: {reason}")
            case Known(live):
                entry = owned.get(ref)
                yield _present(resource, entry, live, options) if live else _absent(resource, entry, options)
            case other:
                assert_never(other)


def _absent(resource: Resource, entry: Entry | None, options: DiffOptions) -> Change:
    if entry is None or entry.run or entry.state is EntryState.INTENDED or not entry.uid:
        return _change(resource, Action.CREATE, "new in Git")
    if entry.body != resource.digest:
        return _change(resource, Action.CREATE, "changed in Git, and deleted on the target")
    if not options.heals:
        return _change(resource, Action.KEEP, "deleted on the target; drift is ignored here")
    return _change(resource, Action.HEAL, "deleted on the target")


def _present(resource: Resource, entry: Entry | None, live: Observed, options: DiffOptions) -> Change:
    if live.deleting:
        return _change(resource, Action.HOLD, "it is being deleted; it is made again when it is gone", live)
    is_given = entry is None and live.mark_is_ours and resource.ref in options.yielded
    if live.mark == options.mark and not is_given:  # else another process has moved it here, and our books have not
        return _marked(resource, entry, live, options)
    if live.mark.startswith(options.family):
        return _of_a_sibling(resource, live, options)
    if live.mark:
        return _change(resource, Action.HOLD, _of_another(live.mark), live)
    if entry is not None and _is_kept(entry) and entry.uid == live.uid:
        return _change(resource, Action.HEAL, "our mark was taken off it", live)
    made_by = ", ".join(live.managers) or "an unknown tool"
    return _change(resource, Action.TAKE_OVER, f"made by {made_by}", live)


def _is_kept(entry: Entry) -> bool:
    """Whether it was applied to be kept: a hook ran, and what has no body was about to be taken over."""
    return bool(entry.body) and not entry.run


def _of_another(mark: str) -> str:
    """A lost data directory makes what we applied a stranger's: a person may give the id back."""
    installation = mark.partition(".")[0]
    back = f"if its data was lost, start a new data directory with --adopt-installation {installation}"
    return f"it belongs to another installation of Trueline ({mark}); {back}"


def _of_a_sibling(resource: Resource, live: Observed, options: DiffOptions) -> Change:
    if giver := options.yielded.get(resource.ref):
        return _change(resource, Action.TRANSFER, f"moves here from {giver}", live)
    owner = live.mark.removeprefix(options.family)
    return _change(resource, Action.HOLD, f"it belongs to the application {owner}", live)


def _marked(resource: Resource, entry: Entry | None, live: Observed, options: DiffOptions) -> Change:
    if not live.mark_is_ours:
        return _change(resource, Action.TAKE_OVER, "it carries our mark, but another tool put it there", live)
    if entry is None or entry.run:
        return _change(resource, Action.UPDATE, _WAS_HOOK if entry else _UNLISTED, live)
    if entry.state is EntryState.INTENDED:
        return _change(resource, Action.UPDATE, "an earlier attempt has no known outcome", live)
    if entry.uid != live.uid:
        return _change(resource, Action.UPDATE, "somebody made it again", live)
    if entry.body != resource.digest:
        return _change(resource, Action.UPDATE, "changed in Git", live)
    return _untouched(resource, entry, live, options)


_UNLISTED = "ours, but our inventory does not list it"
_WAS_HOOK = "it was a hook, and is kept from now on"


def _untouched(resource: Resource, entry: Entry, live: Observed, options: DiffOptions) -> Change:
    """Git says what it said before: whatever differs now is drift, or nothing. A difference only triggers a look.

    INV-15: what is as declared is not written. INV-16: what is fought over rests.
    """
    if entry.state is EntryState.FAILED:
        return _change(resource, Action.UPDATE, "refused before, tried again", live)
    if not options.take_over.isdisjoint(entry.withheld):
        return _change(resource, Action.UPDATE, "Git takes fields that were left to others", live)
    is_same = entry.is_as_left(live)
    if is_same and not _goes(entry, options):
        return _change(resource, Action.KEEP, "as declared", live)
    if resource.ref in options.resting:
        return _change(resource, Action.HOLD, options.resting[resource.ref], live)
    if not options.heals:
        return _change(resource, Action.KEEP, "it may have drifted; drift is ignored here", live)
    reason = "tools added fields" if is_same else "touched on the target since we applied it"
    return _change(resource, Action.HEAL, reason, live)


def _goes(entry: Entry, options: DiffOptions) -> bool:
    """Whether Git wants gone what is known to be there beside ours."""
    return options.takes_away and any(options.rules.is_former_tool(addition_of(text).manager) for text in entry.added)


def _left(
    wanted: Mapping[Ref, Resource], owned: Mapping[Ref, Entry], snapshot: Snapshot, options: DiffOptions
) -> Iterator[Change]:
    for ref, entry in owned.items():
        if ref not in wanted:
            action, reason = departure(ref, entry, snapshot.at(ref), options)
            live = snapshot.at(ref)
            observed = live.value if isinstance(live, Known) else None
            yield Change(
                ref=ref,
                action=action,
                reason=reason,
                position=Position(wave=entry.wave, stage=options.rules.stage(ref.kind)),
                uid=observed.uid if observed else entry.uid,
                ours=observed.ours if observed else NOTHING,
                generation=observed.generation if observed else 0,
            )


def _strayed(strays: Mapping[Ref, Observed], options: DiffOptions) -> Iterator[Change]:
    """What an older pass of ours left behind, or one whose records were lost: told, and deleted where Git names it.

    INV-06, INV-26: a store that is lost or old deletes nothing by itself.
    """
    for ref, live in strays.items():
        if live.deleting or ref in options.moving:
            continue
        entry = Entry(ref=ref, state=EntryState.APPLIED, uid=live.uid)
        action, reason = departure(ref, entry, Known(live), options)
        if action is Action.FORGET:
            continue
        leaving = leaving_of(ref, options.leaving)
        is_asked = is_named(ref, options.allow_delete) or (leaving is not None and leaving.names(ref))
        if ref in options.late and action is Action.PRUNE:
            reason = "an apply of ours brought it back after it was pruned"
        elif not is_asked:
            action, reason = Action.HOLD, f'{_STRAY}; to have it deleted: sync.allowDelete: ["{ref}"]'
        yield Change(
            ref=ref,
            action=action,
            reason=reason,
            position=Position(stage=options.rules.stage(ref.kind)),
            uid=live.uid,
            ours=live.ours,
            generation=live.generation,
        )


_STRAY = "it is marked as ours, but neither Git nor our inventory has it"


def departure(
    ref: Ref, entry: Entry, live: Known[Observed | None] | Unknown, options: DiffOptions
) -> tuple[Action, str]:
    """What becomes of an object that Git no longer mentions; every way to a prune leads through here.

    INV-04: what could not be read is not absent, and is not deleted either.
    """
    match live:
        case Unknown(reason):
            return Action.HOLD, f"the target could not be read: {reason}"
        case Known(None):
            return Action.FORGET, "gone already"
        case Known(observed):
            assert observed is not None
            foreign = _foreign(entry, observed, options)
            return foreign or _moving(ref, options) or _consent(ref, entry, observed, options)
        case other:
            assert_never(other)


def _foreign(entry: Entry, live: Observed, options: DiffOptions) -> tuple[Action, str] | None:
    """INV-01: ours is what has the UID that we recorded, this application's mark, and that mark by our hand."""
    if entry.uid and live.uid != entry.uid:
        return Action.FORGET, "somebody made it again: it is not ours"
    if _is_taken(entry, live, options):
        return None
    if live.mark != options.mark:
        return Action.FORGET, "it no longer carries our mark"
    if not live.mark_is_ours:
        return Action.FORGET, "another manager owns our mark on it"
    if not entry.uid:
        return Action.HOLD, "we intended to make it and do not know whether this is it"
    return None


def _is_taken(entry: Entry, live: Observed, options: DiffOptions) -> bool:
    """Whether it carries a sibling's mark, and one declares it: until it is in their books, ours say what was ours."""
    is_a_siblings = live.mark != options.mark and live.mark.startswith(options.family) and live.mark_is_ours
    return is_a_siblings and bool(options.moving.get(entry.ref))


def _moving(ref: Ref, options: DiffOptions) -> tuple[Action, str] | None:
    """INV-08: whoever declares it now takes it with one apply; it is never deleted on the way (D16)."""
    if ref not in options.moving:
        return None
    if taker := options.moving[ref]:
        return Action.KEEP, f"moves to {taker}"
    return Action.HOLD, "not all of the fleet is read: another application may declare it"


def _consent(ref: Ref, entry: Entry, live: Observed, options: DiffOptions) -> tuple[Action, str]:
    if live.deleting:
        return Action.HOLD, "it is being deleted"
    leaving = leaving_of(ref, options.leaving)
    if leaving is not None and leaving.is_over:
        return Action.HOLD, f"{leaving.name} has expired: renew it, or take it away"
    if leaving is not None and leaving.way is Way.KEEP:
        return Action.RELEASE, f"it stays and is not ours any more, as {leaving.name} says"
    # INV-26: an older data directory does not know yet that it is to stay; the object does.
    return _pruned(ref, msgspec.structs.replace(entry, keep=entry.keep or live.keep), options, leaving)


def _pruned(ref: Ref, entry: Entry, options: DiffOptions, leaving: Leaving | None) -> tuple[Action, str]:
    """INV-07: what may hold data goes only where Git names it. INV-09: what the target itself stands on never goes."""
    if str(ref) in options.rules.untouchable:
        return Action.HOLD, "it belongs to the target itself and is never deleted"
    is_allowed = is_named(ref, options.allow_delete) or (leaving is not None and leaving.names(ref))
    if entry.keep and not is_allowed:
        return Action.FORGET, "it stays, as was declared, and is not ours any more"
    if not options.prune and leaving is None:
        return Action.HOLD, "pruning is off for this application"
    if ref.kind in options.rules.protected and not is_allowed:
        return Action.HOLD, f'it may hold data; Git has to consent with sync.allowDelete: ["{ref}"]'
    return Action.PRUNE, "no longer in Git" if leaving is None else f"no longer in Git, as {leaving.name} says"


def _change(resource: Resource, action: Action, reason: str, live: Observed | None = None) -> Change:
    return Change(
        ref=resource.ref,
        action=action,
        reason=reason,
        position=resource.position,
        body=resource.digest,
        origin=resource.origin,
        uid=live.uid if live else "",
        ours=live.ours if live else NOTHING,
        generation=live.generation if live else 0,
        taken=live.managers if live and action is Action.TAKE_OVER else (),
        keep=resource.keep,
    )

"""Trying: every change of a plan as an unforced dry run, side by side; all refusals come back at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from trueline.model import field_path
from trueline.model.digest import parse
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.runtime.task_group import TaskGroup
from trueline.target.answer import Accepted, Answer, FieldConflict, Refusal, Refused
from trueline.target.inventory import Entry, Inventory
from trueline.target.protocol import Target, Write, WriteMode
from trueline.target.reclaim import Reclaim
from trueline.target.snapshot import Observed
from trueline.trial.protocol import Bodies
from trueline.trial.trial import Trial, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a trial is made with: the target, the bodies, what we own, and which foreign fields Git takes (D17)."""

    target: Target
    bodies: Bodies
    inventory: Inventory
    former: Mapping[Ref, Entry] = field(default_factory=dict)
    """What the applications own from which something moves here: what was theirs is ours (D17)."""
    take_over: frozenset[str] = frozenset()
    awaits: Mapping[Ref, Collection[Ref]] | None = None
    whole: bool = False
    takes_away: bool = False
    """What tools added beside what is declared goes (`sync.added: heal`)."""
    found: Mapping[Ref, Observed] = field(default_factory=dict)
    """What is known to be as it is declared, though our inventory did not know: nothing has to be tried."""


async def try_all(changes: Collection[Change], tried: Tried) -> tuple[Trial, ...]:
    """Try each change that writes, in parallel, before any is done (INV-17); the answers stand in their order."""
    writes = [change for change in changes if change.action.is_write]
    made = {change.ref for change in writes if _makes(change)}
    async with TaskGroup() as group:
        tasks = [group.create_task(_try_one(change, tried, made)) for change in writes]
    trials = tuple(task.result() for task in tasks)
    return _untried(trials) if tried.whole and _may_only_read(trials) else trials


def _may_only_read(trials: Collection[Trial]) -> bool:
    """Whether whoever asks may write nothing at all; who may write something is refused the rest (INV-36)."""
    asked = [trial for trial in trials if trial.verdict is not Verdict.DEFERRED]
    return bool(asked) and all(trial.refusal is Refusal.FORBIDDEN for trial in asked)


def _untried(trials: Collection[Trial]) -> tuple[Trial, ...]:
    """To look takes rights to read alone: the plan stands on schema and snapshot, and says that it was not tried."""
    return tuple(
        trial if trial.refusal is None else replace(trial, verdict=Verdict.UNTRIED, refusal=None) for trial in trials
    )


def _makes(change: Change) -> bool:
    """Whether what awaits this object has to wait for this plan; a heal of what is there changes nothing for it."""
    return change.action.is_apply and not (change.action is Action.HEAL and change.uid)


async def _try_one(change: Change, tried: Tried, made: Collection[Ref]) -> Trial:
    if needed := [ref for ref in (tried.awaits or {}).get(change.ref, ()) if ref in made]:
        message = f"{', '.join(map(str, needed))} is made first"
        return Trial(change=change, verdict=Verdict.DEFERRED, message=message)
    if (seen := tried.found.get(change.ref)) is not None:
        return Trial(change=change, verdict=Verdict.SAME, promised=seen.ours, observed=seen)
    mark = tried.target.mark(tried.inventory.application)
    if change.action is Action.RELEASE:
        return _pruned(change, await tried.target.release(change.ref, uid=change.uid, mark=mark, dry=True))
    if change.action is Action.PRUNE:
        answer = await tried.target.delete(change.ref, uid=change.uid, mark=mark, version="", dry=True)
        return _pruned(change, answer)
    return await _try_apply(change, tried)


def _pruned(change: Change, answer: Answer) -> Trial:
    match answer:
        case Accepted() | Refused(refusal=Refusal.GONE):
            return Trial(change=change, verdict=Verdict.PASSED)
        case Refused():
            return _refused(change, answer)


async def _try_apply(change: Change, tried: Tried) -> Trial:
    looks = change.action is Action.HEAL
    write = Write(
        ref=change.ref,
        body=_declared(change, tried.bodies),
        mode=WriteMode.TRY,
        uid=change.uid,
        whole=looks or tried.whole,
    )
    trial = await _answered(change, tried, write)
    if _may_be_displaced(trial):
        trial = await _with_displaced(trial, tried, write.body)
    return await _with_added(trial, tried, write.body) if tried.takes_away else trial


async def _answered(change: Change, tried: Tried, write: Write) -> Trial:
    match await tried.target.write(write):
        case Accepted() as accepted:
            return _accepted(change, accepted, looks=change.action is Action.HEAL)
        case Refused(refusal=Refusal.CONFLICT) as refused:
            return await _contested(change, tried, write, refused)
        case Refused(refusal=Refusal.IMMUTABLE) if change.action is Action.REPLACE:
            return Trial(change=change, verdict=Verdict.PASSED)  # it is made anew, not changed
        case Refused() as refused:
            return _refused(change, refused)


def _may_be_displaced(trial: Trial) -> bool:
    """Whether a look found that something of ours is gone or cannot be put back: somebody may stand in its place."""
    if trial.change.action is not Action.HEAL or not trial.change.uid:
        return False
    if trial.verdict is Verdict.PASSED:
        return bool(trial.drifted or (trial.changes and trial.added))
    return trial.refusal is Refusal.INVALID


async def _with_displaced(trial: Trial, tried: Tried, body: bytes) -> Trial:
    """What was accepted is asked about only where it has lists of items, for only their keys can be edited."""
    extent = Reclaim.ITEMS if trial.verdict is Verdict.PASSED else Reclaim.FIELDS
    if extent is Reclaim.ITEMS and not _has_items(parse(body)):
        return trial
    match await tried.target.reclaim(trial.change.ref, body=body, extent=extent, seen=_any(trial.change), dry=True):
        case Accepted(wrote=True, added=added):
            drifted = (*trial.drifted, *added)
            found = replace(trial, verdict=Verdict.PASSED, message="", refusal=None, drifted=drifted, forced=True)
            return replace(found, reclaims=extent)
        case _:
            return trial


async def _with_added(trial: Trial, tried: Tried, body: bytes) -> Trial:
    """Asked only where a tool has something there, or may have: a look that found a conflict did not see the rest."""
    change, is_tool = trial.change, tried.target.rules.is_former_tool
    may_have = trial.observed is None or any(is_tool(one.manager) for one in trial.added)
    if not change.uid or change.action not in _TAKEN_FROM or trial.verdict not in _ACCEPTED or not may_have:
        return trial
    match await tried.target.reclaim(change.ref, body=body, extent=Reclaim.ALL, seen=_any(change), dry=True):
        case Accepted(wrote=True, added=added):
            taken = tuple(one for one in added if one not in trial.drifted)
            return replace(trial, verdict=Verdict.PASSED, reclaims=Reclaim.ALL, taken=taken)
        case _:
            return trial


def _any(change: Change) -> Observed:
    """The object of a change, whatever its version: what is only tried may be of a newer one."""
    return Observed(uid=change.uid, version="")


_TAKEN_FROM = frozenset({Action.UPDATE, Action.HEAL, Action.TRANSFER})
_ACCEPTED = frozenset({Verdict.PASSED, Verdict.SAME})


def _has_items(body: object) -> bool:
    match body:
        case dict():
            return any(map(_has_items, body.values()))
        case [dict(), *_]:
            return True
        case _:
            return False


def _accepted(change: Change, accepted: Accepted, *, looks: bool) -> Trial:
    is_owned = accepted.observed.ours == change.ours
    same = looks and accepted.changes == () and bool(change.uid) and is_owned
    return Trial(
        change=change,
        verdict=Verdict.SAME if same else Verdict.PASSED,
        promised=accepted.observed.ours,
        changes=accepted.changes or (),
        observed=accepted.observed,
        overruled=accepted.overruled,
        added=accepted.added,
    )


async def _contested(change: Change, tried: Tried, write: Write, refused: Refused) -> Trial:
    """Others hold fields that we declare. Ours by the inventory: drift, forced. Anybody else's: left to them (D17).

    INV-19: what was left before is asked about by each look, for only its conflict tells that it is still theirs.
    """
    ours, foreign = _sort(change, tried, refused.conflicts)
    if change.action is Action.HEAL and not foreign and not tried.whole:
        return _drifted(change, tried, ours, refused)
    withheld = tuple(conflict.path for conflict in foreign)
    forced = replace(write, mode=WriteMode.TRY_FORCED if ours else WriteMode.TRY, withheld=withheld)
    match await tried.target.write(forced):
        case Accepted() as accepted:
            trial = _accepted(change, accepted, looks=change.action is Action.HEAL and not ours)
            return replace(trial, drifted=ours, withheld=foreign, forced=bool(ours))
        case Refused() as again:
            return _refused(change, again)


def _drifted(change: Change, tried: Tried, ours: tuple[FieldConflict, ...], refused: Refused) -> Trial:
    """The body was accepted before and is the same: the look has told what was taken, no second one is needed."""
    trial = Trial(change=change, verdict=Verdict.PASSED, promised=tried.inventory.entries[change.ref].ours)
    return replace(trial, drifted=ours, forced=True, version=refused.version)


def _sort(
    change: Change, tried: Tried, conflicts: Collection[FieldConflict]
) -> tuple[tuple[FieldConflict, ...], tuple[FieldConflict, ...]]:
    """Split conflicts into fields that are ours to force and fields that are not (INV-19)."""
    entry = tried.former.get(change.ref) or tried.inventory.entries.get(change.ref)
    owned = _owned_body(entry, tried.bodies)
    ours: list[FieldConflict] = []
    foreign: list[FieldConflict] = []
    for conflict in conflicts:
        was_ours = entry is not None and conflict.path not in entry.withheld and _declares(owned, conflict.path)
        taken = conflict.path in tried.take_over or (
            change.action is Action.TAKE_OVER and tried.target.rules.is_former_tool(conflict.manager)
        )
        (ours if was_ours or taken else foreign).append(conflict)
    return tuple(ours), tuple(foreign)


def _declares(body: object, path: str) -> bool:
    """Whether a body held a field; a path that cannot be read is nobody's of ours."""
    try:
        return field_path.has(body, field_path.parse(path))
    except ValueError:
        return False


def _owned_body(entry: Entry | None, bodies: Bodies) -> object:
    body = bodies.get(entry.body) if entry and entry.body else None
    return parse(body) if body else {}


def _declared(change: Change, bodies: Bodies) -> bytes:
    body = bodies.get(change.body)
    assert body is not None, f"no body for {change.ref}"
    return body


_PASSING = frozenset({Refusal.BUSY, Refusal.STALE, Refusal.GONE})


def _refused(change: Change, refused: Refused) -> Trial:
    verdict = Verdict.LOST if refused.refusal in _PASSING else Verdict.REFUSED
    return Trial(change=change, verdict=verdict, message=refused.message, refusal=refused.refusal)

"""What a pass would do and what the target says to it: the same review for preview, apply, heal and rollback."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from trueline.declare.application import AddedMode, DriftMode
from trueline.health.status import Health, Status
from trueline.loop import leave
from trueline.loop.desired import Desired
from trueline.loop.meanwhile import kept_as_left
from trueline.loop.page import vanishing_pages
from trueline.loop.parts import Parts
from trueline.loop.stray import late, strays
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest, digest_value
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.plan.diff import DiffOptions, diff
from trueline.plan.guard import Owned, asks
from trueline.plan.hook import beside, endings, hook_changes
from trueline.plan.inhabitant import spare
from trueline.plan.plan import Plan
from trueline.plan.settle import settle
from trueline.render.resource import Phase
from trueline.target.answer import Refusal
from trueline.target.inventory import Ending, EntryState, Inventory
from trueline.target.rules import Rules
from trueline.target.snapshot import Observed, Snapshot
from trueline.trial.attempt import Tried, try_all
from trueline.trial.trial import Trial, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A plan, its trials, and what they were made from. `unknown` are refs that the target could not tell about.

    `endings` say how the hooks of this run ended, as far as they were seen. `notes` stop nothing. `meanwhile` are heals
    to what was applied last, for as long as the plan may not be done.
    """

    plan: Plan
    trials: tuple[Trial, ...]
    tried: Tried
    inventory: Inventory
    snapshot: Snapshot
    unknown: tuple[tuple[Ref, str], ...] = ()
    endings: Mapping[Ref, Ending] = field(default_factory=dict)
    notes: tuple[Diagnostic, ...] = ()
    meanwhile: tuple[Trial, ...] = ()

    @property
    def shown(self) -> Digest:
        """What somebody agrees to who was shown it: the plan, and each field as the target answered.

        The digest of the plan is of what shall be; it does not tell a value that is written over from another one.
        """
        fields = [
            [str(one.change.ref), one.verdict.value, [[field.path, field.before, field.after] for field in one.changes]]
            for one in self.trials
        ]
        return digest_value([self.plan.digest, fields])

    @property
    def failed(self) -> tuple[Ref, ...]:
        """The hooks of this run that failed."""
        return tuple(sorted(ref for ref, ending in self.endings.items() if ending is Ending.BADLY))

    @property
    def refused(self) -> tuple[Trial, ...]:
        """The changes that the target would refuse."""
        return tuple(trial for trial in self.trials if trial.verdict is Verdict.REFUSED)


async def review(  # noqa: PLR0913 - what a pass is asked for
    parts: Parts,
    desired: Desired,
    *,
    completed_run: str,
    focus: Collection[Ref] | None = None,
    whole: bool = False,
    resting: Mapping[Ref, str] | None = None,
) -> Review:
    """Plan and try; nothing is written to the target, nor to our own store."""
    application, target = desired.application, parts.target
    looked = parts.ledger.inventory(application.name, target.name, refs=focus)
    owned_count = parts.ledger.count(application.name, target.name)
    resources = desired.resources if focus is None else tuple(r for r in desired.resources if r.ref in focus)
    snapshot = await target.snapshot([r.ref for r in resources], looked)
    inventory = settle(looked, snapshot, mark=target.mark(application.name))
    options = _options(parts, replace(desired, resources=resources), snapshot, inventory, resting or {})
    found = await strays(parts, desired, inventory, focus=focus)
    options = replace(options, strays=found, late=await late(parts, desired, found))
    changes = diff(desired=resources, snapshot=snapshot, inventory=inventory, options=options, focus=focus)
    ended: Mapping[Ref, Ending] = {}
    if focus is None:
        healths = _hook_healths(parts, desired, inventory)
        ended = endings(desired.hooks, run=desired.run, inventory=inventory, healths=healths)
        changes = _with_hooks(desired, changes, snapshot, inventory, options, completed_run, ended)
    changes = spare(
        changes,
        desired=[resource.ref for resource in resources],
        inventory=inventory,
        snapshot=snapshot,
        rules=target.rules,
        is_whole=focus is None,
    )
    moves = [change.ref for change in changes if change.action is Action.TRANSFER]
    former = parts.owners.former(application.name, target.name, moves)
    tried = Tried(
        target=target,
        bodies=parts.bodies,
        inventory=inventory,
        former={ref: entry for ref, (_, entry) in former.items()},
        take_over=frozenset(application.sync.take_over),
        awaits=desired.awaits,
        whole=whole,
        takes_away=options.takes_away,
        found=await _found(parts, changes, inventory),
    )
    trials = () if desired.problems else await try_all(changes, tried)
    changes, trials = _replacing(changes, trials, options)
    changes, trials = _sparing(changes, trials)
    if application.sync.drift is not DriftMode.HEAL:
        changes, trials = _left_alone(changes, trials)
    vanishing = vanishing_pages(desired, changes, parts.bodies, inventory) if focus is None else ()
    problems = (*desired.problems, *vanishing, *refusals(trials))
    plan = _plan(desired, target.name, changes, problems, _owned(owned_count, inventory, target.rules))
    meanwhile: tuple[Trial, ...] = ()
    if (problems or plan.asks) and not desired.problems and application.sync.drift is DriftMode.HEAL:
        kept = kept_as_left(changes, inventory=inventory, snapshot=snapshot, options=options)
        meanwhile = await try_all(kept, tried) if kept else ()
    unknown = tuple((ref, part.reason) for ref, part in snapshot.parts.items() if isinstance(part, Unknown))
    return Review(
        plan=plan,
        trials=trials,
        tried=tried,
        inventory=inventory,
        snapshot=snapshot,
        unknown=tuple(sorted(unknown)),
        endings=ended,
        notes=desired.notes,
        meanwhile=meanwhile,
    )


async def _found(parts: Parts, changes: Collection[Change], inventory: Inventory) -> Mapping[Ref, Observed]:
    """What is as declared though our inventory does not know it, or not for sure: it is no older than that (INV-26).

    It was lost, it was put back, or what was intended last has no known outcome.
    """
    lost = {change.ref: change.body for change in changes if _is_lost(change, inventory)}
    bodies = {ref: body for ref, digest in lost.items() if (body := parts.bodies.get(digest)) is not None}
    return await parts.finder.as_declared(bodies) if bodies else {}


def _is_lost(change: Change, inventory: Inventory) -> bool:
    entry = inventory.entries.get(change.ref)
    if not change.uid or change.run:
        return False
    if entry is None:
        return change.action is Action.UPDATE
    is_doubted = not entry.ours or entry.state is EntryState.FAILED
    return is_doubted and change.action in {Action.UPDATE, Action.HEAL} and not entry.withheld


def _left(desired: Desired, inventory: Inventory) -> Collection[Ref]:
    """What we own and Git no longer mentions."""
    return inventory.entries.keys() - {resource.ref for resource in desired.resources}


def _options(
    parts: Parts, desired: Desired, snapshot: Snapshot, inventory: Inventory, resting: Mapping[Ref, str]
) -> DiffOptions:
    sync, target = desired.application.sync, parts.target
    mark = target.mark(desired.application.name)
    marks = ((resource, _mark(snapshot, resource.ref)) for resource in desired.resources)
    elsewhere = [one for one, found in marks if found and (found != mark or one.ref not in inventory.entries)]
    return DiffOptions(
        mark=mark,
        family=target.family,
        rules=target.rules,
        prune=sync.prune,
        heals=sync.drift is not DriftMode.IGNORE,
        takes_away=sync.drift is DriftMode.HEAL and sync.added is AddedMode.HEAL,
        allow_delete=leave.allowed(desired),
        replace=frozenset(sync.replace),
        take_over=frozenset(sync.take_over),
        yielded=parts.claims.yielded(desired.application.name, target.name, elsewhere),
        moving=parts.claims.moving(desired.application.name, target.name, _left(desired, inventory)),
        resting=resting,
        leaving=leave.leaving(desired),
    )


def _mark(snapshot: Snapshot, ref: Ref) -> str:
    part = snapshot.parts.get(ref)
    return part.value.mark if isinstance(part, Known) and part.value else ""


def _hook_healths(parts: Parts, desired: Desired, inventory: Inventory) -> Mapping[Ref, Health]:
    """How hooks do, or did before the cluster cleaned them up."""
    healths = dict(parts.health.health([hook.ref for hook in desired.hooks]))
    for ref, health in healths.items():
        entry = inventory.entries.get(ref)
        if entry is not None and entry.uid and health.status in {Status.MISSING, Status.PROGRESSING}:
            healths[ref] = parts.health.last(entry.uid) or health
    return healths


def _with_hooks(  # noqa: PLR0913, PLR0917 - the parts of one pass
    desired: Desired,
    changes: tuple[Change, ...],
    snapshot: Snapshot,
    inventory: Inventory,
    options: DiffOptions,
    completed_run: str,
    ended: Mapping[Ref, Ending],
) -> tuple[Change, ...]:
    """Hooks that run on failure are due only once another hook has failed, and then nothing else is."""
    run, failed = desired.run, [ref for ref, ending in ended.items() if ending is Ending.BADLY]
    has_failed = bool(failed) and run != completed_run
    due = [
        hook
        for hook in desired.hooks
        if (hook.position.phase is Phase.FAILED) is has_failed or _has_no_outcome(hook.ref, inventory, run)
    ]
    hooks = hook_changes(
        due,
        run=run,
        is_complete=run == completed_run,
        snapshot=snapshot,
        inventory=inventory,
        options=options,
        declared={hook.ref: hook for hook in desired.hooks},
        ended=ended,
    )
    kept = changes if not has_failed else tuple(c for c in changes if not c.action.is_write)
    return beside(kept, hooks, standing={r.ref for r in desired.resources if not r.is_hook}) if hooks else kept


def _has_no_outcome(ref: Ref, inventory: Inventory, run: str) -> bool:
    """Whether a process made a hook of this run, and ended before it could write so: that comes first (INV-23)."""
    entry = inventory.entries.get(ref)
    return entry is not None and entry.state is EntryState.FAILED and entry.run.startswith(f"{run}/")


def _left_alone(changes: tuple[Change, ...], trials: tuple[Trial, ...]) -> tuple[tuple[Change, ...], tuple[Trial, ...]]:
    """A difference was looked at, for it is no verdict; where something does differ, Git says that it stays."""
    left = {t.change.ref: _as_left(t) for t in trials if t.change.action is Action.HEAL and _differs(t)}
    return (
        tuple(left.get(change.ref, change) for change in changes),
        tuple(replace(t, change=left[t.change.ref]) if t.change.ref in left else t for t in trials),
    )


def _differs(trial: Trial) -> bool:
    is_absent = not trial.change.uid
    return trial.verdict is Verdict.PASSED and bool(is_absent or trial.drifted or trial.changes)


def _as_left(trial: Trial) -> Change:
    paths = dict.fromkeys([c.path for c in trial.drifted] + [c.path for c in trial.changes])
    what = f"{', '.join(list(paths)[:3])} differs" if paths else trial.change.reason
    return replace(trial.change, action=Action.HOLD, reason=f"{what}; drift is not healed here")


def _replacing(
    changes: tuple[Change, ...], trials: tuple[Trial, ...], options: DiffOptions
) -> tuple[tuple[Change, ...], tuple[Trial, ...]]:
    """An immutable field is replaced only where Git names the object, and never where it may hold data (INV-07)."""
    replaced = {
        trial.change.ref: replace(trial.change, action=Action.REPLACE, reason="an immutable field changed in Git")
        for trial in trials
        if trial.refusal is Refusal.IMMUTABLE
        and str(trial.change.ref) in options.replace
        and trial.change.ref.kind not in options.rules.protected
    }
    if not replaced:
        return changes, trials
    return (
        tuple(replaced.get(change.ref, change) for change in changes),
        tuple(
            Trial(change=replaced[t.change.ref], verdict=Verdict.PASSED) if t.change.ref in replaced else t
            for t in trials
        ),
    )


def _sparing(changes: tuple[Change, ...], trials: tuple[Trial, ...]) -> tuple[tuple[Change, ...], tuple[Trial, ...]]:
    """What would take along what is not ours is held back, and stops nothing else (INV-09)."""
    spared = {
        trial.change.ref: replace(trial.change, action=Action.HOLD, reason=trial.message)
        for trial in trials
        if trial.refusal is Refusal.OCCUPIED and trial.change.action is Action.PRUNE
    }
    return (
        tuple(spared.get(change.ref, change) for change in changes),
        tuple(
            replace(t, change=spared[t.change.ref], verdict=Verdict.PASSED) if t.change.ref in spared else t
            for t in trials
        ),
    )


def _owned(count: int, inventory: Inventory, rules: Rules) -> Owned:
    refs = inventory.entries.keys()
    if rules.by_content is None:
        return Owned(count=count, refs=refs)
    passing = sum(rules.is_by_content(ref.name) for ref in refs)
    return Owned(count=count, refs=refs, by_content_count=passing, is_by_content=rules.is_by_content)


def _plan(
    desired: Desired, target: str, changes: tuple[Change, ...], problems: tuple[Diagnostic, ...], owned: Owned
) -> Plan:
    application = desired.application
    unreviewed = leave.unreviewed(desired, changes)
    deletes = any(change.action in {Action.PRUNE, Action.REPLACE} and not change.run for change in unreviewed)
    asked = asks(
        unreviewed,
        owned=owned,
        declared=sum(not resource.is_hook for resource in desired.resources),
        approve=application.sync.approve,
        is_removal=desired.is_removal,
        limits=leave.limits(desired),
    )
    return Plan(
        application=application.name,
        target=target,
        revision=desired.revision,
        changes=changes,
        problems=problems,
        asks=(*asked, *(desired.asks if deletes else ())),
    )


_REMEDIES = {
    Refusal.INVALID: ("TL0401", "the target does not accept a manifest", "correct the manifest"),
    Refusal.IMMUTABLE: (
        "TL0402",
        "a field that cannot change would have to",
        'put the old value back, or name the object in sync.replace: ["REF"] to delete it and make it again',
    ),
    Refusal.CONFLICT: (
        "TL0403",
        "another manager holds a field",
        "leave it to that manager, or take it with sync.takeOver",
    ),
    Refusal.FORBIDDEN: ("TL0404", "the target refuses the right", "give Trueline the right that the message names"),
    Refusal.NO_NAMESPACE: (
        "TL0405",
        "the namespace does not exist",
        "declare the Namespace, or set target.createNamespace: true",
    ),
    Refusal.NO_KIND: (
        "TL0406",
        "the target does not know the kind",
        "install its CRD first, for example with dependsOn",
    ),
    Refusal.DENIED: (
        "TL0407",
        "the target denies it",
        "see what the message names: a quota, a webhook, a policy, a full disk, a place that is another's",
    ),
}


def refusals(trials: Collection[Trial]) -> tuple[Diagnostic, ...]:
    """Every refusal as a diagnostic, each with its resource and where that was written."""
    found = []
    for trial in trials:
        if trial.verdict is Verdict.REFUSED and trial.refusal in _REMEDIES:
            code, summary, remedy = _REMEDIES[trial.refusal]
            detail = f"{trial.change.ref}: {trial.message}"
            remedy = remedy.replace("REF", str(trial.change.ref))
            if trial.change.action is Action.HEAL and trial.change.uid:
                remedy = "the manifest was accepted before: undo what was edited on the live object"
            found.append(
                Diagnostic(code=code, summary=summary, detail=detail, remedy=remedy, origin=trial.change.origin)
            )
    return tuple(found)

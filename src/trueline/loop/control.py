"""What people ask of the engine: approve, roll back, hold, resume, sync, and to look without writing.

It writes down who asked and tells the engine; every pass that follows is the engine's own. A rollback holds what Git
renders by its content, not by its commit: a later commit that changes nothing of it stays held, after a restart too.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from trueline.declare.application import DriftMode
from trueline.drift.drift import Drift, added, judge
from trueline.loop import foresee
from trueline.loop.chronicle import FLEET
from trueline.loop.desire import Desirer
from trueline.loop.desired import Desired
from trueline.loop.engine import Engine
from trueline.loop.fleet import Fleet
from trueline.loop.kept import Kept
from trueline.loop.past import desired_at
from trueline.loop.remedy import Remedies, RemedyParts, check_plan
from trueline.loop.review import Review, review
from trueline.loop.status import Sync
from trueline.loop.supply import Targets
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.fault import Fault, Transient, UserError
from trueline.model.known import Known
from trueline.plan.change import Action
from trueline.record.approval import Approval, Approvals
from trueline.record.history import Deployment, DeploymentResult, History
from trueline.record.hold import Hold, Holds
from trueline.record.journal import Journal, Kind, Note
from trueline.target.inventory import addition_of
from trueline.target.snapshot import NOTHING

PLAN_SHORTEST = 8
COMMIT_SHORTEST = 6
RECORDS_SEARCHED_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack:
    """What a rollback put in the place of what Git says."""

    application: str
    revision: str
    commit: str
    held: str
    """The revision of Git that is held now; empty where Git says nothing that renders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlParts:
    """What the wiring gives."""

    engine: Engine
    fleet: Fleet
    desirer: Desirer
    targets: Targets
    history: History
    holds: Holds
    approvals: Approvals
    journal: Journal


class Control:
    """The engine as people and programs speak to it."""

    def __init__(self, parts: ControlParts) -> None:
        self.parts = parts
        self.engine = parts.engine
        self.engine.restore = self.restored

    @cached_property
    def remedies(self) -> Remedies:
        """What a person does about what runs."""
        parts = self.parts
        return Remedies(
            RemedyParts(
                engine=parts.engine,
                targets=parts.targets,
                holds=parts.holds,
                journal=parts.journal,
                kept=self.kept,
            )
        )

    def kept(self, name: str) -> Kept:
        """One application.

        Raises:
            UserError: TL0710, there is none of that name.
        """
        found = self.engine.kept.get(name)
        if found is None:
            raise no_application(name, self.engine.kept)
        return found

    def approve(self, name: str, plan: str, *, who: str) -> Approval:
        """Agree to the plan that waits (INV-11); `plan` is its digest, or its beginning, or empty for that one.

        Raises:
            UserError: TL0711, nothing waits, or another plan does.
        """
        if name == FLEET:
            return self._agree(plan, who=who)
        kept = self.kept(name)
        waits = kept.last.review.plan if kept.last else None
        if waits is None or not waits.asks:
            raise _refused("TL0711", "that plan does not wait for approval", f"{name}: nothing waits", "see its status")
        if plan and (len(plan) < PLAN_SHORTEST or not waits.digest.startswith(plan)):
            detail = f"{name}: {plan} was named, {waits.digest} waits"
            raise _refused("TL0711", "that plan does not wait for approval", detail, "look at the plan again")
        approval = self.parts.approvals.approve(name, waits.digest, who=who)
        self.engine.wake(name)
        return approval

    def _agree(self, commit: str, *, who: str) -> Approval:
        """Agree to a revision of the fleet repository that would not be followed by itself."""
        approval = self.parts.approvals.approve(FLEET, Digest(commit), who=who)
        self.engine.poke()
        for name, kept in self.engine.kept.items():
            if kept.fenced or kept.status.sync is Sync.WAITING:
                self.engine.wake(name)  # what goes from many applications at once waits for the same word
        return approval

    def hold(self, name: str, *, who: str, why: str, until: datetime | None = None) -> Hold:
        """Apply nothing to it until it is resumed, or until that time."""
        self.kept(name)
        hold = self.parts.holds.hold(name, who=who, why=why, until=until)
        self.engine.wake(name)
        return hold

    def resume(self, name: str, *, who: str) -> tuple[Hold, ...]:
        """End every hold, a rollback's too: what Git says is applied again; see `check_plan` for a plan of that."""
        self.kept(name)
        ended = self.parts.holds.resume(name, who=who)
        self.engine.unpin(name)
        return ended

    def sync(self, name: str, *, who: str, plan: Digest = NOTHING) -> None:
        """A person asks for a pass, which is what an application with `mode: manual` waits for: with a plan that they
        were shown, for no other one.
        """  # noqa: D205 - one sentence needs two lines
        self.kept(name)
        body = {"who": who, **({"plan": plan} if plan else {})}
        self.parts.journal.append([Note(kind=Kind.SYNC_ASKED, application=name, body=body)], durable=True)
        self.engine.sync(name, plan)

    def refresh(self, name: str, *, who: str) -> None:
        """A person asks for a look at Git and the application now."""
        self.kept(name)
        self.parts.journal.append([Note(kind=Kind.REFRESH_ASKED, application=name, body={"who": who})], durable=True)
        self.engine.refresh(name)

    def require(self, name: str, plan: Digest, *, who: str) -> None:
        """Agree to exactly this plan: the next pass applies it or, where the world has moved, waits for a person."""
        kept = self.kept(name)
        self.parts.approvals.approve(name, plan, who=who)
        self.engine.require_approval(name)
        kept.is_asked = True

    async def rollback(self, name: str, revision: str, *, who: str, plan: str = "") -> RolledBack:
        """Put an earlier deployment back, also while Git is away, and hold what Git says until that changes (INV-37).

        With a plan that was shown, nothing else is done.

        Raises:
            UserError: TL0712, there is nothing to go back to; TL0713, it cannot be put back as it was; TL2320, the plan
                is another one by now.
            Transient: a source of it is away and not kept; with a plan, the target could not be asked.
        """
        kept = self.kept(name)
        aim = await self._earlier_aim(kept, revision)
        agreed = NOTHING
        if plan:
            found = await self._review(name, aim)
            check_plan(found, plan)
            agreed = found.plan.digest
        git = kept.desired
        if git is not None and not git.is_removal:
            self.parts.holds.hold(name, revision=git.run, who=who, why=f"rolled back to {aim.revision}")
        body = {"to": aim.commit, "pins": dict(aim.pins), "from": git.commit if git else "", "who": who}
        body["run"] = git.run if git else ""
        self.parts.journal.append([Note(kind=Kind.ROLLBACK, application=name, body=body)], durable=True)
        self.engine.pin(name, aim, agreed)
        return RolledBack(application=name, revision=aim.revision, commit=aim.commit, held=git.revision if git else "")

    async def _earlier_aim(self, kept: Kept, revision: str) -> Desired:
        name, wanted = kept.application.name, self._earlier(kept, revision)
        aim = await self._desired_at(name, wanted.revision, wanted.pins)
        if aim.problems:
            raise _differs(name, aim.revision, aim.problems)
        return aim

    async def review_rollback(self, name: str, revision: str) -> Review:
        """What a rollback would do, against what runs now; nothing is written.

        Raises:
            UserError: as for the rollback.
            Transient: a source of it is away and not kept, or the target could not be asked.
        """
        return await self._review(name, await self._earlier_aim(self.kept(name), revision))

    async def review_git(self, name: str) -> Review:
        """What Git says against what runs now, whatever was put in the place of what Git says.

        Raises:
            UserError: Git says nothing that renders.
            Transient: the target could not be asked.
        """
        kept = self.kept(name)
        if kept.desired is None:
            raise untold(kept)
        return await self._review(name, kept.desired)

    async def review_at(self, name: str, revision: str) -> Review:
        """What another revision would change, against what runs now: a deployment's number, or the beginning of a
        commit that was deployed or followed. What was never admitted is not read for whoever may look (INV-11).

        Raises:
            UserError: TL2321, it names none of those; or what is wrong with that one.
            Transient: a source of it is away and not kept, or the target could not be asked.
        """  # noqa: D205 - one sentence needs two lines
        kept = self.kept(name)
        if kept.desired is not None and len(revision) >= COMMIT_SHORTEST and kept.desired.commit.startswith(revision):
            return await self._review(name, kept.desired)
        known = [one for one in self.parts.history.history(name, 1_000) if _is_named(one, revision)]
        if known:
            return await self._review(name, await self._desired_at(name, known[0].revision, known[0].pins))
        return await self._review(name, await self._desired_at(name, self._followed(name, revision), {}))

    def _followed(self, name: str, revision: str) -> str:
        """The commit of the fleet repository that was followed and begins so."""
        for record in self.parts.journal.newest(application="", limit=RECORDS_SEARCHED_MAX):
            if record.kind == Kind.REVISION_SEEN.value and len(revision) >= COMMIT_SHORTEST:
                commit: str = record.body["commit"]
                if commit.startswith(revision):
                    return commit
        remedy = "name a number or a commit of `trueline history`, or a commit that was followed"
        raise _refused("TL2321", "that revision was never followed", f"{name}: {revision[:100]!r}", remedy)

    async def restored(self, kept: Kept) -> Desired | None:
        """After a restart: what a rollback had put in the place of what Git says, if that is still what Git says."""
        if kept.desired is None:
            return None
        name, run = kept.application.name, kept.desired.run
        if not any(hold.revision == run for hold in self.parts.holds.active(name)):
            return None
        for record in self.parts.journal.newest(application=name, limit=RECORDS_SEARCHED_MAX):
            if record.kind == Kind.ROLLBACK.value and record.body.get("run") == run:
                return await self._desired_at(name, record.body["to"], record.body.get("pins", {}))
        return None

    async def review(self, name: str, *, finds_drift: bool = False) -> Review:
        """Plan and try with every field that differs; nothing is written. `finds_drift`: whatever the declaration
        says about healing, each difference from what was left is looked at.

        Raises:
            UserError: TL0710, what Git says cannot be read, or the target is not there.
            Transient: TL2301, or the target could not be asked.
        """  # noqa: D205 - one sentence needs two lines
        kept = self.kept(name)
        if kept.aim is None:
            raise untold(kept)
        aim = kept.pinned or await self.restored(kept) or kept.aim
        if finds_drift:
            sync = replace(aim.application.sync, drift=DriftMode.HEAL)
            aim = replace(aim, application=replace(aim.application, sync=sync))
        return await self._review(name, aim)

    async def _review(self, name: str, aim: Desired) -> Review:
        parts = await self.parts.targets.parts(aim.application.target)
        aim = self.engine.weighed(aim, parts)
        good = self.parts.history.last_good(name)
        return await review(parts, aim, completed_run=good.tree if good else "", whole=True)

    async def foresee(self, found: Sequence[Review]) -> tuple[Review, ...]:
        """The same reviews; what one lacks because an application that it depends on has not made it yet, is no error.

        Raises:
            Transient: the target or a source could not be asked.
        """
        reviews = {one.plan.application: one for one in found}
        lacking = [name for name, one in reviews.items() if foresee.lacks(one) or self._lacks_kinds(name)]
        for name in lacking:
            makers = [await self._reviewed(needed, reviews) for needed in self._needed(name)]
            made = foresee.made_by([one for one in makers if one is not None])
            if made.definitions and (self._lacks_kinds(name) or foresee.lacks_kinds(reviews[name].plan.problems)):
                reviews[name] = await self._review_beside(name, made.definitions) or reviews[name]
            reviews[name] = foresee.deferred(reviews[name], made)
        return tuple(reviews[one.plan.application] for one in found)

    def _lacks_kinds(self, name: str) -> bool:
        return foresee.lacks_kinds(self.kept(name).failure)

    def _needed(self, name: str) -> tuple[str, ...]:
        declared = {a.name: a.depends_on for a in self.engine.look.applications} if self.engine.look else {}
        return foresee.needed(name, declared)

    async def _reviewed(self, name: str, known: Mapping[str, Review]) -> Review | None:
        """The review of what another one needs; nothing can be foreseen of one that cannot be made."""
        if name in known or name not in self.engine.kept:
            return known.get(name)
        with suppress(Fault):
            return await self.review(name)
        return None

    async def _review_beside(self, name: str, definitions: Sequence[bytes]) -> Review | None:
        """A review of what Git says now, as if the definitions were there; not of what a rollback put in its place."""
        kept, look = self.kept(name), self.engine.look
        declared = [a for a in look.applications if a.name == name] if look else []
        if look is None or not declared or kept.pinned is not None:
            return None
        wish = await self.parts.desirer.wish(declared[0], look.ground)
        return await self._review(name, await self.parts.desirer.desire(wish, beside=definitions))

    def returnable(self, name: str) -> tuple[Deployment, ...]:
        """The deployments that can be put back, the newest first: done, and neither what runs nor what Git says."""
        kept = self.kept(name)
        known = self.parts.history.history(name, 1_000)
        git = kept.desired.run if kept.desired else ""
        is_begun = kept.aim is not None and not kept.asked_plan
        now = kept.aim.run if kept.aim and is_begun else ""
        return tuple(d for d in known if d.result is DeploymentResult.DONE and d.tree not in {git, now})

    def _earlier(self, kept: Kept, revision: str) -> Deployment:
        name = kept.application.name
        good = list(self.returnable(name))
        if revision:
            good = [d for d in good if _is_named(d, revision)]
        if not good:
            detail = f"{name}: {revision or 'no other deployment went to its end'}"
            remedy = "choose a revision of `trueline history` that is done and is not what runs or what Git says"
            raise _refused("TL0712", "there is nothing to roll back to", detail, remedy)
        return good[0]

    async def _desired_at(self, name: str, commit: str, pins: Mapping[str, str]) -> Desired:
        try:
            return await desired_at(self.parts.fleet, self.parts.desirer, name, commit, pins)
        except KeyError:
            raise _differs(name, commit, ()) from None


def drifts_of(found: Review) -> tuple[Drift, ...]:
    """What differs from what we left: what every look of a review found, and what others added, new or not."""
    trials = {trial.change.ref: trial for trial in found.trials if trial.change.action is Action.HEAL}
    drifts: list[Drift | None] = []
    for change in found.plan.changes:
        entry, trial = found.inventory.entries.get(change.ref), trials.get(change.ref)
        if entry is None or change.run:
            continue
        part = found.snapshot.at(change.ref)
        live = part.value if isinstance(part, Known) else None
        if trial is not None:
            conflicts, changes = trial.drifted, trial.changes
            drifts.append(judge(entry, live, conflicts=conflicts, changes=changes, overruled=trial.overruled))
        if live is not None and live.uid == entry.uid and change.action is not Action.FORGET:
            is_seen = trial is not None and trial.observed is not None
            drifts.append(added(change.ref, trial.added if trial and is_seen else map(addition_of, entry.added)))
    return tuple(drift for drift in drifts if drift is not None)


def no_application(name: str, known: object) -> UserError:
    """There is no application of that name."""
    names = ", ".join(sorted(map(str, known))[:20]) if isinstance(known, dict) else ""
    detail = f"{name}; there are: {names}" if names else f"{name}; there is none at all"
    return _refused("TL0710", "there is no application of that name", detail, "see `trueline status`")


def untold(kept: Kept) -> Fault:
    """Why it is not known what an application shall be: its files are at fault, or it cannot be told now (INV-38).

    It names no other application: who asks may be told of this one alone.
    """
    return UserError(kept.failure) if kept.failure else Transient(kept.trouble or kept.away or [_not_yet(kept)])


def _not_yet(kept: Kept) -> Diagnostic:
    return Diagnostic(
        code="TL2301",
        summary="what the application shall be is not known yet",
        detail=f"{kept.application.name}: its files were not read and rendered since the start",
        remedy="ask again in a moment; `trueline status` says what is waited for",
    )


def _is_named(deployment: Deployment, revision: str) -> bool:
    if revision == str(deployment.number):
        return True
    return len(revision) >= COMMIT_SHORTEST and deployment.revision.startswith(revision)


def _differs(name: str, revision: str, problems: Sequence[Diagnostic]) -> UserError:
    because = "it no longer renders" if problems else "nobody wrote at which commit its other sources were"
    remedy = "choose another deployment, or put the files back in Git: that commit is the rollback"
    own = _refused("TL0713", "the deployment cannot be put back as it was", f"{name} at {revision}: {because}", remedy)
    return UserError([*own.diagnostics, *problems])


def _refused(code: str, summary: str, detail: str, remedy: str) -> UserError:
    return UserError([Diagnostic(code=code, summary=summary, detail=detail, remedy=remedy)])

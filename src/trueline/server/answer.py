"""What is asked of a running engine, as the API answers it: the facade of HTTP and of commands that open it here."""

from datetime import datetime
from typing import Annotated

import msgspec

from trueline.loop.control import Control, drifts_of
from trueline.loop.remedy import Agreement, check_plan
from trueline.loop.told import diagnostic_body
from trueline.record.journal import Kind, Note, listed
from trueline.runtime.clock import Clock, SystemClock
from trueline.runtime.toolbox import Toolbox
from trueline.server.access.grant import Reader
from trueline.server.adoption import Adoptions
from trueline.server.archive import Archive, RecordsQuestion
from trueline.server.body import (
    AdoptionBody,
    ApplicationBody,
    ApplicationsBody,
    ApprovedBody,
    CheckBody,
    ContainerBody,
    ContainersBody,
    DependenciesBody,
    DriftedBody,
    DriftsBody,
    HealingBody,
    HistoryBody,
    HoldBody,
    JournalBody,
    LastPlanBody,
    NotifiersBody,
    RecordsBody,
    ResourcesBody,
    ResourceSightBody,
    RestartedBody,
    ResumedBody,
    ReviewBody,
    RolledBackBody,
    TreeBody,
)
from trueline.server.dependency import dependencies
from trueline.server.drifted import Drifted, DriftedQuestion
from trueline.server.log import ContainersQuestion, Logs
from trueline.server.notified import Notified
from trueline.server.reading import Nothing, Question
from trueline.server.shape import (
    adoption_body,
    deployment_body,
    drift_body,
    hold_body,
    plan_body,
    resource_body,
    review_body,
    untold,
)
from trueline.server.sharing import Sharing
from trueline.server.sight import Sights
from trueline.server.standings import PAGE, ApplicationsQuestion, Limit, Standings
from trueline.server.verification import Verification
from trueline.target.snapshot import NOTHING


class Page(Question, frozen=True, kw_only=True):
    """A page: what follows `after`, at most so many."""

    after: str = ""
    limit: Limit = PAGE


class Newest(Question, frozen=True, kw_only=True):
    """The newest, at most so many."""

    limit: Limit = PAGE


class ResourceQuestion(Question, frozen=True, kw_only=True):
    """Which object: KIND/NAMESPACE/NAME, as everything here names it."""

    ref: str


class Approve(Question, frozen=True, kw_only=True):
    """The digest of the plan that is agreed to, or its beginning; empty for the one that waits."""

    plan: str = ""


class RollBack(Question, frozen=True, kw_only=True):
    """To which commit, or its beginning; empty for the deployment before this one. `plan` is the digest of what was
    shown of it: where another one would be done by now, nothing is.
    """  # noqa: D205 - one sentence needs two lines

    revision: str = ""
    plan: str = ""


class Agreed(Question, frozen=True, kw_only=True):
    """The digest of the plan that was shown: where another one would be done by now, nothing is. Empty for whatever is
    to be done.
    """  # noqa: D205 - one sentence needs two lines

    plan: str = ""


class Heal(Question, frozen=True, kw_only=True):
    """Which objects are put back (KIND/NAMESPACE/NAME; none: all that have drifted), and whether what tools added
    beside what is declared goes too. `plan` as for the others.
    """  # noqa: D205 - one sentence needs two lines

    refs: Annotated[tuple[str, ...], msgspec.Meta(max_length=1_000)] = ()
    added: bool = False
    plan: str = ""


class Adopt(Question, frozen=True, kw_only=True):
    """Of which objects the drift is to stay; none: of all that have drifted."""

    refs: Annotated[tuple[str, ...], msgspec.Meta(max_length=1_000)] = ()


class Restart(Question, frozen=True, kw_only=True):
    """Which workload is restarted, as KIND/NAMESPACE/NAME. `plan` is the digest of what was shown of it."""

    ref: str
    plan: str = ""


class PlanQuestion(Question, frozen=True, kw_only=True):
    """Which revision: a deployment's number, or the beginning of a commit that was followed; empty: the last pass."""

    revision: str = ""


class Hold(Question, frozen=True, kw_only=True):
    """Why nothing is to be applied, and until when; without a time, until somebody resumes."""

    why: str = ""
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class Answers:
    """Every question and its answer. `name` is the application's, `who` asks."""

    def __init__(
        self,
        control: Control,
        toolbox: Toolbox | None = None,
        verification: Verification | None = None,
        clock: Clock | None = None,
        notified: Notified | None = None,
    ) -> None:
        self.control = control
        self.clock = clock or SystemClock()
        self.engine = control.engine
        self.standings = Standings(control)
        self.adoptions = Adoptions(control, toolbox)
        self.logs = Logs(control, self.clock)
        self._sharing = Sharing()
        self.sights = Sights(control, self.standings, toolbox)
        self.differing = Drifted(control, self.clock)
        self.archive = Archive(control.parts.journal, verification)
        self._notified = notified

    async def applications(self, asked: ApplicationsQuestion, reader: Reader) -> ApplicationsBody:
        """How every application stands that one may read, a page at a time, by name."""
        found = self.standings.find(asked, reader)
        following = [body for body in found if body.application > asked.after]
        page, look = following[: asked.limit], self.engine.look
        return ApplicationsBody(
            applications=tuple(page),
            next=page[-1].application if page and len(following) > len(page) else "",
            count=len(found),
            revision=str(look.revision) if look else "",
            head=self.control.parts.journal.head().sequence,
            problems=tuple(map(diagnostic_body, self.engine.problems)) if reader.reads_all else (),
            notes=tuple(map(diagnostic_body, self.engine.notes)) if reader.reads_all else (),
        )

    async def application(self, name: str, _: Nothing, reader: Reader) -> ApplicationBody:
        """How one application stands."""
        self.control.kept(name)
        return self.standings.one_read_by(reader, name)

    async def resources(self, name: str, asked: Page) -> ResourcesBody:
        """What an application declares and how each part does, a page at a time, by ref."""
        kept = self.control.kept(name)
        declared = sorted(kept.aim.resources if kept.aim else (), key=lambda resource: str(resource.ref))
        following = [resource for resource in declared if str(resource.ref) > asked.after]
        page = following[: asked.limit]
        parts = await self.control.parts.targets.parts(kept.application.target)
        healths = parts.health.health([resource.ref for resource in page])
        return ResourcesBody(
            resources=tuple(resource_body(one, healths[one.ref]) for one in page),
            next=str(page[-1].ref) if page and len(following) > len(page) else "",
            count=len(declared),
        )

    async def tree(self, name: str, _: Nothing) -> TreeBody:
        """Its objects, and what the target's controllers made of them, with how each does."""
        answered: TreeBody = await self._sharing.answer(("tree", name), lambda: self.sights.tree(name))
        return answered

    async def resource(self, name: str, asked: ResourceQuestion) -> ResourceSightBody:
        """One object, declared beside live, with who owns each field, and why it is so."""
        key = ("resource", name, asked.ref)
        answered: ResourceSightBody = await self._sharing.answer(key, lambda: self.sights.resource(name, asked.ref))
        return answered

    async def containers(self, name: str, asked: ContainersQuestion) -> ContainersBody:
        """The containers of its pods, or of those that were made of one object."""
        found = await self.logs.containers(name, asked.ref)
        return ContainersBody(
            containers=tuple(ContainerBody(namespace=one.namespace, pod=one.pod, name=one.name) for one in found)
        )

    async def plan(self, name: str, asked: PlanQuestion) -> LastPlanBody:
        """The plan of the last pass, with what the target said to it; of another revision, what it would change now."""
        last = self.control.kept(name).last
        if asked.revision:
            found = await self.control.review_at(name, asked.revision)
            return LastPlanBody(plan=plan_body(found.plan, found.trials), unknown=untold(found))
        return LastPlanBody(plan=plan_body(last.review.plan, last.review.trials) if last else None)

    async def history(self, name: str, asked: Newest) -> HistoryBody:
        """The deployments, newest first; of an application that left Git too."""
        known = self.control.parts.history.history(name, asked.limit)
        if not known:
            self.control.kept(name)
        return HistoryBody(deployments=tuple(map(deployment_body, known)))

    async def records(self, asked: RecordsQuestion, reader: Reader) -> RecordsBody:
        """Records that one may read: those that follow a number, or with `newest` those before it."""
        return self.archive.records(asked, reader)

    async def drifted(self, asked: DriftedQuestion, reader: Reader) -> DriftedBody:
        """What drifted, across applications, as it was seen last; and what was healed."""
        return await self.differing.told(asked, reader)

    async def dependencies(self, _: Nothing, reader: Reader) -> DependenciesBody:
        """Which application needs which, and what waits for what."""
        return dependencies(self.engine, reader)

    async def notifiers(self, asked: Page, reader: Reader) -> NotifiersBody:
        """Who is told of what, of what one may read, and whether it arrives: a page at a time, by name."""
        if self._notified is None:
            return NotifiersBody(notifiers=(), next="", count=0, failing=0)
        return self._notified.told(self.engine.kept, reader, after=asked.after, limit=asked.limit)

    async def journal(self, _: Nothing, reader: Reader) -> JournalBody:
        """How long the journal is, and what its last check said."""
        return self.archive.journal(reader)

    async def diff(self, name: str, _: Nothing) -> ReviewBody:
        """Declared against live, with each field that differs."""
        answered: ReviewBody = await self._sharing.answer(("diff", name), lambda: self._diff(name))
        return answered

    async def drift(self, name: str, _: Nothing) -> DriftsBody:
        """What differs from what we left."""
        answered: DriftsBody = await self._sharing.answer(("drift", name), lambda: self._drift(name))
        return answered

    async def _diff(self, name: str) -> ReviewBody:
        [found] = await self.control.foresee([await self.control.review(name)])
        return review_body(found)

    async def _drift(self, name: str) -> DriftsBody:
        found = await self.control.review(name, finds_drift=True)
        return DriftsBody(
            application=name,
            drifts=tuple(map(drift_body, drifts_of(found))),
            unknown=untold(found),
        )

    # ---- actions -----------------------------------------------------------------------------------------------

    async def verify(self, _: Nothing, who: str) -> CheckBody:
        """Check the journal now, every record of it."""
        return await self.archive.verify(who)

    async def approve(self, name: str, asked: Approve, who: str) -> ApprovedBody:
        """Agree to the plan that waits."""
        approval = self.control.approve(name, asked.plan, who=who)
        return ApprovedBody(application=name, plan=approval.plan, who=approval.who, at=approval.at)

    async def rollback(self, name: str, asked: RollBack, who: str) -> RolledBackBody:
        """Put an earlier deployment back."""
        done = await self.control.rollback(name, asked.revision, who=who, plan=asked.plan)
        return RolledBackBody(application=name, revision=done.revision, commit=done.commit, held=done.held)

    async def hold(self, name: str, asked: Hold, who: str) -> HoldBody:
        """Apply nothing for now."""
        return hold_body(self.control.hold(name, who=who, why=asked.why, until=asked.until))

    async def resume(self, name: str, asked: Agreed, who: str) -> ResumedBody:
        """End the holds."""
        if asked.plan:
            check_plan(await self.control.review_git(name), asked.plan)
        return ResumedBody(resumed=tuple(map(hold_body, self.control.resume(name, who=who))))

    async def sync(self, name: str, asked: Agreed, who: str) -> ApplicationBody:
        """Look again, and apply what waits for a person to ask."""
        agreed = NOTHING
        if asked.plan:
            found = await self.control.review(name)
            check_plan(found, asked.plan)
            agreed = found.plan.digest
        self.control.sync(name, who=who, plan=agreed)
        return self._standing(name)

    async def refresh(self, name: str, _: Nothing, who: str) -> ApplicationBody:
        """Look at Git and the whole application now."""
        self.control.refresh(name, who=who)
        return self._standing(name)

    async def heal(self, name: str, asked: Heal, who: str, reader: Reader) -> HealingBody:
        """Put back what has drifted, whatever is declared about healing."""
        agreed = Agreement(plan=asked.plan, may_approve=reader.may_approve(name))
        found = await self.control.remedies.heal(name, asked.refs, who=who, agreed=agreed, takes_away=asked.added)
        refs = tuple(str(change.ref) for change in found.plan.changes)
        return HealingBody(application=name, plan=found.plan.digest, refs=refs)

    async def restart(self, name: str, asked: Restart, who: str) -> RestartedBody:
        """Have the pods of a workload made anew, as its own controller does it."""
        remedies = self.control.remedies
        done = await remedies.restart(name, asked.ref, who=who, clock=self.clock, plan=asked.plan)
        return RestartedBody(application=name, ref=str(done.ref), pods=done.workload.pods, note=done.workload.note)

    async def adopt(self, name: str, asked: Adopt, who: str) -> AdoptionBody:
        """A change for Git that says what is live where something has drifted; nothing is accepted here."""
        found = await self.adoptions.offer(name, asked.refs)
        refs = sorted({one.ref for one in found.fields})
        body = {"who": who, "refs": listed(refs)}
        self.control.parts.journal.append([Note(kind=Kind.ADOPTION_OFFERED, application=name, body=body)])
        return adoption_body(name, found)

    def _standing(self, name: str) -> ApplicationBody:
        self.control.kept(name)
        return self.standings.all()[name]

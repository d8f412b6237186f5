"""Values of the engine as the API says them, the same over HTTP and on the command line."""

from collections.abc import Iterable

import msgspec

from trueline.drift.drift import Drift
from trueline.health.status import Health
from trueline.loop.review import Review
from trueline.loop.told import diagnostic_body
from trueline.model.diagnostic import Diagnostic
from trueline.plan.change import Action, Change
from trueline.plan.plan import Plan
from trueline.plan.report import summary
from trueline.record.history import Deployment
from trueline.record.hold import Hold
from trueline.record.journal import Kind, Record
from trueline.render.resource import Resource
from trueline.server.adoption import Adoption
from trueline.server.body import (
    AdoptedBody,
    AdoptionBody,
    ChangeBody,
    CommitBody,
    DeploymentBody,
    DriftBody,
    FieldBody,
    HealthBody,
    HoldBody,
    OwnerBody,
    PlanBody,
    ProblemBody,
    RecordBody,
    ResourceBody,
    ReviewBody,
    UntoldBody,
)
from trueline.trial.trial import Trial


def problem_body(status: int, diagnostics: Iterable[Diagnostic]) -> ProblemBody:
    """What every answer that is no success consists of (RFC 9457)."""
    errors = tuple(map(diagnostic_body, diagnostics))
    first = errors[0]
    return ProblemBody(
        type=f"urn:trueline:{first.code}", title=first.summary, status=status, detail=first.detail, errors=errors
    )


def plan_body(plan: Plan, trials: Iterable[Trial] = ()) -> PlanBody:
    """A plan as the document that is saved, shown and compared; what stays as it is is only counted."""
    tried = {trial.change.ref: trial for trial in trials}
    changes = [change for change in plan.changes if change.action is not Action.KEEP]
    return PlanBody(
        application=plan.application,
        target=plan.target,
        revision=plan.revision,
        digest=plan.digest,
        summary=summary(plan),
        counts={action.value: count for action, count in plan.counts().items()},
        changes=tuple(change_body(change, tried.get(change.ref)) for change in changes),
        problems=tuple(map(diagnostic_body, plan.problems)),
        asks=tuple(plan.asks),
    )


def change_body(change: Change, trial: Trial | None) -> ChangeBody:
    """One change with what the target said to it; values of secrets were masked by the target's adapter."""
    body = ChangeBody(
        ref=str(change.ref),
        action=change.action.value,
        sign=change.action.sign,
        reason=change.reason,
        origin=str(change.origin) if change.origin else "",
        body=change.body,
        uid=change.uid,
        ours=change.ours,
        generation=change.generation,
        wave=change.position.wave,
        hook=change.position.phase.value if change.run else "",
    )
    if trial is None:
        return body
    return msgspec.structs.replace(
        body,
        trial=trial.verdict.value,
        message=trial.message,
        fields=tuple(FieldBody(path=c.path, before=c.before, after=c.after) for c in trial.changes),
        conflicts=tuple(OwnerBody(path=c.path, manager=c.manager) for c in (*trial.drifted, *trial.withheld)),
        goes=tuple(OwnerBody(path=c.path, manager=c.manager) for c in trial.taken),
    )


def review_body(found: Review) -> ReviewBody:
    """A plan with its trials, and what could not be told."""
    return ReviewBody(
        **msgspec.structs.asdict(plan_body(found.plan, found.trials)),
        shown=found.shown,
        unknown=untold(found),
        notes=tuple(map(diagnostic_body, found.notes)),
    )


def untold(found: Review) -> tuple[UntoldBody, ...]:
    """Of which resources the target could not tell."""
    return tuple(UntoldBody(ref=str(ref), reason=reason) for ref, reason in found.unknown)


def drift_body(drift: Drift) -> DriftBody:
    """What differs on one object."""
    return DriftBody(
        ref=str(drift.ref), drift=drift.kind.value, fields=tuple(drift.fields), managers=tuple(drift.managers)
    )


def adoption_body(name: str, found: Adoption) -> AdoptionBody:
    """A change that is offered to Git."""
    fields = tuple(
        AdoptedBody(
            ref=one.ref,
            path=one.path,
            origin=one.origin,
            declared=one.declared,
            live=one.live,
            in_patch=one.is_in_patch,
        )
        for one in found.fields
    )
    return AdoptionBody(application=name, patch=found.patch, fields=fields)


def deployment_body(deployment: Deployment) -> DeploymentBody:
    """One deployment."""
    return DeploymentBody(
        number=deployment.number,
        revision=deployment.revision,
        plan=deployment.plan,
        run=deployment.tree,
        by=deployment.by,
        result=deployment.result.value,
        began=deployment.began,
        ended=deployment.ended,
        signed={name: dict(signer) for name, signer in deployment.signed.items()},
    )


def hold_body(hold: Hold) -> HoldBody:
    """One hold."""
    return HoldBody(
        application=hold.application,
        revision=hold.revision,
        who=hold.who,
        why=hold.why,
        since=hold.since,
        until=hold.until,
    )


def record_body(record: Record) -> RecordBody:
    """One entry of the journal."""
    return RecordBody(
        sequence=record.sequence,
        at=record.at,
        kind=record.kind,
        application=record.application,
        body=record.body,
        previous=record.previous,
        digest=record.digest,
    )


def commit_body(record: Record) -> CommitBody | None:
    """The commit that a record says was seen; `None` where it says something else."""
    if record.kind != Kind.REVISION_SEEN.value:
        return None
    body = record.body
    return CommitBody(commit=body["commit"], author=body["author"], subject=body["subject"], seen=record.at)


def health_body(health: Health) -> HealthBody:
    """A judgement."""
    return HealthBody(status=health.status.value, reason=health.reason, message=health.message)


def resource_body(resource: Resource, health: Health) -> ResourceBody:
    """One declared resource and how it does."""
    return ResourceBody(
        ref=str(resource.ref),
        origin=str(resource.origin),
        wave=resource.position.wave,
        health=health_body(health),
    )

"""Values of the engine as JSON, the same over HTTP and on the command line. No secret reaches this module."""

from collections.abc import Iterable, Mapping
from typing import Any

from trueline.drift.drift import Drift
from trueline.health.status import Health
from trueline.loop.review import Review
from trueline.model.diagnostic import Diagnostic
from trueline.plan.change import Action, Change
from trueline.plan.plan import Plan
from trueline.plan.report import summary
from trueline.record.history import Deployment
from trueline.record.hold import Hold
from trueline.record.journal import Record
from trueline.trial.trial import Trial


def diagnostic_body(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic, as the contract has it."""
    return {
        "code": diagnostic.code,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
        "remedy": diagnostic.remedy,
        "origin": str(diagnostic.origin) if diagnostic.origin else "",
    }


def errors_body(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """What every answer that is no success consists of."""
    return {"errors": [diagnostic_body(diagnostic) for diagnostic in diagnostics]}


def plan_body(plan: Plan, trials: Iterable[Trial] = ()) -> dict[str, Any]:
    """A plan as the document that is saved, shown and compared; what stays as it is is only counted."""
    tried = {trial.change.ref: trial for trial in trials}
    changes = [change for change in plan.changes if change.action is not Action.KEEP]
    return {
        "application": plan.application,
        "target": plan.target,
        "revision": plan.revision,
        "digest": plan.digest,
        "summary": summary(plan),
        "counts": {action.value: count for action, count in plan.counts().items()},
        "changes": [change_body(change, tried.get(change.ref)) for change in changes],
        "problems": [diagnostic_body(problem) for problem in plan.problems],
        "asks": list(plan.asks),
    }


def change_body(change: Change, trial: Trial | None) -> dict[str, Any]:
    """One change with what the target said to it; values of secrets were masked by the target's adapter."""
    body: dict[str, Any] = {
        "ref": str(change.ref),
        "action": change.action.value,
        "sign": change.action.sign,
        "reason": change.reason,
        "origin": str(change.origin) if change.origin else "",
        "body": change.body,
        "uid": change.uid,
        "ours": change.ours,
        "generation": change.generation,
    }
    if trial is not None:
        body["trial"] = trial.verdict.value
        body["message"] = trial.message
        body["fields"] = [{"path": c.path, "before": c.before, "after": c.after} for c in trial.changes]
        conflicts = (*trial.drifted, *trial.withheld)
        body["conflicts"] = [{"path": c.path, "manager": c.manager} for c in conflicts]
        body["goes"] = [{"path": c.path, "manager": c.manager} for c in trial.taken]
    return body


def review_body(found: Review) -> dict[str, Any]:
    """A plan with its trials, and what could not be told."""
    body = plan_body(found.plan, found.trials)
    body["unknown"] = [{"ref": str(ref), "reason": reason} for ref, reason in found.unknown]
    body["notes"] = [diagnostic_body(note) for note in found.notes]
    return body


def drift_body(drift: Drift) -> dict[str, Any]:
    """What differs on one object."""
    return {
        "ref": str(drift.ref),
        "drift": drift.kind.value,
        "fields": list(drift.fields),
        "managers": list(drift.managers),
    }


def deployment_body(deployment: Deployment) -> dict[str, Any]:
    """One deployment."""
    return {
        "number": deployment.number,
        "revision": deployment.revision,
        "plan": deployment.plan,
        "run": deployment.tree,
        "by": deployment.by,
        "result": deployment.result.value,
        "began": deployment.began.isoformat(),
        "ended": deployment.ended.isoformat() if deployment.ended else None,
        "signed": {name: dict(signer) for name, signer in deployment.signed.items()},
    }


def hold_body(hold: Hold) -> dict[str, Any]:
    """One hold; `revision` is empty for the whole application, else a commit or the digest of what it renders to."""
    return {
        "application": hold.application,
        "revision": hold.revision,
        "who": hold.who,
        "why": hold.why,
        "since": hold.since.isoformat(),
        "until": hold.until.isoformat() if hold.until else None,
    }


def record_body(record: Record) -> dict[str, Any]:
    """One entry of the journal."""
    return {
        "sequence": record.sequence,
        "at": record.at.isoformat(),
        "kind": record.kind,
        "application": record.application,
        "body": record.body,
        "previous": record.previous,
        "digest": record.digest,
    }


def health_body(health: Health) -> dict[str, Any]:
    """A judgement."""
    return {"status": health.status.value, "reason": health.reason, "message": health.message}


def resource_body(ref: str, origin: str, wave: int, health: Mapping[str, Any]) -> dict[str, Any]:
    """One declared resource and how it does."""
    return {"ref": ref, "origin": origin, "wave": wave, "health": dict(health)}

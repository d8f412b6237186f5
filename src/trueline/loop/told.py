"""How an application stands, as it is kept across a restart and told to people: the status as JSON."""

from datetime import datetime

import msgspec

from trueline.loop.status import ApplicationStatus
from trueline.model.diagnostic import Diagnostic


class DiagnosticBody(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, where, and what to do; `origin` is FILE:LINE, or empty."""

    code: str
    summary: str
    detail: str
    remedy: str
    origin: str


class UnhealthyBody(msgspec.Struct, frozen=True, kw_only=True):
    """A resource that is not healthy."""

    ref: str
    status: str
    reason: str
    message: str


class StatusBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One application, as of `at`; its words are the same `since` then. `revision` runs, `wanted` is what Git says.

    `left`: what is not there is left so, as its drift is ignored: it is not on its way.
    """

    application: str
    target: str
    sync: str
    health: str
    message: str
    health_message: str
    revision: str
    wanted: str
    plan: str
    objects: int
    added: int
    is_true: bool = msgspec.field(name="true")
    left: bool = False
    at: datetime
    since: datetime
    problems: tuple[DiagnosticBody, ...]
    notes: tuple[DiagnosticBody, ...]
    unhealthy: tuple[UnhealthyBody, ...]


def diagnostic_body(diagnostic: Diagnostic) -> DiagnosticBody:
    """A diagnostic, as the contract has it."""
    return DiagnosticBody(
        code=diagnostic.code,
        summary=diagnostic.summary,
        detail=diagnostic.detail,
        remedy=diagnostic.remedy,
        origin=str(diagnostic.origin) if diagnostic.origin else "",
    )


def status_body(status: ApplicationStatus) -> StatusBody:
    """A status, as it is told to whoever may read every application: with the name of the one that it waits for."""
    return StatusBody(
        application=status.application,
        target=status.target,
        sync=status.sync.value,
        health=status.health.value,
        message=status.message_named,
        health_message=status.health_message,
        revision=status.revision,
        wanted=status.wanted,
        plan=status.plan,
        objects=status.objects,
        added=status.added,
        is_true=status.is_true,
        left=status.is_left,
        at=status.at,
        since=status.since,
        problems=tuple(map(diagnostic_body, status.problems)),
        notes=tuple(map(diagnostic_body, status.notes)),
        unhealthy=tuple(
            UnhealthyBody(ref=ref, status=health.status.value, reason=health.reason, message=health.message)
            for ref, health in sorted(status.unhealthy.items())
        ),
    )

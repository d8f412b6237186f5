"""What the API says, as types: the answers are encoded from them and the OpenAPI document is made from them.

No secret reaches this module: values of secrets were masked where they were read. Times are RFC 3339 with a zone.
"""

from datetime import datetime
from typing import Any

import msgspec

from trueline.loop.told import DiagnosticBody, StatusBody


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One JSON object of the API; its keys are in camel case."""


class HoldBody(Body, frozen=True, kw_only=True):
    """A hold; `revision` is empty for the whole application, else a commit or the digest of what it renders to."""

    application: str
    revision: str
    who: str
    why: str
    since: datetime
    until: datetime | None


class CommitBody(Body, frozen=True, kw_only=True):
    """A commit of the fleet repository as it was seen: `seen` is when Trueline first looked at it."""

    commit: str
    author: str
    subject: str
    seen: datetime


class ApplicationBody(StatusBody, frozen=True, kw_only=True):
    """How one application stands, as of `at`; `commit` is that of the revision that was applied last, where known.

    `project` says whose it is. `drifted` counts objects that differ from what was left there and were not put back, as
    the last pass saw them: whatever else is the case, and 0 before the first pass.
    """

    project: str
    drifted: int
    labels: dict[str, str]
    holds: tuple[HoldBody, ...]
    commit: CommitBody | None


class ApplicationsBody(Body, frozen=True, kw_only=True):
    """A page of applications by name; `next` continues it and is empty at the end, `count` is of all that match.

    `revision` is what Git said last, `head` the newest record of the journal when this was put together.
    """

    applications: tuple[ApplicationBody, ...]
    next: str
    count: int
    revision: str
    head: int
    problems: tuple[DiagnosticBody, ...]
    notes: tuple[DiagnosticBody, ...]


class GoneBody(Body, frozen=True, kw_only=True):
    """An application that is no more."""

    application: str


class HealthBody(Body, frozen=True, kw_only=True):
    """A judgement of one object."""

    status: str
    reason: str
    message: str


class ResourceBody(Body, frozen=True, kw_only=True):
    """One declared resource and how it does."""

    ref: str
    origin: str
    wave: int
    health: HealthBody


class ResourcesBody(Body, frozen=True, kw_only=True):
    """A page of declared resources by ref; `next` continues it, `count` is of all."""

    resources: tuple[ResourceBody, ...]
    next: str
    count: int


class AppliedBody(Body, frozen=True, kw_only=True):
    """When a resource was written last, at which revision; `commit` tells who made that, where known."""

    at: datetime
    revision: str
    action: str
    commit: CommitBody | None


class LineBody(Body, frozen=True, kw_only=True):
    """The commit that wrote a line last. `isOldest`: history is not known further back, so it may be an older one."""

    commit: str
    author: str
    subject: str
    at: datetime
    is_oldest: bool


class FieldSightBody(Body, frozen=True, kw_only=True):
    """One field: what is declared and what is live, `null` where it is not there, and the managers that own it.

    `differs` is of declared fields. `origin` is FILE:LINE of what declares it; of the whole resource where an engine
    has written the field. `written` is who wrote that line; `null` where nobody knows, or the line is not the
    field's own.
    """

    path: str
    declared: Any
    live: Any
    is_declared: bool
    is_live: bool
    differs: bool
    managers: tuple[str, ...]
    origin: str
    written: LineBody | None = None


class HappeningBody(Body, frozen=True, kw_only=True):
    """What the target says that happened to an object, `count` times, last `at`."""

    at: str
    is_warning: bool
    reason: str
    message: str
    by: str
    count: int


class WriterBody(Body, frozen=True, kw_only=True):
    """Who wrote fields of an object, `at` when they did so last; `isOurs`: it applies what is declared."""

    name: str
    at: str
    is_ours: bool


class ResourceSightBody(Body, frozen=True, kw_only=True):
    """One resource, asked now: field by field, with what happened to it. Values of secrets are masked.

    `origin` and those of its fields are of `source`, empty for the fleet repository, at `commit`. `count` is of all
    fields, which are cut where there are too many. `unknown` says what could not be told; nothing is concluded of that.
    """

    ref: str
    origin: str
    source: str
    commit: str
    wave: int
    is_declared: bool
    is_live: bool
    uid: str
    created: str
    health: HealthBody
    applied: AppliedBody | None
    fields: tuple[FieldSightBody, ...]
    count: int
    writers: tuple[WriterBody, ...]
    happenings: tuple[HappeningBody, ...]
    unknown: tuple[str, ...]


class NodeBody(Body, frozen=True, kw_only=True):
    """One object of an application: declared, a hook, or made of one of these by the target's controllers.

    `parent` is the ref of what it belongs to, empty for what is declared. `action` is what the last plan would do to
    it, `drift` what differs there and is left, both empty for nothing. `phase` and `wave` say when it is applied. `run`
    is of hooks: `runs`, or ended `well` or `badly`, for what is declared now; `before`: it ran for something else;
    `never` where it is not known to have run.
    """

    ref: str
    parent: str
    role: str
    origin: str
    phase: str
    wave: int
    run: str
    health: HealthBody
    action: str
    drift: str


class TreeBody(Body, frozen=True, kw_only=True):
    """The objects of an application, those that are declared first, each before what was made of it; `count` is of all.

    `unknown` says why what belongs to them is not there.
    """

    application: str
    nodes: tuple[NodeBody, ...]
    count: int
    unknown: tuple[str, ...]


class ContainerBody(Body, frozen=True, kw_only=True):
    """One container of a pod of an application; `name` is empty for the only one of a pod that is declared itself."""

    namespace: str
    pod: str
    name: str


class ContainersBody(Body, frozen=True, kw_only=True):
    """The containers whose lines can be asked for, by pod."""

    containers: tuple[ContainerBody, ...]


class FieldBody(Body, frozen=True, kw_only=True):
    """A field that a change touches, as the target answered when it was tried; `null` where it is not there."""

    path: str
    before: Any
    after: Any


class OwnerBody(Body, frozen=True, kw_only=True):
    """A field and the manager that has it."""

    path: str
    manager: str


class ChangeBody(Body, frozen=True, kw_only=True, omit_defaults=True):
    """One change; `hook` is when it runs, of a hook; what stands after that is there once it was tried."""

    ref: str
    action: str
    sign: str
    reason: str
    origin: str
    body: str
    uid: str
    ours: str
    generation: int
    wave: int = 0
    hook: str = ""
    trial: str | msgspec.UnsetType = msgspec.UNSET
    message: str | msgspec.UnsetType = msgspec.UNSET
    fields: tuple[FieldBody, ...] | msgspec.UnsetType = msgspec.UNSET
    conflicts: tuple[OwnerBody, ...] | msgspec.UnsetType = msgspec.UNSET
    goes: tuple[OwnerBody, ...] | msgspec.UnsetType = msgspec.UNSET


class PlanBody(Body, frozen=True, kw_only=True):
    """What would happen; resources that stay as they are, are only counted. `asks` are why a person has to agree."""

    application: str
    target: str
    revision: str
    digest: str
    summary: str
    counts: dict[str, int]
    changes: tuple[ChangeBody, ...]
    problems: tuple[DiagnosticBody, ...]
    asks: tuple[str, ...]


class UntoldBody(Body, frozen=True, kw_only=True):
    """A resource of which the target could not tell."""

    ref: str
    reason: str


class ReviewBody(PlanBody, frozen=True, kw_only=True):
    """A plan that was tried just now, and what could not be told. `shown` names it with each field as it stands there:
    an action that is given it, or the digest, does that or nothing.
    """  # noqa: D205 - one sentence needs two lines

    shown: str
    unknown: tuple[UntoldBody, ...]
    notes: tuple[DiagnosticBody, ...]


class LastPlanBody(Body, frozen=True, kw_only=True):
    """The plan of the last pass; `null` before the first."""

    plan: PlanBody | None
    unknown: tuple[UntoldBody, ...] = ()
    """Of a plan that was asked for: of which resources the target could not tell."""


class DeploymentBody(Body, frozen=True, kw_only=True):
    """One deployment: `revision` is the fleet commit, `run` the digest of what it rendered to."""

    number: int
    revision: str
    plan: str
    run: str
    by: str
    result: str
    began: datetime
    ended: datetime | None
    signed: dict[str, dict[str, str]]


class HistoryBody(Body, frozen=True, kw_only=True):
    """Deployments, the newest first."""

    deployments: tuple[DeploymentBody, ...]


class RecordBody(Body, frozen=True, kw_only=True):
    """One entry of the journal, chained to the one before by its digest."""

    sequence: int
    at: datetime
    kind: str
    application: str
    body: Any
    previous: str
    digest: str


class RecordsBody(Body, frozen=True, kw_only=True):
    """A page of records, the oldest first, or the newest first where those before a number are asked for.

    `next` continues it, 0 at the end; `head` is the newest one's number.
    """

    records: tuple[RecordBody, ...]
    next: int
    head: int


class CheckBody(Body, frozen=True, kw_only=True):
    """A check of the journal: so many records were looked at, and so many were not as they were written.

    `proven` are signed revisions that were proven again, `unkept` older ones of which nothing is kept. `who` asked for
    it, and what is wrong is `told`, for those who may read everything.
    """

    at: datetime
    whole: bool
    records: int
    proven: int
    unkept: int
    breaches: int
    who: str
    told: tuple[str, ...]


class JournalBody(Body, frozen=True, kw_only=True):
    """The journal: how many records it has, and its last check; `null` where it was never checked."""

    head: int
    checked: CheckBody | None


class DriftBody(Body, frozen=True, kw_only=True):
    """What differs on one object from what was left there, and by which managers."""

    ref: str
    drift: str
    fields: tuple[str, ...]
    managers: tuple[str, ...]


class DriftsBody(Body, frozen=True, kw_only=True):
    """Every drift of an application, looked at just now."""

    application: str
    drifts: tuple[DriftBody, ...]
    unknown: tuple[UntoldBody, ...]


class StandingDriftBody(Body, frozen=True, kw_only=True):
    """What differs on one object, as the last look saw it; `since` is the first word of it in the days looked through.

    `treatment` is `left` (Git says so, or it is a fight that is backed off from: see `reason`), `added` (others put it
    beside what is declared) or `overruled` (the target sets it otherwise).
    """

    application: str
    ref: str
    drift: str
    fields: tuple[str, ...]
    managers: tuple[str, ...]
    since: datetime | None
    treatment: str
    reason: str


class HealedBody(Body, frozen=True, kw_only=True):
    """What was put back: what had been done to it, by whom, and how long after that was seen, where it is known."""

    application: str
    ref: str
    at: datetime
    drift: str
    fields: tuple[str, ...]
    managers: tuple[str, ...]
    took_s: float | None


class DriftedBody(Body, frozen=True, kw_only=True):
    """Drift across applications: what stands, of `count`, and what was healed in `days`, of `healedCount`.

    `isCut`: there were more records than are looked through. `unknown` are applications of which nobody can tell now,
    `resting` those that are held, or wait for another one: nothing is looked for there meanwhile.
    """

    drifts: tuple[StandingDriftBody, ...]
    count: int
    healed: tuple[HealedBody, ...]
    healed_count: int
    days: int
    is_cut: bool
    unknown: tuple[str, ...]
    resting: tuple[str, ...] = ()


class DeliveredBody(Body, frozen=True, kw_only=True):
    """What a service took last. `told` and `event` are empty for who may not read all that the message names."""

    at: datetime
    told: str
    event: str


class FailingBody(Body, frozen=True, kw_only=True):
    """Why a service takes nothing, and since when, where that is known; `again` is when it is asked next.

    `attempts` are of the first message that waits, `lost` counts those that were given up since one was taken.
    """

    since: datetime | None
    why: str
    attempts: int
    again: datetime | None
    lost: int


class ServiceBody(Body, frozen=True, kw_only=True):
    """One service of a Notifier. What is secret of it, its address, is never told."""

    name: str
    kind: str
    waiting: int
    failing: FailingBody | None
    delivered: DeliveredBody | None


class NotifierBody(Body, frozen=True, kw_only=True):
    """A Notifier: which events, of which applications of those that one may read; `count` is of all these.

    `origin` is FILE:LINE, for who may read the whole installation.
    """

    name: str
    origin: str
    events: tuple[str, ...]
    applications: tuple[str, ...]
    count: int
    services: tuple[ServiceBody, ...]


class NotifiersBody(Body, frozen=True, kw_only=True):
    """A page of Notifiers by name; `next` continues it, `count` is of all, `failing` of those that do not deliver."""

    notifiers: tuple[NotifierBody, ...]
    next: str
    count: int
    failing: int


class DependencyBody(Body, frozen=True, kw_only=True):
    """What one application needs, by `dependsOn`; `unseen` counts those that are not there for who asks.

    `waits` says what it waits for now, empty where it waits for none of these.
    """

    application: str
    needs: tuple[str, ...]
    unseen: int
    waits: str


class DependenciesBody(Body, frozen=True, kw_only=True):
    """The graph of applications, by name; `cycles` are names that depend on each other, each on the next."""

    applications: tuple[DependencyBody, ...]
    cycles: tuple[tuple[str, ...], ...]


class ApprovedBody(Body, frozen=True, kw_only=True):
    """Who agreed to which plan, or commit of the fleet repository."""

    application: str
    plan: str
    who: str
    at: datetime


class RolledBackBody(Body, frozen=True, kw_only=True):
    """What was put in the place of what Git says; `held` is empty where Git says nothing that renders."""

    application: str
    revision: str
    commit: str
    held: str


class ResumedBody(Body, frozen=True, kw_only=True):
    """The holds that are over now."""

    resumed: tuple[HoldBody, ...]


class HealingBody(Body, frozen=True, kw_only=True):
    """What is put back by the next turn of the application, and the digest of that plan."""

    application: str
    plan: str
    refs: tuple[str, ...]


class AdoptedBody(Body, frozen=True, kw_only=True):
    """A field that has drifted, with the line that declares it. `inPatch`: the patch says it; else a person has to."""

    ref: str
    path: str
    origin: str
    declared: str
    live: str
    in_patch: bool


class AdoptionBody(Body, frozen=True, kw_only=True):
    """A change for the fleet repository, as `git apply` reads it; empty where nothing of it could be written."""

    application: str
    patch: str
    fields: tuple[AdoptedBody, ...]


class RestartedBody(Body, frozen=True, kw_only=True):
    """The workload that is restarted, and how many pods that are; `note` is what is worth knowing of how it goes."""

    application: str
    ref: str
    pods: int
    note: str


class ProblemBody(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, as RFC 9457 has it: `title` and `detail` are of the first of `errors`, which are all there are."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[DiagnosticBody, ...]

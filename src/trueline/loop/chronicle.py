"""What the engine writes down of its passes: deployments, drift, changes of sync and health. It decides nothing."""

from typing import Any

from trueline.drift.drift import Drift
from trueline.loop.desired import Desired
from trueline.loop.fight import Fight
from trueline.loop.progress import Pass
from trueline.loop.status import ApplicationStatus
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.record.history import Deployment, DeploymentResult, History
from trueline.record.journal import Journal, Kind, Note
from trueline.source.artifact import Revision

ROLLBACKS_MAX = 5
"""How many good deployments of an application can always be put back while Git is away."""

FLEET = "(fleet)"
"""The name under which the fence of the fleet repository is kept; no application can have it."""

FLEET_BRANCH = "(fleet branch)"
"""The name under which the ref of the default branch that was followed last is kept."""


_RECORDS_BACK_MAX = 100
_DEEDS = frozenset({Kind.DEPLOYMENT_BEGUN.value, Kind.INTENT.value})


class Chronicle:
    """The journal and the history, in the engine's words."""

    def __init__(self, journal: Journal, history: History) -> None:
        self._journal = journal
        self._history = history
        self._left: dict[str, frozenset[Drift]] = {}
        self._foreseen: dict[str, frozenset[Drift]] = {}

    def completed_run(self, application: str) -> str:
        """The run of the last deployment that went to its end."""
        good = self._history.last_good(application)
        return good.tree if good else ""

    def is_under_way(self, desired: Desired) -> bool:
        """Whether exactly this was begun and has not come to its end, in this life or an earlier one."""
        running = self._running(desired.application.name)
        return running is not None and running.tree == desired.run

    def latest(self, application: str) -> Deployment | None:
        """The deployment that is under way or, where there is none, the last that went to its end."""
        return self._history.latest(application)

    @property
    def newest(self) -> str:
        """The fleet commit that was applied last; empty before the first."""
        return self._history.newest(FLEET)

    def needed(self) -> frozenset[str]:
        """The fleet commits to which somebody may roll back: the last good ones of every application."""
        return self._history.revisions(ROLLBACKS_MAX)

    def advance(self, commit: str) -> None:
        """The fleet repository was followed to this commit."""
        if self.newest != commit:
            self._history.advance(FLEET, expected=self.newest, commit=commit)

    @property
    def branch(self) -> str:
        """The ref that was followed last where nobody named one; empty before the first."""
        return self._history.newest(FLEET_BRANCH)

    def follow_branch(self, ref: str) -> None:
        """The default branch is this one."""
        if self.branch != ref:
            self._history.advance(FLEET_BRANCH, expected=self.branch, commit=ref)

    def remove(self, application: str) -> None:
        """An application left Git, and everything it owned is gone or kept as Git said.

        INV-14: it leaves once, also where a process wrote so and ended before it forgot the application.
        """
        if not self._has_left(application):
            self._journal.append([Note(kind=Kind.REMOVED, application=application)])

    def _has_left(self, application: str) -> bool:
        """Whether nothing was done for it since it left."""
        for record in self._journal.newest(application=application, limit=_RECORDS_BACK_MAX):
            if record.kind in _DEEDS:
                return False
            if record.kind == Kind.REMOVED.value:
                return True
        return False

    def drift(self, application: str, made: Pass) -> None:
        """What a look at single objects found."""
        self._drifts(application, (*self._untold(application, made), *self._newly_left(application, made)))

    def foresee(self, application: str, drifts: tuple[Drift, ...]) -> None:
        """Write down what is about to be healed, once for however many attempts that takes."""
        told = self._foreseen.get(application, frozenset())
        self._drifts(application, tuple(drift for drift in drifts if drift not in told))
        self._foreseen[application] = told.union(drifts)

    def fight(self, fight: Fight) -> None:
        """Another manager and we write the same field in turn."""
        body: dict[str, Any] = {
            "ref": str(fight.ref),
            "drift": "fight",
            "fields": [fight.field],
            "managers": [fight.manager],
        }
        body |= {"message": fight.message, "heals": fight.heals}
        self._journal.append([Note(kind=Kind.DRIFT_FOUND, application=fight.application, body=body)])

    def see(self, revision: Revision) -> None:
        """A new revision of the fleet repository."""
        body = {"commit": revision.commit, "author": revision.author_name, "subject": revision.subject}
        self._journal.append([Note(kind=Kind.REVISION_SEEN, body=body)])

    def fail(self, application: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        """What Git declares cannot be rendered."""
        body = {"diagnostics": [str(diagnostic) for diagnostic in diagnostics[:20]]}
        self._journal.append([Note(kind=Kind.RENDER_FAILED, application=application, body=body)])

    def begin(self, desired: Desired, plan: Digest, *, by: str) -> None:
        """Nothing forbids to bring about what is desired: where that is not what ran last, a deployment begins.

        One that is under way for something else is over; one for the same goes on.
        """
        name = desired.application.name
        if self.is_under_way(desired):
            return
        if (running := self._running(name)) is not None:
            self._history.end(name, running.number, DeploymentResult.SUPERSEDED)
        if self.completed_run(name) != desired.run:
            self._history.begin(name, revision=desired.commit, tree=desired.run, plan=plan, by=by, pins=desired.pins)

    def conclude(self, desired: Desired, made: Pass) -> None:
        """Write down what drifted; a deployment whose pass is complete has ended well."""
        name = desired.application.name
        self._drifts(name, (*self._untold(name, made), *self._newly_left(name, made)))
        running = self._running(name)
        if running is not None and running.tree == desired.run and made.is_complete:
            self._history.end(name, running.number, DeploymentResult.DONE)

    def change(self, told: tuple[str, str], after: ApplicationStatus) -> None:
        """Write down sync and health where they have another word than what was `told` before."""
        notes = []
        if told[0] != after.sync.value:
            body = {"sync": after.sync.value, "message": after.message, "revision": after.revision}
            notes.append(Note(kind=Kind.SYNC_CHANGED, application=after.application, body=body))
        if told[1] != after.health.value:
            body = {"health": after.health.value, "message": after.health_message}
            notes.append(Note(kind=Kind.HEALTH_CHANGED, application=after.application, body=body))
        if notes:
            self._journal.append(notes)

    def _running(self, application: str) -> Deployment | None:
        return next((d for d in self._history.history(application, 1) if d.ended is None), None)

    def _untold(self, application: str, made: Pass) -> tuple[Drift, ...]:
        """What was not foreseen; what is not healed yet stays foreseen."""
        told = self._foreseen.pop(application, frozenset())
        if open_still := frozenset(drift for drift in told if drift.ref in made.unsettled):
            self._foreseen[application] = open_still
        return tuple(drift for drift in made.drifts if drift not in told)

    def _newly_left(self, application: str, made: Pass) -> tuple[Drift, ...]:
        """What is left as it is, is told once and not by every pass; a start tells it again."""
        told, self._left[application] = self._left.get(application, frozenset()), frozenset(made.left)
        return tuple(drift for drift in made.left if drift not in told)

    def _drifts(self, application: str, drifts: tuple[Drift, ...]) -> None:
        notes = [
            Note(
                kind=Kind.DRIFT_FOUND,
                application=application,
                body={
                    "ref": str(drift.ref),
                    "drift": drift.kind.value,
                    "fields": list(drift.fields),
                    "managers": list(drift.managers),
                },
            )
            for drift in drifts
        ]
        if notes:
            self._journal.append(notes)

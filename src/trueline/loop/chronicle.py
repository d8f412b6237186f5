"""What the engine writes down of its passes: deployments, drift, changes of sync and health. It decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trueline.drift.drift import Drift
from trueline.loop.desired import Desired
from trueline.loop.fight import Fight
from trueline.loop.progress import Pass
from trueline.loop.status import ApplicationStatus
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.record.chain import Anchor
from trueline.record.history import Deployment, DeploymentResult, History
from trueline.record.journal import Journal, Kind, Note, listed
from trueline.source.artifact import Revision
from trueline.target.fence import Head

ROLLBACKS_MAX = 5
"""How many good deployments of an application can always be put back while Git is away."""

FLEET = "(fleet)"
"""The name under which the fence of the fleet repository is kept; no application can have it."""

FLEET_GENERATION = "(fleet generation)"
"""The name under which it is kept how many commits of the fleet repository were begun with."""

FLEET_BRANCH = "(fleet branch)"
"""The name under which the ref of the default branch that was followed last is kept."""


AGREED_MAX = 20
"""So many agreements to commits of the fleet repository are remembered, where a fence says otherwise."""

SEEN_MAX = 1_000
"""Of so many commits it is remembered in which order they were followed."""

_RECORDS_BACK_MAX = 100
_DEEDS = frozenset({Kind.DEPLOYMENT_BEGUN.value, Kind.INTENT.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What a process said last at an application's fence, and had there: a fleet commit, and what it renders to."""

    commit: str = ""
    run: str = ""


class Chronicle:
    """The journal and the history, in the engine's words."""

    def __init__(self, journal: Journal, history: History) -> None:
        self._journal = journal
        self._history = history
        self._left: dict[str, frozenset[Drift]] = {}
        self._foreseen: dict[str, frozenset[Drift]] = {}
        self._seen: dict[str, int] = {}
        """In which order the fleet's commits were followed in this life."""

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
            self._set_count(FLEET_GENERATION, self._count(FLEET_GENERATION) + 1)

    def is_later(self, commit: str, than: str | None = None) -> bool:
        """Whether a commit was followed in this life after another one (the one that was begun with last), so that it
        comes after that.

        What was followed was compared with what was begun with before (promise 9); a start that goes on without Git
        follows nothing.
        """  # noqa: D205 - one sentence needs two lines
        return self._seen.get(commit, 0) > self._seen.get(self.newest if than is None else than, 0)

    def generation(self, target: str) -> int:
        """How many commits were begun with, in the count that a target's fences have: others may have been ahead."""
        return self._count(FLEET_GENERATION) + self._count(f"{FLEET_GENERATION} {target}")

    def catch_up(self, target: str, generation: int) -> None:
        """A target's fences count so many; from now on they go on from there."""
        key, own = f"{FLEET_GENERATION} {target}", self._count(FLEET_GENERATION)
        self._set_count(key, max(generation - own, self._count(key)))

    def _count(self, key: str) -> int:
        return int(self._history.newest(key) or 0)

    def _set_count(self, key: str, count: int) -> None:
        self._history.advance(key, expected=self._history.newest(key), commit=str(count))

    @property
    def head(self) -> Head:
        """Where the journal ends."""
        head = self._journal.head()
        return Head(sequence=head.sequence, digest=head.digest)

    def entered(self, target: str, application: str) -> Entered:
        """What was said last at that fence, in this life or an earlier one."""
        commit, _, run = self._history.newest(_entered(target, application)).partition(" ")
        return Entered(commit=commit, run=run)

    def enter(self, target: str, application: str, entered: Entered) -> None:
        """It was said there."""
        if entered != self.entered(target, application):
            key, said = _entered(target, application), f"{entered.commit} {entered.run}"
            self._history.advance(key, expected=self._history.newest(key), commit=said)

    def turn(self, target: str, application: str) -> str:
        """When this data directory took that fence last (`FenceRecord.since`); empty before the first time."""
        return self._history.newest(_turn(target, application))

    def begin_turn(self, target: str, application: str, since: str) -> None:
        """It was taken then; what others did before is looked at."""
        key = _turn(target, application)
        self._history.advance(key, expected=self._history.newest(key), commit=since)

    def knows(self, head: Head) -> bool:
        """Whether the journal holds the record that was its end once."""
        if not head.sequence:
            return True
        found = self._journal.after(head.sequence - 1, limit=1)
        return any((record.sequence, record.digest) == (head.sequence, head.digest) for record in found)

    def has_met(self, target: str, application: str, head: Head) -> bool:
        """Whether an end of a journal that this one does not know was met at that fence before."""
        return self._met_at(target, application, head) is not None

    def meet(self, target: str, application: str, head: Head) -> None:
        """Such an end was met, and what follows from it is done."""
        key = _met(target, application)
        said = f"{head.digest} {self.head.sequence}"
        self._history.advance(key, expected=self._history.newest(key), commit=said)

    def agreed(self, target: str, application: str, head: Head) -> tuple[str, ...]:
        """The fleet commits to which somebody agreed since that fence stands at this head, the newest first.

        Where another journal's end stands there, it is since it was met.
        """
        since = head.sequence if head.sequence and self.knows(head) else self._met_at(target, application, head)
        if since is None:
            return ()
        records = self._journal.newest(application=FLEET, limit=AGREED_MAX)
        return tuple(
            record.body["plan"] for record in records if record.kind == Kind.APPROVAL.value and record.sequence > since
        )

    def _met_at(self, target: str, application: str, head: Head) -> int | None:
        digest, _, sequence = self._history.newest(_met(target, application)).partition(" ")
        return int(sequence) if digest == head.digest and sequence else None

    def witness(self, head: Head) -> None:
        """Somebody else knows where the journal ended once: what is missing until there shows when it is verified."""
        if head.sequence:
            self._journal.witness(Anchor(sequence=head.sequence, digest=Digest(head.digest)))

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
        self._tell(application, made)

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

    def see(self, revision: Revision, signer: Mapping[str, str] | None = None) -> None:
        """A new revision of the fleet repository, and who signed it, where that is demanded."""
        body: dict[str, Any] = {"commit": revision.commit, "author": revision.author_name, "subject": revision.subject}
        body |= {"signed": dict(signer)} if signer else {}
        self._journal.append([Note(kind=Kind.REVISION_SEEN, body=body)])
        self._seen.pop(revision.commit, None)
        self._seen[revision.commit] = self._journal.head().sequence
        while len(self._seen) > SEEN_MAX:
            self._seen.pop(next(iter(self._seen)))

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
            self._history.begin(
                name,
                revision=desired.commit,
                tree=desired.run,
                plan=plan,
                by=by,
                pins=desired.pins,
                signed=desired.signed or self._signed_before(desired),
            )

    def _signed_before(self, desired: Desired) -> Mapping[str, Mapping[str, str]]:
        """Who signed what a rollback puts back: as it was written when that was deployed."""
        known = self._history.history(desired.application.name) if desired.is_return else ()
        same = (one for one in known if (one.revision, one.pins) == (desired.commit, desired.pins) and one.signed)
        return next((one.signed for one in same), {})

    def conclude(self, desired: Desired, made: Pass) -> None:
        """Write down what drifted; a deployment whose pass is complete has ended well."""
        name = desired.application.name
        self._tell(name, made)
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

    def _tell(self, application: str, made: Pass) -> None:
        """What was not foreseen, and what is newly left as it is: that is told once, and again by a start.

        INV-14: it is told once it is written; what a full disk did not take is told by the next pass.
        """
        foreseen, left = self._foreseen.get(application, frozenset()), self._left.get(application, frozenset())
        untold = tuple(drift for drift in made.drifts if drift not in foreseen)
        self._drifts(application, (*untold, *(drift for drift in made.left if drift not in left)))
        self._foreseen[application] = frozenset(drift for drift in foreseen if drift.ref in made.unsettled)
        self._left[application] = frozenset(made.left)

    def _drifts(self, application: str, drifts: tuple[Drift, ...]) -> None:
        notes = [
            Note(
                kind=Kind.DRIFT_FOUND,
                application=application,
                body={
                    "ref": str(drift.ref),
                    "drift": drift.kind.value,
                    "fields": listed(drift.fields),
                    "managers": listed(drift.managers),
                },
            )
            for drift in drifts
        ]
        if notes:
            self._journal.append(notes)


def _met(target: str, application: str) -> str:
    """The name under which it is kept which end of another journal stood at a fence; no application can have it."""
    return f"(fence) {target} {application}"


def _turn(target: str, application: str) -> str:
    """The name under which it is kept when a fence was taken from here; no application can have it."""
    return f"(turn) {target} {application}"


def _entered(target: str, application: str) -> str:
    """The name under which it is kept what was said at a fence; no application can have it."""
    return f"(entered) {target} {application}"

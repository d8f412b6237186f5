"""What was said in Git, who made what, and what an engine may do because of it. It sees every write of the cluster.

Checks are made at every write, not at the end: a wrong delete that is healed later is a wrong delete.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from trueline.apply.outcome import Result
from trueline.embedded.store import Event, Kept, Store
from trueline.loop.status import Sync
from trueline.model.ref import Ref
from trueline.plan.change import Action
from trueline.record.journal import Journal, Kind
from trueline.target.kubernetes.mark import LABEL, Installation
from trueline.testing.process import TARGET
from trueline.testing.simulation.fleet import NAMESPACE, Fleet, Json, is_as_declared
from trueline.testing.simulation.machine import Machine
from trueline.testing.simulation.network import WRITER, is_about_fences
from trueline.testing.simulation.ownership import Ownership
from trueline.testing.simulation.turn import Turns

THEIRS = "theirs"
"""What names of objects and fields begin with that no application ever declares."""

_POOL = ("/core/configmaps/", "/core/secrets/", "/core/services/", "/apps/deployments/")
DELETES_MAX = 5
DELETES_PERCENT_MAX = 30


class Broken(Exception):
    """Something was done that may never be; the name of the invariant comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One head of the branch: what a commit said, from the time at which it was pushed."""

    commit: str
    fleet: Fleet
    declared: Mapping[str, tuple[str, Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """What came too late, of an application that another process writes by now; and the processes that were told."""

    uid: str
    application: str
    told: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Truth:
    """Everything that was said and done. `line` tells whether one commit leads to another."""

    installation: Installation
    line: Callable[[str, str], bool]
    machines: list[Machine] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    agreed: list[str] = field(default_factory=list)
    """Commits that somebody agreed to although they do not follow from what ran: rewritten history, rollbacks."""
    approved: set[str] = field(default_factory=set)
    """Applications whose plan somebody approved since their last head."""
    rolled_back: dict[str, set[str]] = field(default_factory=dict)
    """The commits to which somebody rolled an application back."""
    persons: set[str] = field(default_factory=set)
    """UIDs of objects that a person made under a name that Git knows too."""
    ours: set[str] = field(default_factory=set)
    """UIDs that an engine has applied to."""
    late: dict[str, Late] = field(default_factory=dict)
    """What came too late, by its key, until it is gone, is written as it should be, or is not ours any more."""
    turns: Turns = field(default_factory=Turns)
    writes: int = 0
    deletes: int = 0
    _reached: dict[str, str] = field(default_factory=dict)
    """The commit that each application has come to."""
    _begun: dict[tuple[str, str], int] = field(default_factory=dict)
    """The number of the deployment that each machine has begun last: another one may have come further, and be dead
    since. Where that one is given up, an earlier one stands again, and nothing is begun (`History.latest`).
    """
    _tried: dict[tuple[str, str], Json | None] = field(default_factory=dict)
    """What stood where a machine tried an apply last."""
    _writers: dict[str, str] = field(default_factory=dict)
    """Who wrote each object last."""
    _held: set[str] = field(default_factory=set)
    """Where an engine has applied: what is made there by hand is drift, and put back (D17)."""
    _deleted: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _last: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What was applied to each object last: its UID, and the newest commit that said it."""
    _ownership: Ownership = field(init=False)

    def __post_init__(self) -> None:
        self._ownership = Ownership(installation=self.installation)

    def push(self, commit: str, fleet: Fleet) -> None:
        """A new head."""
        self.heads.append(Head(commit=commit, fleet=fleet, declared=fleet.declared()))
        self.approved.clear()

    @property
    def head(self) -> Head:
        """What Git says now."""
        return self.heads[-1]

    def see(self, event: Event) -> None:
        """One write of the cluster.

        Raises:
            Broken: it may not be.
        """
        writer = WRITER.get()
        machine = next((one for one in self.machines if one.name == writer), None)
        self.turns.see(event)
        if not event.key.startswith(_POOL):
            return
        if event.after is None or not self.installation.is_own(event.after.metadata.labels.get(LABEL, "")):
            self.late.pop(event.key, None)
        for one in self.machines:
            self._ownership.settle(one, event.key, ref_of(event.key))
        if machine is None:
            self._see_person(writer, event)
            return
        self.writes += 1
        before, self._writers[event.key] = self._writers.get(event.key, ""), writer
        if before != writer:
            self._expect_tried(machine, event)
        if event.after is None or (event.after.metadata.deletion_timestamp and event.before is not None):
            self._see_delete(machine, event.key, event.before or event.after)
        else:
            self._see_apply(machine, event.key, event.before, event.after)

    def see_trial(self, machine: str, path: str, objects: Store) -> None:
        """An apply is tried: what it would be written over stands there now."""
        kept = objects.get(key_of_path(path))
        self._tried[machine, key_of_path(path)] = _content(kept)

    def hear(self, machine: Machine, path: str, body: bytes) -> None:
        """What a cluster said has come to a machine."""
        if is_about_fences(path):
            head = machine.process.journal.head().sequence if machine.process else 0
            self.turns.hear(machine.name, machine.holder, body, sequence=head)
        for one in self.late.values():
            if one.uid.encode() in body:
                one.told.add(machine.holder)

    def _expect_tried(self, machine: Machine, event: Event) -> None:
        """INV-11: what is written over is what it was tried on, unless a machine wrote there itself meanwhile (D7)."""
        if event.after is None or event.before is None or event.after.metadata.deletion_timestamp:
            return
        tried = self._tried.get((machine.name, event.key))
        if tried != _content(event.before) and not _is_same(event.before, event.after):
            raise Broken(f"INV-11 {event.key} is written over what it was not tried on")

    def _see_person(self, writer: str, event: Event) -> None:
        self._writers[event.key] = writer
        self._ownership.see(event.key, event.after)
        if writer and event.before is None and event.after is not None:
            self.persons.add(event.after.metadata.uid)

    # ---- what an engine does ---------------------------------------------------------------------------------

    def _see_delete(self, machine: Machine, key: str, before: Kept | None) -> None:
        assert before is not None, "what was not there cannot go"
        self.deletes += 1
        uid, mark = before.metadata.uid, before.metadata.labels.get(LABEL, "")
        if uid not in self.ours:
            raise Broken(f"INV-01 {key} is deleted, and no engine ever applied it")
        if not self.installation.is_own(mark):
            raise Broken(f"INV-01 {key} is deleted, and does not carry our mark but {mark!r}")
        self._expect_intent(machine, key)
        self._held.discard(key)
        application = mark.partition(".")[2]
        floor = self._done(machine, application)
        heads = [head for head in self.heads if self._may_follow(application, floor, head.commit)]
        is_taken_away = any(_takes_away(head, key, application) for head in heads)
        if (
            not is_taken_away
            and not self._is_left(key, application, floor)
            and not self._is_rolled_back(key, application)
        ):
            raise Broken(f"INV-02 {key} is deleted, and no commit since {floor[:8]} takes it away")
        self._expect_limit(machine, application, key)

    def _is_left(self, key: str, application: str, floor: str) -> bool:
        """Whether the application's own commit left it, and nobody who can be read now has it.

        Of what it says since nothing may be known; until that can be read, it stands by the commit that it has come to.
        """
        name, at = key.rpartition("/")[2], [head.fleet for head in self.heads if head.commit == floor]
        is_left = any(application not in f.blocked and name not in f.applications.get(application, {}) for f in at)
        return is_left and key not in self.head.declared

    def _is_rolled_back(self, key: str, application: str) -> bool:
        """Whether somebody went back to where the application did not have it, whoever has it now."""
        name, back = key.rpartition("/")[2], self.rolled_back.get(application, set())
        return any(
            name not in head.fleet.applications.get(application, {}) for head in self.heads if head.commit in back
        )

    def _expect_limit(self, machine: Machine, application: str, key: str) -> None:
        """INV-03: more than the limit goes at one commit only if somebody has agreed since the newest head."""
        gone = self._deleted.setdefault((application, self._reached[application]), set())
        gone.add(key)
        owned = machine.process.ledger.count(application, TARGET) if machine.process else 0
        is_many = len(gone) > DELETES_MAX and len(gone) * 100 > (owned + len(gone)) * DELETES_PERCENT_MAX
        if is_many and application not in self.approved:
            raise Broken(f"INV-03 {len(gone)} objects of {application} are deleted, and nobody has agreed")

    def _see_apply(self, machine: Machine, key: str, before: Kept | None, after: Kept) -> None:
        uid, mark = after.metadata.uid, after.metadata.labels.get(LABEL, "")
        self._expect_intent(machine, key)
        if after.metadata.name.startswith(THEIRS):
            raise Broken(f"INV-19 {key} is nobody's of ours, and is written")
        if _is_same(before, after):
            self.ours.add(uid)  # a former tool's entries become ours, which is the first half of a take-over (D17)
            self._ownership.apply(machine, key, after)
            return
        if not self.installation.is_own(mark):
            raise Broken(f"INV-19 {key} is written without our mark")
        self._expect_theirs(key, before, after, is_ours=uid in self.ours or key in self._held)
        self.ours.add(uid)
        self._held.add(key)
        application = mark.partition(".")[2]
        said = [head for head in self.heads if self._says(machine, head, key, before, after)]
        if not said:
            raise Broken(f"INV-11 {key} is written as no commit ever said it")
        self._ownership.apply(machine, key, after)
        floor = self._done(machine, application)
        newest = said[-1].commit
        if not any(self._may_follow(application, floor, head.commit) for head in said):
            if before is None and self._comes_late(machine, application, key):
                self.late[key] = Late(uid=uid, application=application)
                return
            if not self._is_as_left(key, uid, said, floor):
                raise Broken(f"INV-12 {key} is written as {newest[:8]} said it, over {floor[:8]}")
        self._last[key] = uid, newest
        self.late.pop(key, None)

    def _is_as_left(self, key: str, uid: str, said: Sequence[Head], floor: str) -> bool:
        """Whether an object is what was applied to it last, and goes by all that is said since the application's floor.

        Where a person is asked first, it is held to that until then (INV-17). What was said in between and never
        applied to it counts for nothing.
        """
        last_uid, last = self._last.get(key, ("", ""))
        now = [head for head in self.heads if head.commit == floor or self.line(floor, head.commit)]
        is_said_again = any(key in head.fleet.mended().declared() for head in now)
        return last_uid == uid and any(head.commit == last for head in said) and not is_said_again

    def _says(self, machine: Machine, head: Head, key: str, before: Kept | None, after: Kept) -> bool:
        """Whether an object is as a commit said it, but for what is left to others (D17)."""
        said = head.declared.get(key) or head.fleet.mended().declared().get(key)
        if said is None:
            return False
        if is_as_declared(said[1], after.body):
            return True
        return before is not None and self._ownership.is_left(machine, key, before, said[1], after)

    def is_left(self, machine: Machine, kept: Kept, said: Json) -> bool:
        """Whether all that is otherwise than said is another manager's, and never was provably ours (D17)."""
        self._ownership.settle(machine, kept.key, ref_of(kept.key))
        return self._ownership.is_left(machine, kept.key, kept, said, kept)

    def _expect_theirs(self, key: str, before: Kept | None, after: Kept, *, is_ours: bool) -> None:
        """INV-19: what others put there stays; of an object that never was ours, everything does."""
        if before is None:
            return
        was, now = before.body.get("data") or {}, after.body.get("data") or {}
        for name, value in was.items():
            if (name.startswith(THEIRS) or not is_ours) and now.get(name) != value:
                raise Broken(f"INV-19 {key}: data.{name} is another's, and was {value!r}, is {now.get(name)!r}")

    def _expect_intent(self, machine: Machine, key: str) -> None:
        """INV-23: what is done was written down before."""
        assert machine.process is not None, "who writes runs"
        if machine.process.ledger.lookup(TARGET, ref_of(key)) is None:
            raise Broken(f"INV-23 {key} is written, and no intent says so")

    # ---- what comes too late -------------------------------------------------------------------------------------

    def _comes_late(self, machine: Machine, application: str, key: str) -> bool:
        """Whether a create is one that no server refuses (D13): its writer could not know that its turn was over."""
        assert machine.process is not None, "who writes runs"
        records = machine.process.journal.newest(application=application)
        intents = (one.sequence for one in records if one.kind == Kind.INTENT.value and one.body["ref"] == _text(key))
        intended_at = next(intents, None)
        if intended_at is None:
            return False
        return self.turns.is_late(machine.name, machine.holder, application, intended_at=intended_at)

    def lingering(self) -> Iterator[str]:
        """INV-13: what came too late, and stands after a pass of the process that writes and was told of it.

        A process that has no record of it asks a person instead (INV-26).
        """
        for key, late in self.late.items():
            holder = self.turns.holder(late.application)
            machine = next((one for one in self.machines if one.holder == holder), None)
            process = machine.process if machine is not None and holder in late.told else None
            kept = process.engine.kept.get(late.application) if process is not None else None
            if process is None or kept is None or not process.engine.is_settled:
                continue
            held = kept.last.review.plan.held if kept.last is not None else ()
            is_asked = kept.status.sync is Sync.OUT_OF_SYNC and any(str(one.ref) == _text(key) for one in held)
            may_ask = not _has_seen_go(process.journal, late.application, key)
            if kept.status.sync in {Sync.SYNCED, Sync.OUT_OF_SYNC} and not (is_asked and may_ask):
                yield f"INV-13 {key} came too late, and {holder} leaves it there"

    # ---- how far an application has come -------------------------------------------------------------------------

    def _done(self, machine: Machine, application: str) -> str:
        """The commit that an application has come to: what is begun now follows it, or somebody has agreed (INV-12).

        What another machine began with before, and has not written yet, it may still write: it came no further by that.
        Where it never said so at the fence, nothing was to be written.
        """
        for other in self.machines:
            latest = other.process.history.latest(application) if other.process and other is not machine else None
            if latest is not None and (application, latest.revision) in self.turns.entered:
                self._note_begun(other, application)
        if not self._note_begun(machine, application):
            assert machine.process is not None, "who writes runs"
            latest = machine.process.history.latest(application)
            assert latest is not None, "what has begun is written down"
            raise Broken(
                f"INV-12 {application} goes back to {latest.revision[:8]} from {self._reached[application][:8]}"
            )
        return self._reached.get(application, "")

    def _note_begun(self, machine: Machine, application: str) -> bool:
        """Take in what a machine has begun with since it was asked last; `False`: it does not follow what was done."""
        assert machine.process is not None, "who writes runs"
        latest, place = machine.process.history.latest(application), (machine.name, application)
        number, known = latest.number if latest else 0, self._begun.get(place)
        if latest is not None and (known is None or number > known):
            reached, said = self._reached.get(application, ""), self._said_by(application, latest.revision)
            if (follows := next((one for one in said if self._may_follow(application, reached, one)), "")) != "":
                self._reached[application] = follows
            elif known is not None:
                return False
        self._begun[place] = max(number, known or 0)
        return True

    def _said_by(self, application: str, commit: str) -> Iterator[str]:
        """A commit, the newer ones that say the same of an application, and those right before it that said it already.

        A deployment goes on under each of the newer ones; nothing was changed since the ones before.
        """
        at = next((n for n, head in enumerate(self.heads) if head.commit == commit), None)
        if at is None:
            yield commit
            return
        said = self.heads[at].fleet.applications.get(application)
        yield from (one.commit for one in self.heads[at:] if one.fleet.applications.get(application) == said)
        for one in reversed(self.heads[:at]):
            if self.line(one.commit, commit):
                if one.fleet.applications.get(application) != said:
                    return
                yield one.commit

    def _may_follow(self, application: str, floor: str, commit: str) -> bool:
        """INV-12: a commit follows what was done, or what says the same, or somebody has agreed to go there."""
        if not floor or any(self.line(one, commit) for one in self._said_by(application, floor)):
            return True
        return any(self.line(agreed, commit) for agreed in self.agreed)


def ref_of(key: str) -> Ref:
    """The identity of an object of the pool.

    >>> str(ref_of("/apps/deployments/shop/o1"))
    'Deployment.apps/shop/o1'
    """
    kinds = {"configmaps": "ConfigMap", "secrets": "Secret", "services": "Service", "deployments": "Deployment.apps"}
    _, _, plural, namespace, name = key.split("/")
    return Ref(kinds[plural], namespace, name)


def _text(key: str) -> str:
    return str(ref_of(key))


def _has_seen_go(journal: Journal, application: str, key: str) -> bool:
    """Whether a process wrote of an object last that it pruned it, or that what it intended to make never came."""
    bodies = (one.body for one in journal.newest(application=application) if one.kind == Kind.OUTCOME.value)
    last = next((body for body in bodies if body["ref"] == _text(key)), None)
    if last is None or last.get("result") != Result.DONE.value:
        return False
    never_came = last["action"] == Action.FORGET.value and not last.get("uid")
    return last["action"] == Action.PRUNE.value or never_came


def _is_same(before: Kept | None, after: Kept) -> bool:
    """Whether nothing was written but whose the fields are."""
    return before is not None and _without_fields(before) == _without_fields(after)


def _content(kept: Kept | None) -> Json | None:
    """What people and engines wrote of an object: neither its status nor what the server keeps of it."""
    if kept is None:
        return None
    return {name: value for name, value in _without_fields(kept).items() if name != "status"}


def _without_fields(kept: Kept) -> Json:
    metadata = {name: value for name, value in kept.body["metadata"].items() if name not in _TOLD}
    return {**kept.body, "metadata": metadata}


_TOLD = frozenset({"managedFields", "resourceVersion", "generation"})


def _takes_away(head: Head, key: str, application: str) -> bool:
    """Whether an object is undeclared, and not only because nothing can be made of what declared it."""
    return key not in head.fleet.mended().declared() and application not in head.fleet.blocked


def key_of_path(path: str) -> str:
    """Where the embedded cluster keeps what a request asks for.

    >>> key_of_path("/apis/apps/v1/namespaces/shop/deployments/o1")
    '/apps/deployments/shop/o1'
    """
    parts = path.strip("/").split("/")
    group, rest = ("core", parts[2:]) if parts[0] == "api" else (parts[1], parts[3:])
    _, namespace, plural, name = (*rest, "", "", "")[:4]
    return f"/{group}/{plural}/{namespace}/{name}"


def live_keys(objects: Mapping[str, Kept]) -> tuple[str, ...]:
    """The objects of the pool."""
    return tuple(key for key in objects if key.startswith(_POOL) and f"/{NAMESPACE}/" in key)

"""A target that answers as it is told and keeps what it was asked; and bodies by digest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from trueline.apply.ledger import Act, Intent
from trueline.apply.outcome import Outcome
from trueline.model.digest import Digest, canonical, digest_bytes
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.target.answer import Accepted, Answer, FieldConflict, Refusal, Refused
from trueline.target.inventory import Entry, EntryState, Inventory
from trueline.target.protocol import Target, Write
from trueline.target.reclaim import Reclaim
from trueline.target.rules import Rules
from trueline.target.snapshot import Observed
from trueline.trial.attempt import Tried

BODY = canonical({"kind": "ConfigMap", "data": {"a": "1", "b": "2"}})
DIGEST = digest_bytes(BODY)
LISTED = canonical({"kind": "Service", "spec": {"ports": [{"port": 80}]}})
LISTED_DIGEST = digest_bytes(LISTED)
OURS = Digest("f1")
MINE = FieldConflict(manager="kubectl", path="data.a")
THEIRS = FieldConflict(manager="stranger", path="data.z")


def ref(name: str) -> Ref:
    return Ref("ConfigMap", "shop", name)


def change(name: str, action: Action = Action.UPDATE, uid: str = "u1") -> Change:
    origin = Origin(path=f"{name}.yaml", line=1)
    return Change(ref=ref(name), action=action, reason="because", body=DIGEST, uid=uid, ours=OURS, origin=origin)


def seen(ours: str = OURS) -> Observed:
    return Observed(uid="u1", version="7", ours=Digest(ours))


def accepted(**more: Any) -> Accepted:
    return Accepted(**{"observed": seen(), **more})


def refused(refusal: Refusal, *conflicts: FieldConflict) -> Refused:
    return Refused(refusal=refusal, message=f"said {refusal.value}", conflicts=conflicts)


def inventory(*names: str, withheld: tuple[str, ...] = ()) -> Inventory:
    entries = {
        ref(name): Entry(ref=ref(name), state=EntryState.APPLIED, body=DIGEST, uid="u1", ours=OURS, withheld=withheld)
        for name in names
    }
    return Inventory(application="shop", entries=entries)


class Bodies:
    """Two bodies: one without lists, one with a list of items."""

    def get(self, digest: Digest) -> bytes | None:
        """One of them."""
        return {DIGEST: BODY, LISTED_DIGEST: LISTED}.get(digest)


@dataclass(slots=True)
class AnsweringTarget:
    """Answers writes with `answer`; `log` is what it was asked, in order."""

    answer: Callable[[Write], Answer] = lambda _: accepted()
    log: list[str] = field(default_factory=list)
    displaced: tuple[FieldConflict, ...] = ()
    writes: list[Write] = field(default_factory=list)
    taken: list[Observed] = field(default_factory=list)
    rules: Rules = field(default_factory=lambda: Rules(former_tools=("helm",)))

    async def write(self, write: Write) -> Answer:
        """An apply."""
        self.log.append(f"{write.mode.value} {write.ref.name}")
        self.writes.append(write)
        return self.answer(write)

    async def delete(self, ref: Ref, *, uid: str, mark: str, version: str, dry: bool) -> Answer:
        """A delete."""
        self.log.append(f"{'try ' if dry else ''}delete {ref.name} {uid} {mark}")
        return accepted()

    async def release(self, ref: Ref, *, uid: str, mark: str, dry: bool) -> Answer:
        """A release."""
        self.log.append(f"{'try ' if dry else ''}release {ref.name} {uid} {mark}")
        return accepted()

    async def reclaim(self, ref: Ref, *, body: bytes, extent: Reclaim, seen: Observed, dry: bool) -> Answer:
        """A reclaim: what stands in the place of ours."""
        self.taken.append(seen)
        self.log.append(f"{'try ' if dry else ''}reclaim {extent.value} {ref.name} {seen.uid}")
        return accepted(wrote=bool(self.displaced), added=self.displaced)

    async def take_over(self, ref: Ref, *, seen: Observed, dry: bool) -> Answer:
        """A take-over."""
        self.taken.append(seen)
        self.log.append(f"take over {ref.name}")
        return accepted()

    def mark(self, application: str) -> str:
        """A mark."""
        return f"t1.{application}"

    @property
    def target(self) -> Target:
        """As the stages see it."""
        return cast("Target", self)

    def tried(self, inventory: Inventory, **more: Any) -> Tried:
        """What a trial is made with."""
        return Tried(target=self.target, bodies=Bodies(), inventory=inventory, **more)


@dataclass(slots=True)
class LoggingLedger:
    """A ledger that writes into the target's log when it was told what; it may be full."""

    log: list[str]
    full: Exception | None = None

    def inventory(self, application: str, target: str, *, refs: object = None) -> Inventory:
        """Nothing."""
        return Inventory(application=application)

    def count(self, application: str, target: str) -> int:
        """None."""
        return 0

    def intend(self, act: Act, intents: Sequence[Intent]) -> None:
        """Write, or be full."""
        if self.full is not None:
            raise self.full
        self.log.append(f"intend {' '.join(intent.change.ref.name for intent in intents)}")

    def settle(self, act: Act, outcomes: Sequence[Outcome]) -> None:
        """Write."""
        self.log.append(f"settle {' '.join(outcome.change.ref.name for outcome in outcomes)}")

    def end(self, act: Act, endings: object) -> None:
        """There are no hooks."""

    def doubt(self, application: str, target: str) -> bool:
        """Nothing is kept that could be old."""
        return False

    def gone(self, application: str, target: str, refs: object) -> Mapping[Ref, str]:
        """Nothing went."""
        return {}

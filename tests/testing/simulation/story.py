"""A story for the judge: commits, fences and writes by hand, with the books of each process as they really are.

Nobody decides anything in it: a process writes what the story says, whether it may or not.
"""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final, cast

import msgspec

from trueline.apply.ledger import Act, Intent
from trueline.apply.outcome import Outcome, Result
from trueline.embedded.store import Event, Kept, Store as Objects
from trueline.loop.status import ApplicationStatus, Sync
from trueline.model.digest import Digest
from trueline.plan.change import Action, Change
from trueline.record.history import History
from trueline.record.journal import Journal
from trueline.record.ledger import StoreLedger
from trueline.record.schema import SCHEMA
from trueline.runtime.store import MEMORY, Store
from trueline.target.answer import FieldConflict
from trueline.target.fence import FenceRecord, Head, Order, Standing
from trueline.target.kubernetes.field_set import hex_digest, read_ownership
from trueline.target.kubernetes.lease import Lease, lease_body
from trueline.target.kubernetes.mark import LABEL, Installation
from trueline.target.kubernetes.wire import ManagedFields
from trueline.target.snapshot import Observed
from trueline.testing.clock import StillClock
from trueline.testing.process import TARGET
from trueline.testing.simulation.fleet import Fleet, Json, key_of
from trueline.testing.simulation.machine import Machine
from trueline.testing.simulation.network import WRITER
from trueline.testing.simulation.truth import Truth, ref_of

INSTALLATION: Final = Installation("sim")
CLOCK: Final = StillClock()
LEASES: Final = "/apis/coordination.k8s.io/v1/namespaces/trueline-system/leases"
PLAN: Final = Digest("p" * 64)


def config_map(name: str, value: str) -> Json:
    """What an application declares."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "annotations": {"number": value}},
        "data": {"a": value},
    }


def fleet(*manifests: Json, application: str = "shop") -> Fleet:
    """A fleet of one application."""
    return Fleet(applications={application: {one["metadata"]["name"]: one for one in manifests}})


def entry(manager: str, fields: Json) -> Json:
    """One entry of `managedFields`."""
    operation = "Apply" if manager == INSTALLATION.manager else "Update"
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


@dataclass(slots=True)
class Story:
    """What was said and done so far."""

    commits: list[str] = field(default_factory=list)
    live: dict[str, Kept] = field(default_factory=dict)
    leases: dict[str, bytes] = field(default_factory=dict)
    version: int = 100
    truth: Truth = field(init=False)

    def __post_init__(self) -> None:
        self.truth = Truth(installation=INSTALLATION, line=self._leads)

    def _leads(self, old: str, new: str) -> bool:
        """Commits follow each other, unless they are of another line: `c2` follows `c1`, `d3` does not."""
        return old[0] == new[0] and old <= new

    def push(self, commit: str, said: Fleet) -> None:
        """A new head."""
        self.truth.push(commit, said)

    # ---- processes ----------------------------------------------------------------------------------------------

    def start(self, name: str) -> Machine:
        """A machine whose process has books of its own."""
        store = Store.open(MEMORY, SCHEMA)
        journal = Journal(store, CLOCK)
        process = SimpleNamespace(
            ledger=StoreLedger(store, journal),
            journal=journal,
            history=History(store, journal, CLOCK),
            engine=SimpleNamespace(kept={}, is_settled=True, notes=(), problems=(), statuses=list),
        )
        machine = cast(Machine, SimpleNamespace(name=name, holder=f"{name}/0", process=process))
        self.truth.machines.append(machine)
        return machine

    def stand(self, machine: Machine, sync: Sync, message: str = "", *held: Change) -> None:
        """How a process says that `shop` stands."""
        process = cast(Any, machine.process)
        now = CLOCK.now()
        status = ApplicationStatus(application="shop", target=TARGET, sync=sync, at=now, since=now, message=message)
        last = SimpleNamespace(review=SimpleNamespace(plan=SimpleNamespace(held=held)))
        process.engine.kept = {"shop": SimpleNamespace(status=status, last=last)}
        process.engine.statuses = lambda: (status,)
        process.engine.look = SimpleNamespace(revision=SimpleNamespace(commit=self.truth.head.commit))

    def begin(self, machine: Machine, commit: str) -> None:
        """A process writes down that a deployment of `shop` begins."""
        cast(Any, machine.process).history.begin(
            "shop", revision=commit, tree=f"{commit} rendered", plan=PLAN, by="git"
        )

    def intend(self, machine: Machine, manifest: Json, action: Action = Action.CREATE) -> Change:
        """A process writes down what it is about to do."""
        change = Change(ref=ref_of(key_of(manifest)), action=action, reason="the story says so", body=PLAN)
        cast(Any, machine.process).ledger.intend(_act(), [Intent(change=change)])
        return change

    def settle(self, machine: Machine, change: Change, *withheld: str) -> None:
        """It writes down what became of it."""
        kept = next(one for key, one in self.live.items() if ref_of(key) == change.ref)
        ours = hex_digest(read_ownership(_fields(kept), INSTALLATION.manager).ours)
        observed = Observed(uid=kept.metadata.uid, version="1", ours=ours)
        left = tuple(FieldConflict(path=path, manager="hpa") for path in withheld)
        outcome = Outcome(change=change, result=Result.DONE, observed=observed, withheld=left)
        cast(Any, machine.process).ledger.settle(_act(), [outcome])

    # ---- fences ---------------------------------------------------------------------------------------------------

    def take(self, machine: Machine, holder: str | None = None, *, commit: str = "") -> bytes:
        """A process takes the fence of `shop`, or gives it back, and is told so; gives what the cluster says of it.

        `commit` is what it begins with.
        """
        self.version += 1
        body = self._lease(machine.holder if holder is None else holder, commit)
        self.truth.see(
            Event(self.version, "/coordination.k8s.io/leases/trueline-system/sim.shop", None, Kept("", body))
        )
        self.tell(machine, body)
        return body

    def _lease(self, holder: str, commit: str) -> bytes:
        standing = Standing(order=Order(generation=1, commit=commit), head=Head())
        record = FenceRecord(application="shop", holder=holder, since="", standing=standing)
        lease = Lease(installation="sim", record=record, repository="", version=str(self.version))
        return lease_body(lease, CLOCK.now())

    def tell(self, machine: Machine, body: bytes) -> None:
        """The cluster says it to a machine: as an event of a watch."""
        event = msgspec.json.encode({"type": "MODIFIED", "object": msgspec.Raw(body)})
        self.truth.hear(machine, LEASES, event)

    # ---- writes ---------------------------------------------------------------------------------------------------

    def write(self, who: Machine | str, manifest: Json, **more: Any) -> None:
        """Somebody writes an object; a process marks it. `more` is the metadata beside that."""
        self.version += 1
        key, name = key_of(manifest), who if isinstance(who, str) else who.name
        before = self.live.get(key)
        metadata = {
            **manifest["metadata"],
            "namespace": "shop",
            "uid": before.metadata.uid if before is not None else f"uid-{self.version}",
            "resourceVersion": str(self.version),
            **({} if isinstance(who, str) else {"labels": {LABEL: INSTALLATION.mark("shop")}}),
            **more,
        }
        after = Kept(key, msgspec.json.encode({**manifest, "metadata": metadata}))
        self._happen(name, Event(self.version, key, before, after))

    def try_on(self, machine: Machine, manifest: Json) -> None:
        """A process tries what it is about to write, on what stands there."""
        objects = cast(Objects, SimpleNamespace(get=self.live.get))
        _, group, plural, namespace, name = key_of(manifest).split("/")
        above = "/api/v1" if group == "core" else f"/apis/{group}/v1"
        self.truth.see_trial(machine.name, f"{above}/namespaces/{namespace}/{plural}/{name}", objects)

    def delete(self, who: Machine | str, manifest: Json) -> None:
        """Somebody deletes an object."""
        self.version += 1
        key, name = key_of(manifest), who if isinstance(who, str) else who.name
        self._happen(name, Event(self.version, key, self.live[key], None))

    def _happen(self, name: str, event: Event) -> None:
        token = WRITER.set(name)
        try:
            self.truth.see(event)
        finally:
            WRITER.reset(token)
            if event.after is None:
                self.live.pop(event.key)
            else:
                self.live[event.key] = event.after

    def show(self, machine: Machine, manifest: Json) -> None:
        """The cluster tells a machine of an object."""
        self.truth.hear(machine, "/api/v1/configmaps", self.live[key_of(manifest)].raw)


def _act() -> Act:
    return Act(application="shop", target=TARGET, revision="main@c", plan=PLAN)


def _fields(kept: Kept) -> list[ManagedFields]:
    told = msgspec.json.encode(kept.body["metadata"].get("managedFields", []))
    return msgspec.json.decode(told, type=list[ManagedFields])

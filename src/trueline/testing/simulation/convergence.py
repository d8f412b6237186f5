"""What is not as Git says once it is calm: objects that differ, are missing or left over, and states without a reason.

Two things are excused where they are told by name, and not otherwise: a field that another manager owns and that never
was provably ours (D17), and, where two processes had copies of the books, what cannot be told apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from trueline.embedded.store import Kept, Store
from trueline.loop.status import ApplicationStatus, Sync
from trueline.target.kubernetes.mark import LABEL
from trueline.testing.process import TARGET, EngineProcess
from trueline.testing.simulation.fleet import Json, is_as_declared
from trueline.testing.simulation.machine import Machine
from trueline.testing.simulation.truth import Truth, ref_of

IS_LEFT = " is left to "


@dataclass(frozen=True, slots=True, kw_only=True)
class Convergence:
    """One world that should be as Git says. `is_shared`: two processes had copies of the books."""

    truth: Truth
    objects: Store
    machine: Machine
    is_shared: bool

    def differences(self) -> Iterator[str]:
        """What is not as Git says."""
        for difference in self._all():
            if not (self.is_shared and self._is_told(difference)):
                yield difference

    def _is_told(self, difference: str) -> bool:
        """Where two processes had copies of the books, not all that is left can be told apart: a person is told."""
        key, process = difference.split(" ", maxsplit=1)[0], self.machine.process
        if process is None or not key.startswith("/"):
            return False
        ref, lasts = ref_of(key), [kept.last for kept in process.engine.kept.values() if kept.last is not None]
        if ref.kind not in {ref_of(declared).kind for declared in self.truth.head.declared}:
            return True  # a kind that the fleet uses no more is in nobody's view
        held = [str(change.ref) for last in lasts for change in last.review.plan.held]
        told = [str(note) for note in process.engine.notes] + [k.status.message for k in process.engine.kept.values()]
        return str(ref) in held or any(str(ref) in text for text in told)

    def _all(self) -> Iterator[str]:
        truth, process, declared, left = self.truth, self.machine.process, self.truth.head.declared, set[str]()
        for key, (application, manifest) in declared.items():
            kept = self.objects.get(key)
            if kept is None:
                yield f"{key} is missing"
                continue
            if not is_as_declared(manifest, kept.body):
                if self._is_left(application, kept, manifest):
                    left.add(application)
                else:
                    yield f"{key} differs"
            if kept.metadata.labels.get(LABEL) != truth.installation.mark(application):
                yield f"{key} is not marked as {application}'s"
        for kept in self.objects.all():
            mark = kept.metadata.labels.get(LABEL, "")
            if kept.metadata.uid in truth.ours and kept.key not in declared and truth.installation.is_own(mark):
                yield f"{kept.key} is left over"
        if process is None or not all(self._is_settled(one, left) for one in process.engine.statuses()):
            yield _story(process)
        elif process.engine.look is None or process.engine.look.revision.commit != truth.head.commit:
            yield f"{truth.head.commit} is not seen"

    def _is_left(self, application: str, kept: Kept, manifest: Json) -> bool:
        """Whether all that differs is another manager's and never was provably ours, and the application says so."""
        process = self.machine.process
        if process is None or application not in process.engine.kept:
            return False
        row = process.ledger.lookup(TARGET, ref_of(kept.key))
        is_told = row is not None and bool(row[1].withheld) and _is_left_to(process.engine.kept[application].status)
        return is_told and self.truth.is_left(self.machine, kept, manifest)

    def _is_settled(self, status: ApplicationStatus, left: set[str]) -> bool:
        if status.sync is Sync.OUT_OF_SYNC:
            return self.is_shared or (status.application in left and _is_left_to(status))
        return status.sync is Sync.SYNCED


def _is_left_to(status: ApplicationStatus) -> bool:
    return status.sync is Sync.OUT_OF_SYNC and IS_LEFT in status.message


def _story(process: EngineProcess | None) -> str:
    if process is None:
        return "no engine runs"
    found = [
        f"{status.application} {status.sync.value} {status.message} {[str(one) for one in status.problems]}"
        for status in process.engine.statuses()
    ]
    return f"{found} {[str(one) for one in process.engine.problems]}"

"""Bugs to plant, each one that other systems had: what guards against it is taken out of a copy of the sources.

A plant names every place of its guard; the simulator has to find it in that copy, within a number of seeds.
"""

from dataclasses import dataclass
from typing import Final

EXECUTOR: Final = "src/trueline/apply/executor.py"
DIFF: Final = "src/trueline/plan/diff.py"
WRITE: Final = "src/trueline/target/kubernetes/write.py"
CLIENT: Final = "src/trueline/target/kubernetes/client.py"
FOLLOW: Final = "src/trueline/loop/follow.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One text of a file that another one takes the place of."""

    file: str
    text: str
    planted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One bug. `invariants` are those of which at least one has to be named by what is found."""

    name: str
    edits: tuple[Edit, ...]
    invariants: tuple[str, ...]


PLANTS: Final = (
    Plant(
        name="inventory saved late",
        edits=(
            Edit(file=EXECUTOR, text="    if intents:\n        ledger.intend(act, intents)\n", planted=""),
            Edit(
                file=EXECUTOR,
                text="    ledger.settle(act, outcomes)\n",
                planted="    ledger.intend(act, intents)\n    ledger.settle(act, outcomes)\n",
            ),
        ),
        invariants=("INV-23",),
    ),
    Plant(
        name="stale plan applied",
        edits=(
            Edit(
                file=WRITE,
                text='(("uid", write.uid), ("resourceVersion", write.version))',
                planted='(("uid", ""), ("resourceVersion", ""))',
            ),
            Edit(
                file=WRITE,
                text="        if seen is not None and write.generation not in {0, seen.generation}:\n",
                planted="        if False:\n",
            ),
        ),
        invariants=("INV-11",),
    ),
    Plant(
        name="owner not checked",
        edits=(
            Edit(file=DIFF, text="    if entry.uid and live.uid != entry.uid:\n", planted="    if False:\n"),
            Edit(
                file=DIFF,
                text="    if live.mark != options.mark:\n        return Action.FORGET",
                planted="    if False:\n        return Action.FORGET",
            ),
            Edit(
                file=DIFF,
                text="    if not live.mark_is_ours:\n        return Action.FORGET",
                planted="    if False:\n        return Action.FORGET",
            ),
            Edit(
                file=WRITE,
                text="answer.Refused):\n                return standing\n",
                planted='answer.Refused):\n                standing = Observed(uid=uid, version="")\n',
            ),
        ),
        invariants=("INV-01",),
    ),
    Plant(
        name="unknown taken for absent",
        edits=(
            Edit(
                file=DIFF,
                text='            return Action.HOLD, f"the target could not be read: {reason}"\n',
                planted='            return Action.FORGET, f"gone already: {reason}"\n',
            ),
            Edit(file="src/trueline/loop/reconcile.py", text="    if found.unknown or any(", planted="    if any("),
        ),
        invariants=("INV-29", "INV-04", "INV-23"),
    ),
    Plant(
        name="newest not preferred",
        edits=(
            Edit(
                file=FOLLOW,
                text="        return other or await self._leads_elsewhere(newest, look.revision)\n",
                planted="        return other\n",
            ),
            Edit(
                file="src/trueline/loop/fence.py",
                text="        if is_same or goes_on or (before, now) in",
                planted="        if True or (before, now) in",
            ),
        ),
        invariants=("INV-12",),
    ),
)

"""What is counted of the journal's records: drift found and healed, and how long a commit was on its way.

A commit counts once for an application, from when it was committed to when it was applied, and to when the application
was True with it. Not counted are what stood in Git already at the start, and applications with sources beside the fleet
repository: of those the fleet's commit does not say when what they run was committed.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, TypeVar

from trueline.loop.engine import Engine
from trueline.loop.kept import Kept
from trueline.model.histogram import Histogram
from trueline.record.history import DeploymentResult
from trueline.record.journal import Kind, Record
from trueline.runtime.clock import Clock

WAY_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0)
COMMITS_MAX: Final = 200
KEYS_MAX: Final = 20_000
_OTHERS: Final = "(others)"

K = TypeVar("K")


class Tally:
    """Hears every record once. `drifts` are counted by application and kind, `heals` by application."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._is_begun = False
        self._committed: OrderedDict[str, datetime] = OrderedDict()
        self._under_way: dict[str, str] = {}
        self._done: set[tuple[str, str]] = set()
        self._applied: dict[str, tuple[str, datetime]] = {}
        self.drifts: Counter[tuple[str, str]] = Counter()
        self.heals: Counter[str] = Counter()
        self.applied = Histogram(WAY_S)
        self.healthy = Histogram(WAY_S)

    def hear(self, records: Iterable[Record]) -> None:
        """What is new; without anything new, whether somebody became True meanwhile."""
        for record in records:
            self._hear(record)
        self._look()

    def _hear(self, record: Record) -> None:
        name, body = record.application, record.body
        match record.kind:
            case Kind.DRIFT_FOUND.value:
                self._count(self.drifts, (name, str(body.get("drift", ""))), (_OTHERS, ""))
            case Kind.OUTCOME.value if (body.get("action"), body.get("result")) == ("heal", "done"):
                self._count(self.heals, name, _OTHERS)
            case Kind.REVISION_SEEN.value:
                self._see(body)
            case Kind.DEPLOYMENT_BEGUN.value if body.get("by") == "git":
                self._under_way[name] = str(body.get("revision", ""))
            case Kind.DEPLOYMENT_BEGUN.value:
                self._under_way.pop(name, None)
            case Kind.DEPLOYMENT_ENDED.value:
                commit = self._under_way.pop(name, "")
                if body.get("result") == DeploymentResult.DONE.value:
                    self._apply(name, commit, record.at)
            case Kind.REMOVED.value:
                self._under_way.pop(name, None)
                self._applied.pop(name, None)
            case _:
                pass

    def _see(self, body: Mapping[str, object]) -> None:
        """What is seen first stood there already: how long it was on its way, nobody knows."""
        look, commit = self._engine.look, str(body.get("commit", ""))
        if self._is_begun and look is not None and look.revision.commit == commit:
            self._committed[commit] = look.revision.committed_at
            while len(self._committed) > COMMITS_MAX:
                gone, _ = self._committed.popitem(last=False)
                self._done = {key for key in self._done if key[1] != gone}
        self._is_begun = True

    def _apply(self, name: str, commit: str, at: datetime) -> None:
        kept, committed = self._engine.kept.get(name), self._committed.get(commit)
        if kept is None or committed is None or (name, commit) in self._done or _has_others(kept):
            return
        self._done.add((name, commit))
        self.applied.observe(max(0.0, (at - committed).total_seconds()))
        self._applied[name] = commit, committed

    def _look(self) -> None:
        for name, (commit, committed) in list(self._applied.items()):
            kept = self._engine.kept.get(name)
            if kept is None or kept.aim is None or kept.aim.commit != commit:
                del self._applied[name]  # something newer is on its way
            elif kept.status.is_true and kept.status.revision == kept.aim.revision:
                self.healthy.observe(max(0.0, (self._clock.now() - committed).total_seconds()))
                del self._applied[name]

    def _count(self, counter: Counter[K], key: K, others: K) -> None:
        """Whatever names come and go, so many are told apart."""
        counter[key if key in counter or len(counter) < KEYS_MAX else others] += 1


def _has_others(kept: Kept) -> bool:
    return any(spec.url or spec.revision for spec in kept.application.sources)

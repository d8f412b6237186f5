"""What a pass works with on one target; given by the wiring, the same for every pass."""

from dataclasses import dataclass, field

from trueline.loop.port import Approvals, BodyStore, Books, Claims, Finder, HealthReader, NoFinder, Owners
from trueline.target.fence import Fence, Unfenced
from trueline.target.insight import Insight, NoInsight
from trueline.target.protocol import Target, Watcher
from trueline.target.restart import NoRestarter, Restarter


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One target with everything that a pass needs beside it."""

    target: Target
    watcher: Watcher
    owners: Owners
    health: HealthReader
    ledger: Books
    bodies: BodyStore
    approvals: Approvals
    claims: Claims
    fence: Fence = field(default_factory=Unfenced)
    finder: Finder = field(default_factory=NoFinder)
    insight: Insight = field(default_factory=NoInsight)
    restarter: Restarter = field(default_factory=NoRestarter)

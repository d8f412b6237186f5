"""What a pass works with on one target; given by the wiring, the same for every pass."""

from dataclasses import dataclass, field

from trueline.apply.ledger import Ledger
from trueline.loop.port import Approvals, BodyStore, Claims, HealthReader, Owners
from trueline.target.fence import Fence, Unfenced
from trueline.target.protocol import Target, Watcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One target with everything that a pass needs beside it."""

    target: Target
    watcher: Watcher
    owners: Owners
    health: HealthReader
    ledger: Ledger
    bodies: BodyStore
    approvals: Approvals
    claims: Claims
    fence: Fence = field(default_factory=Unfenced)

"""What the passes on every target share."""

from dataclasses import dataclass

from trueline.loop.claim import ClaimBook
from trueline.record.keep import Bodies
from trueline.record.ledger import StoreLedger
from trueline.wiring.kept import KeptApprovals


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What every target's passes share."""

    ledger: StoreLedger
    bodies: Bodies
    approvals: KeptApprovals
    claims: ClaimBook

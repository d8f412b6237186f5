"""What the passes on every target share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trueline.loop.claim import ClaimBook
from trueline.loop.health import TargetHealth
from trueline.loop.parts import Parts
from trueline.record.keep import Bodies, RenderStore
from trueline.record.ledger import StoreLedger
from trueline.wiring.kept import KeptApprovals

if TYPE_CHECKING:
    from trueline.target.directory.target import DirectoryTarget
    from trueline.target.site.target import SiteTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What every target's passes share."""

    ledger: StoreLedger
    bodies: Bodies
    approvals: KeptApprovals
    claims: ClaimBook
    placings: RenderStore


def site_parts(shared: Shared, site: "DirectoryTarget | SiteTarget") -> Parts:
    """What a pass on a place of a site works with: it is its own watcher, and no file has a health that passes."""
    return Parts(
        target=site,
        watcher=site,
        owners=shared.ledger,
        health=TargetHealth(site, lambda _: False),
        ledger=shared.ledger,
        bodies=shared.bodies,
        approvals=shared.approvals,
        claims=shared.claims,
    )

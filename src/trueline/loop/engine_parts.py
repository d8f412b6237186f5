"""What an engine is made of; given by the wiring."""

from dataclasses import dataclass, field

from trueline.loop.chronicle import Chronicle
from trueline.loop.claim import ClaimBook
from trueline.loop.desire import Desirer
from trueline.loop.fleet import Fleet
from trueline.loop.measure import Measures
from trueline.loop.port import Approvals
from trueline.loop.register import Register
from trueline.loop.supply import Targets
from trueline.loop.verifier import Verifier
from trueline.record.hold import Holds
from trueline.runtime.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineParts:
    """One fleet repository's; `workers` is how many applications are in a pass at once."""

    fleet: Fleet
    desirer: Desirer
    targets: Targets
    register: Register
    chronicle: Chronicle
    claims: ClaimBook
    verifier: Verifier
    holds: Holds
    approvals: Approvals
    clock: Clock
    measures: Measures = field(default_factory=Measures)
    interval_s: float = 30.0
    workers: int = 4

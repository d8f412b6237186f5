"""All of the engine's cases, in one list: importing this module is what puts them there."""

import trueline.testing.conformance.engine.added
import trueline.testing.conformance.engine.asked
import trueline.testing.conformance.engine.clock
import trueline.testing.conformance.engine.contact
import trueline.testing.conformance.engine.crash
import trueline.testing.conformance.engine.delete_lane
import trueline.testing.conformance.engine.displaced
import trueline.testing.conformance.engine.drift
import trueline.testing.conformance.engine.fence
import trueline.testing.conformance.engine.former
import trueline.testing.conformance.engine.hook
import trueline.testing.conformance.engine.insight
import trueline.testing.conformance.engine.late
import trueline.testing.conformance.engine.leaving
import trueline.testing.conformance.engine.lost
import trueline.testing.conformance.engine.ownership
import trueline.testing.conformance.engine.removal
import trueline.testing.conformance.engine.rollback
import trueline.testing.conformance.engine.safety
import trueline.testing.conformance.engine.signed
import trueline.testing.conformance.engine.transfer
import trueline.testing.conformance.engine.trial
import trueline.testing.conformance.engine.wave
import trueline.testing.conformance.engine.webhook  # noqa: F401 - see above
from trueline.testing.conformance.engine.case import ENGINE_CASES, EngineCase


def all_engine_cases() -> tuple[EngineCase, ...]:
    """Every case, ordered by name."""
    return tuple(ENGINE_CASES[name] for name in sorted(ENGINE_CASES))

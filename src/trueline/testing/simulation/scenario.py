"""A scenario: what stands before, what happens then, and how it ends where nothing fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trueline.loop.status import Sync
from trueline.testing.conformance.api import Json
from trueline.testing.simulation.step import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """After each step everything that follows from it is waited for.

    `ends` is how each application stands at the end, `live` what is live then, with at least these fields, and `gone`
    what is not. `deployments` are how many each application has had.
    """

    name: str
    before: Sequence[Step]
    then: Sequence[Step]
    ends: Mapping[str, Sync]
    live: Sequence[Json] = ()
    gone: Sequence[Json] = ()
    deployments: Mapping[str, int] = field(default_factory=dict)

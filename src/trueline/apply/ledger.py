"""The port through which intents are durable before the act, and outcomes after it.

Whoever implements it writes the inventory and the journal in one transaction, so that neither can say what the other
does not. An intent without an outcome is settled at start by reading the target, never by guessing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from trueline.apply.outcome import Outcome
from trueline.model.digest import Digest
from trueline.model.ref import Ref
from trueline.plan.change import Change
from trueline.target.inventory import Ending, Inventory
from trueline.target.snapshot import NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """On whose behalf something is done: one application's plan at one revision, on one target."""

    application: str
    target: str
    revision: str
    plan: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is about to be done to one resource, and the field set that the dry run promised."""

    change: Change
    promised: Digest = NOTHING


class Ledger(Protocol):
    """Where intents and outcomes are written. Both calls return when what they were given is on the disk."""

    def inventory(self, application: str, target: str, *, refs: Collection[Ref] | None = None) -> Inventory:
        """What the application owns, of these refs or of all, with intents that have no outcome yet as `INTENDED`."""
        ...

    def count(self, application: str, target: str) -> int:
        """How many objects the application owns."""
        ...

    def intend(self, act: Act, intents: Sequence[Intent]) -> None:
        """Write the intents of one stage in one transaction.

        Raises:
            StoreFull: the disk is full; nothing may be done then.
        """
        ...

    def settle(self, act: Act, outcomes: Sequence[Outcome]) -> None:
        """Write what became of them, in one transaction, and bring the inventory up to date."""
        ...

    def end(self, act: Act, endings: Mapping[Ref, Ending]) -> None:
        """Write how hooks ended: that stays known when their objects are gone."""
        ...

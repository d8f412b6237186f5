"""What a target says is there: each part `Known` or `Unknown(reason)`. What could not be read is never absent (D8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from trueline.model.digest import Digest
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref

NOTHING = Digest("")


class Observed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One live object, as far as the planner needs it.

    `mark` is the application label as it stands (`INSTALLATION.NAME`; empty where there is none), `mark_is_ours` tells
    that our field manager owns that label: a copied label proves nothing. `ours` is the digest of our manager's field
    set, `others` that of everybody else's without `status`; `NOTHING` where there is no entry. `managers` are the
    names of the other managers, sorted. `keep`: it says itself that it is not to be pruned. `applied_at` is when our
    manager wrote a value last, in seconds since the epoch by the target's clock; 0 where the target does not say.
    """

    uid: str
    version: str
    generation: int = 0
    mark: str = ""
    mark_is_ours: bool = False
    ours: Digest = NOTHING
    others: Digest = NOTHING
    managers: tuple[str, ...] = ()
    deleting: bool = False
    keep: bool = False
    applied_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is at each ref that was asked for. A ref that was not asked for is unknown."""

    parts: Mapping[Ref, Known[Observed | None] | Unknown] = field(default_factory=dict)

    def at(self, ref: Ref) -> Known[Observed | None] | Unknown:
        """What the target says of a ref.

        >>> Snapshot().at(Ref("ConfigMap", "shop", "settings"))
        Unknown(reason='it was not asked for')
        """
        return self.parts.get(ref, Unknown("it was not asked for"))

"""One application as the engine keeps it between passes: what it shall be, how it stands, and what it waits for."""

from dataclasses import dataclass, field

from trueline.declare.application import Application
from trueline.loop.desired import Desired
from trueline.loop.heal import HealWish
from trueline.loop.progress import Pass
from trueline.loop.status import ApplicationStatus
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.ref import Ref
from trueline.target.snapshot import NOTHING


@dataclass(slots=True, kw_only=True)
class Kept:
    """The mutable part of the engine, one for each application; only the engine writes to it.

    `identity` tells whether a new commit changes anything for it. `failure` is why its files could not be read or
    rendered: what was desired before stays desired and is healed, but nothing new is applied. `away` is why Git or the
    target could not be asked for anything newer, and `is_unread` that Git is known to say something else; `trouble` is
    why the last pass could not be made. `pinned` is what a rollback put in the place of what Git says; `held` says by
    whom and why nothing new is applied, and `fenced` why another process may and this one may not. `wanted` is the
    revision that Git says now, `applied` the one that the last whole pass brought about; `is_due` until a pass has been
    made with what is desired now. `is_asked`: a person asked for a pass; `asked_plan` is the digest of the plan that
    they were shown, where they were: no other one is begun for them. `told` are the words for sync and health that the
    journal has; `healing` is what a person has put back by the next turn. `carrying` are objects that
    hold what others added, `gone` those that were deleted on the target and are left so.
    """

    application: Application
    status: ApplicationStatus
    desired: Desired | None = None
    pinned: Desired | None = None
    identity: Digest | None = None
    failure: tuple[Diagnostic, ...] = ()
    trouble: tuple[Diagnostic, ...] = ()
    fenced: tuple[Diagnostic, ...] = ()
    away: tuple[Diagnostic, ...] = ()
    is_unread: bool = False
    held: str = ""
    wanted: str = ""
    applied: str = ""
    is_due: bool = False
    waits_for: str = ""
    last: Pass | None = None
    waits: frozenset[Ref] = field(default_factory=frozenset)
    is_asked: bool = False
    asked_plan: Digest = NOTHING
    healing: HealWish | None = None
    told: tuple[str, str] | None = None
    carrying: frozenset[Ref] = frozenset()
    gone: frozenset[Ref] = frozenset()

    @property
    def aim(self) -> Desired | None:
        """What the next pass brings it to."""
        return self.pinned or self.desired

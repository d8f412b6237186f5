"""One application as the engine keeps it between passes: what it shall be, how it stands, and what it waits for."""

from dataclasses import dataclass, field

from trueline.declare.application import Application
from trueline.loop.desired import Desired
from trueline.loop.progress import Pass
from trueline.loop.status import ApplicationStatus
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.ref import Ref


@dataclass(slots=True, kw_only=True)
class Kept:
    """The mutable part of the engine, one for each application; only the engine writes to it.

    `identity` tells whether a new commit changes anything for it. `failure` is why its files could not be read or
    rendered: what was desired before stays desired and is healed, but nothing new is applied. `away` is why Git or the
    target could not be asked for anything newer, and `is_unread` that Git is known to say something else; `trouble` is
    why the last pass could not be made. `pinned` is what a rollback put in the place of what Git says; `held` says by
    whom and why nothing new is applied, and `fenced` why another process may and this one may not. `wanted` is the
    revision that Git says now, `applied` the one that the last whole pass brought about; `is_due` until a pass has been
    made with what is desired now. `told` are the words for sync and health that the journal has. `carrying` are objects
    that hold what others added.
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
    told: tuple[str, str] | None = None
    carrying: frozenset[Ref] = frozenset()

    @property
    def aim(self) -> Desired | None:
        """What the next pass brings it to."""
        return self.pinned or self.desired

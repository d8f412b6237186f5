"""The fence of an application on a target: who writes there, and how far the one who writes has come.

It is kept on the target itself, so that two processes with copies of one data directory see each other (D13). Values
and the port; whoever keeps it says what a compare-and-swap is there. A target that keeps none is `Unfenced`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Protocol

from trueline.model.diagnostic import Diagnostic
from trueline.model.known import Known, Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How far a fleet has come: the commit that was begun with last, and how many were begun with until then."""

    generation: int = 0
    commit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a journal ended: the number and digest of its newest record."""

    sequence: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a writer leaves at its fence."""

    order: Order
    head: Head


@dataclass(frozen=True, slots=True, kw_only=True)
class FenceRecord:
    """One application's fence as it stands. `holder` is a process; empty: it was given back.

    `since` is when it was taken, by the taker's clock, and tells one turn from all others; who gives it back leaves it.
    """

    application: str
    holder: str
    since: str
    standing: Standing


class Taken(Enum):
    """What became of taking a fence."""

    HELD = "held"
    MOVED = "moved"
    """It says something else than when it was looked at: look again, and decide anew."""
    LOST = "lost"
    """Another process took it after we had looked: it writes, and we do not."""
    UNKNOWN = "unknown"
    """No answer came back."""
    UNGUARDED = "unguarded"
    """The target keeps no fence for us; the local one is all there is."""


class Fence(Protocol):
    """The fences of one installation on one target."""

    @property
    def held(self) -> frozenset[str]:
        """The applications that this process writes."""
        ...

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """Why fences are not kept there, or not watched."""
        ...

    def listen(self, lost: Callable[[str], None]) -> None:
        """Tell of every application whose fence another process takes."""
        ...

    def taken_by(self, application: str) -> FenceRecord | None:
        """Who took the application's fence from this process; `None` where nobody did."""
        ...

    async def look(self) -> Known[Mapping[str, FenceRecord]] | Unknown:
        """Every fence of the installation as it was seen last; the target is asked once."""
        ...

    async def take(self, application: str, standing: Standing) -> Taken:
        """Become the one who writes, unless somebody else did since the look; held already, it costs nothing."""
        ...

    async def holds(self, application: str) -> bool:
        """Whether this process may write: asked before each stage, and of the target only where it is not watched."""
        ...

    async def tell(self, application: str, standing: Standing) -> bool:
        """Leave at a fence that is held how far its holder has come; whether that is known to stand there."""
        ...

    async def release(self, application: str, standing: Standing) -> None:
        """Give a fence back that is held, as far as that is possible."""
        ...


class Unfenced:
    """The fences of a target that keeps none: its places know their owner themselves."""

    @property
    def held(self) -> frozenset[str]:
        """None."""
        return frozenset()

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """None: nothing is missing."""
        return ()

    def listen(self, lost: Callable[[str], None]) -> None:
        """Nobody takes anything."""

    def taken_by(self, application: str) -> FenceRecord | None:  # noqa: ARG002 - the port's
        """Nobody."""
        return None

    async def look(self) -> Known[Mapping[str, FenceRecord]] | Unknown:
        """There are none."""
        return Known(MappingProxyType({}))

    async def take(self, application: str, standing: Standing) -> Taken:  # noqa: ARG002 - the port's
        """Go on without."""
        return Taken.UNGUARDED

    async def holds(self, application: str) -> bool:  # noqa: ARG002 - the port's
        """Nobody else can."""
        return True

    async def tell(self, application: str, standing: Standing) -> bool:  # noqa: ARG002 - the port's
        """There is nobody to tell."""
        return True

    async def release(self, application: str, standing: Standing) -> None:
        """There is nothing to give back."""

"""The ground of the suite: one place that can serve one site, with what a test needs to do behind our back.

A platform joins the suite with one class of this shape and five lines of test: see `tests/target/site`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from trueline.loop.health import Judging
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import Clock
from trueline.target.protocol import Target, Watcher
from trueline.target.site.platform import Order

Observer = Callable[[Mapping[str, bytes]], None]


class Feature(Enum):
    """What a ground can do beside the least. A case that needs more than that does not run on it."""

    OBSTACLE = "obstacle"
    """Strangers can stand at the very paths that a site wants: `put_foreign(path)` puts one there."""
    ADDED = "added"
    """`tamper` of a path that the release has not adds a file among ours, which is told as added and never deleted."""
    FENCE = "fence"
    """Two processes may publish to it: the one that looked before the other wrote is told that it is stale."""
    STATE = "state"
    """`forget_state` takes away what says whose it is."""
    PAST = "past"
    """Earlier releases are kept there: `spoil_past` changes bytes of theirs that the live release does not show."""
    CUT = "cut"
    """`cut` and `restore` contact."""
    FAIL = "fail"
    """`fail` makes an effect fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was done there since the ground was made; what it cannot count stays 0.

    `writes` are effects of any kind, `uploads` files whose bytes were brought, `looks` questions what is there.
    """

    writes: int = 0
    uploads: int = 0
    looks: int = 0

    def since(self, before: "Counts") -> "Counts":
        """What was done after another count."""
        return Counts(
            writes=self.writes - before.writes,
            uploads=self.uploads - before.uploads,
            looks=self.looks - before.looks,
        )


class SitePlace(Target, Watcher, Judging, Protocol):
    """All that the loop asks of a place of a site."""


class MovableClock(Clock, Protocol):
    """A clock that the suite moves; `trueline.testing.clock.StillClock` is one."""

    def pass_s(self, seconds: float) -> None:
        """Move on."""
        ...


class Ground(Protocol):
    """One empty place. Every target that it opens keeps immutable files for `keep_s` after they left the site."""

    @property
    def order(self) -> Order:
        """What the platform declares."""
        ...

    @property
    def features(self) -> frozenset[Feature]:
        """What else it can do."""
        ...

    @property
    def clock(self) -> MovableClock:
        """The clock of every target that it opens."""
        ...

    @property
    def blobs(self) -> BlobDirectory:
        """The blobs of every target that it opens."""
        ...

    @property
    def keep_s(self) -> float:
        """For how long old immutable files stay."""
        ...

    @property
    def failures_max(self) -> int:
        """How many points of failure a case may try, spread over all; 0: every one."""
        ...

    async def open(self, installation: str = "here") -> SitePlace:
        """A target as a new process has it: it knows what is on the platform and in its own state folder.

        Marks are `INSTALLATION.APPLICATION`. The one before it is not used any more, but by the case of two writers.
        """
        ...

    async def open_beside(self) -> SitePlace:
        """A second process of the same installation on the same place, with a state folder of its own (`FENCE`)."""
        ...

    async def served(self) -> Mapping[str, bytes]:
        """What a reader finds, by path, without what a case put there by `put_foreign` and without our own state."""
        ...

    async def tamper(self, path: str, data: bytes | None) -> None:
        """Somebody writes into what is served, or deletes a file of it, and does not tell us."""
        ...

    async def put_foreign(self, path: str, data: bytes) -> None:
        """Somebody else's file, as near to ours as another may have one on this platform."""
        ...

    async def foreign(self, path: str) -> bytes | None:
        """What is there of it now."""
        ...

    def counts(self) -> Counts:
        """What was done there."""
        ...

    def observe(self, observer: Observer | None) -> None:
        """Show to it what `served` would give: after each effect, or as often as can be while something is done."""
        ...

    async def forget_state(self) -> None:
        """See `Feature.STATE`."""
        ...

    async def spoil_past(self) -> None:
        """See `Feature.PAST`."""
        ...

    async def cut(self) -> None:
        """From now on the platform cannot be reached."""
        ...

    async def restore(self) -> None:
        """It can be reached again."""
        ...

    def fail(self, at: int, *, crash: bool) -> None:
        """The `at`-th effect from now (the first is 1; 0: none) fails; with `crash`, so does every effect after it.

        A crash raises whatever it will: the process is not used again.
        """
        ...

    def has_failed(self) -> bool:
        """Whether the effect that was to fail was reached."""
        ...

"""The conformance suite's ground on a place in memory."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from trueline.runtime.blob import BlobDirectory, Blobs
from trueline.target.site.platform import Order, Platform
from trueline.target.site.target import SiteTarget
from trueline.testing.clock import StillClock
from trueline.testing.conformance.site.ground import Counts, Feature, Observer
from trueline.testing.site.place import MemoryPlace
from trueline.testing.site.platform import MemoryPlatform

KEEP_S = 3600.0
MakePlatform: TypeAlias = Callable[[MemoryPlace, Blobs], Platform]
_BOTH = frozenset({Feature.ADDED, Feature.FENCE, Feature.STATE, Feature.CUT, Feature.FAIL})
FEATURES = {Order.ATOMIC: _BOTH | {Feature.PAST}, Order.ORDERED: _BOTH | {Feature.OBSTACLE}}


class MemoryGround:
    """A place in memory. `make` is for platforms with a fault that the suite must find."""

    def __init__(self, folder: Path, order: Order, make: MakePlatform = MemoryPlatform) -> None:
        self._folder = folder
        self._make = make
        self.order = order
        self.features = FEATURES[order]
        self.place = MemoryPlace(order=order)
        self.clock = StillClock()
        self.blobs = BlobDirectory(folder / "blobs")
        self.keep_s = KEEP_S
        self.failures_max = 0

    async def open(self, installation: str = "here") -> SiteTarget:
        """A new process."""
        return self._open(installation, "state")

    async def open_beside(self) -> SiteTarget:
        """A second one."""
        return self._open("here", "beside")

    def _open(self, installation: str, folder: str) -> SiteTarget:
        return SiteTarget(
            "memory",
            self._make(self.place, self.blobs),
            self.blobs,
            folder=self._folder / folder / installation,
            family=f"{installation}.",
            mark=lambda application: f"{installation}.{application}",
            clock=self.clock,
            interval_s=30.0,
            keep_s=self.keep_s,
        )

    async def served(self) -> Mapping[str, bytes]:
        """What is served, without others' own."""
        foreign = self.place.beside if self.order is Order.ORDERED else {}
        return {path: data for path, data in self.place.served().items() if path not in foreign}

    async def tamper(self, path: str, data: bytes | None) -> None:
        """Write into what is served."""
        served = self.place.trees[self.place.pointer] if self.order is Order.ATOMIC else self.place.files
        if data is None:
            del served[path]
        else:
            served[path] = data

    async def put_foreign(self, path: str, data: bytes) -> None:
        """Beside the trees, or among the files."""
        self.place.beside[path] = data
        if self.order is Order.ORDERED:
            self.place.files[path] = data

    async def foreign(self, path: str) -> bytes | None:
        """What is there."""
        if self.order is Order.ORDERED:
            return self.place.files.get(path)
        aside = (data for name, data in self.place.beside.items() if name.startswith("aside/") and name.endswith(path))
        return self.place.beside.get(path) or next(aside, None)

    def counts(self) -> Counts:
        """What the place counted."""
        return Counts(writes=self.place.effects, uploads=self.place.uploads, looks=self.place.looks)

    def observe(self, observer: Observer | None) -> None:
        """After each effect."""
        self.place.observer = observer

    async def forget_state(self) -> None:
        """No document any more."""
        self.place.document = None

    async def spoil_past(self) -> None:
        """Write into every tree that is not live."""
        for release, tree in self.place.trees.items():
            if release != self.place.pointer:
                tree.update(dict.fromkeys(tree, b"spoilt"))

    async def cut(self) -> None:
        """No contact."""
        self.place.is_cut = True

    async def restore(self) -> None:
        """Contact."""
        self.place.is_cut = False

    def fail(self, at: int, *, crash: bool) -> None:
        """At an effect from now."""
        self.place.fails_at, self.place.crashes, self.place.has_failed = at, crash, False

    def has_failed(self) -> bool:
        """Whether it did."""
        return self.place.has_failed

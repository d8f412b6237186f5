"""The store's caches and agreements, as the render and the loop ask them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from trueline.model.digest import Digest
from trueline.record.approval import Approvals
from trueline.record.keep import Bodies, RenderStore


@dataclass(frozen=True, slots=True)
class KeptRenders:
    """The render cache's store: renders by key, bodies by digest."""

    renders: RenderStore
    bodies: Bodies

    def get(self, key: str) -> bytes | None:
        """A kept render."""
        return self.renders.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Keep a render."""
        self.renders.put(key, value)

    def put_many(self, bodies: Mapping[Digest, bytes]) -> None:
        """Keep its bodies."""
        self.bodies.put_many(bodies)

    def get_many(self, digests: Collection[Digest]) -> Mapping[Digest, bytes]:
        """The bodies that are kept."""
        return self.bodies.get_many(digests)

    def known(self, digests: Collection[Digest]) -> Collection[Digest]:
        """Which of them are kept."""
        return self.bodies.known(digests)


@dataclass(frozen=True, slots=True)
class KeptApprovals:
    """Who agreed to a plan, as the loop asks it."""

    approvals: Approvals

    def is_approved(self, plan: Digest) -> bool:
        """Whether anybody did."""
        return bool(self.approvals.of(plan))

"""The port of this stage: bodies by their digest, the declared ones and those that were applied last."""

from typing import Protocol

from trueline.model.digest import Digest


class Bodies(Protocol):
    """Canonical JSON by digest."""

    def get(self, digest: Digest) -> bytes | None:
        """The body, or `None` where it is not kept."""
        ...

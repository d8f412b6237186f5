"""A visit: one address of somebody else's is asked whether it answers. Nothing of the answer but its status is kept.

Pages are written by people whom the owner of this machine may not know, so an address that only this machine or its
cloud answers (link-local: metadata) is never asked.
"""

from typing import Protocol


class Visits(Protocol):
    """Asks addresses."""

    async def visit(self, url: str, *, timeout_s: float) -> int:
        """The status of the last answer, redirects followed.

        Raises:
            Unreachable: there was no answer, or the address is not asked from here.
        """
        ...

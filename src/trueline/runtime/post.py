"""A message over HTTP as an effect: one POST to one address, and the beginning of its answer."""

from collections.abc import Mapping
from typing import Protocol

from trueline.runtime.http import Response


class Posts(Protocol):
    """Sends bodies to addresses. Redirects are not followed; an answer is a value, whatever its status."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Send a body and read no more of the answer than its bound.

        Raises:
            Unreachable: there was no answer; the reason does not hold the address.
        """
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...

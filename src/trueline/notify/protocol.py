"""What a service of people has to do: take one message, or say why not."""

from typing import Protocol, TypeAlias

from trueline.notify.commit_status import CommitStatus
from trueline.notify.message import Message

Parcel: TypeAlias = Message | CommitStatus
"""What is queued for a service."""


class Undelivered(Exception):
    """A service did not take a message. `reason` is a sentence without any secret.

    `retry_after_s` is when it wants to be asked again; `is_final`: this message will never be taken.
    """

    def __init__(self, reason: str, *, retry_after_s: float = 0.0, is_final: bool = False) -> None:
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.is_final = is_final
        super().__init__(reason)


class Service(Protocol):
    """One place that is told."""

    async def send(self, parcel: Parcel) -> None:
        """Hand over one parcel; its `id` is the same each time that it is sent, so that it can be told apart.

        Raises:
            Undelivered: it was not taken, as far as we know.
        """
        ...

    async def close(self) -> None:
        """Give back what is held for it."""
        ...

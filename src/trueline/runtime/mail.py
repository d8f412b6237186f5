"""Mail as an effect: one message to one server."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from trueline.model.masked import Masked


class Privacy(Enum):
    """How the conversation is kept from others."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in, and as whom. Empty `ca_pem`: the machine's certificate authorities."""

    host: str
    port: int
    privacy: Privacy
    username: str = ""
    password: Masked | None = None
    ca_pem: str = field(default="", repr=False)


class MailRefused(Exception):
    """The server did not take it. `reason` has the server's code and none of its words; `is_final`: it never will."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        self.reason = reason
        self.is_final = is_final
        super().__init__(reason)


class Mails(Protocol):
    """Hands in mail."""

    async def send(self, server: MailServer, sender: str, to: Sequence[str], message: bytes) -> None:
        """Hand in one message; it is taken for all who are named, or for none as far as we know.

        Raises:
            MailRefused: it was not taken.
        """
        ...

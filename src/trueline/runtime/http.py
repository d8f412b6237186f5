"""HTTP as an effect: one request and its answer, or an answer that keeps coming line by line.

The Kubernetes client speaks to this; a real server and the in-process embedded cluster are two transports.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from trueline.model.masked import Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a server is and how we prove each other. `ca_pem` empty means the machine's certificate authorities.

    `client_key` is the private key of the certificate, as PEM.
    """

    url: str
    ca_pem: bytes = b""
    client_certificate_pem: bytes = b""
    client_key: Masked | None = None
    server_name: str = ""
    is_insecure: bool = False
    proxy_url: str = ""

    def __repr__(self) -> str:
        return f"Endpoint(url={self.url!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; `path` begins with `/` and has no query, `query` is encoded by the transport.

    `silence_s` is for how long an answer that keeps coming may say nothing before it counts as lost; `None`: for ever.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    silence_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer, read whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An answer that keeps coming. `lines` yields each line without its end; a line may exceed 1 MB.

    Where `status` is not 200, `lines` yields the body of the refusal.
    """

    status: int
    headers: Mapping[str, str]
    lines: AsyncIterator[bytes]


class Unreachable(Exception):
    """No answer: refused, reset, timed out, a certificate that does not hold. `reason` is a sentence."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Transport(Protocol):
    """A way to one server. Redirects are not followed; an answer is a value, whatever its status."""

    async def send(self, request: Request, *, timeout_s: float = 60.0) -> Response:
        """Send and read the whole answer.

        Raises:
            Unreachable: there was no answer, or not a whole one.
        """
        ...

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        """Open an answer that keeps coming; leaving the block closes it.

        Raises:
            Unreachable: there was no answer. While reading, the end of the peer ends the iteration.
        """
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...

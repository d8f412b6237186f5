"""The line to an `up`: the socket in a data directory of this machine, or the address of a server elsewhere."""

import http.client
import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.runtime import unix_socket

TIMEOUT_S = 120.0
TOKEN = "TRUELINE_TOKEN"  # noqa: S105 - the name of a variable
_CREDENTIALS_BYTES_MAX = 1 << 20


class Line(Protocol):
    """Where questions go."""

    @property
    def name(self) -> str:
        """As a person calls it."""
        ...

    def connection(self) -> http.client.HTTPConnection:
        """A new connection, for one question."""
        ...

    def headers(self, who: str) -> Mapping[str, str]:
        """What says who asks."""
        ...


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a socket of the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        """Connect to the path in the place of a host."""
        self.sock = unix_socket.connect(self._path, TIMEOUT_S)


@dataclass(frozen=True, slots=True)
class SocketLine:
    """The socket of an `up` of this machine: whoever can open it may everything, and says a name."""

    path: Path

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def connection(self) -> http.client.HTTPConnection:
        """See `Line`."""
        return _SocketConnection(self.path)

    def headers(self, who: str) -> Mapping[str, str]:
        """See `Line`."""
        return {"Trueline-Who": who}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLine:
    """A server, by an address that was checked; its certificate is verified, always."""

    url: str
    token: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """The address."""
        return self.url

    def connection(self) -> http.client.HTTPConnection:
        """See `Line`."""
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=TIMEOUT_S, context=context)
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)

    def headers(self, who: str) -> Mapping[str, str]:  # noqa: ARG002 - the token says who asks
        """See `Line`."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def address_of(url: str) -> str:
    """The address of a server, as it is kept.

    Raises:
        UserError: TL0757, it is none, or a token would go to it in clear.
    """
    try:
        parts = urlsplit(url)
        host, is_whole = parts.hostname or "", parts.port is None or bool(parts.port)
    except ValueError:
        host, is_whole, parts = "", False, urlsplit("")
    is_plain = parts.path in {"", "/"} and not parts.query and not parts.fragment and parts.username is None
    if not host or not is_whole or not is_plain or parts.scheme not in {"http", "https"}:
        raise _refused("it is not https://HOST or https://HOST:PORT", url)
    if parts.scheme == "http" and not _is_loopback(host):
        raise _refused("a token would go there in clear, and this is not loopback", url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def server_line(url: str, environment: Mapping[str, str]) -> ServerLine:
    """The line to a server, with the token of `TRUELINE_TOKEN`, or the one that `trueline login` has kept for it.

    Raises:
        UserError: TL0757, that is no address; TL0758, the tokens cannot be read.
    """
    address = address_of(url)
    token = environment.get(TOKEN, "") or read_credentials(environment).get(address, "")
    return ServerLine(url=address, token=token)


def credentials_path(environment: Mapping[str, str]) -> Path:
    """Where tokens of servers are kept."""
    home = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME") or "~").expanduser() / ".config")
    return Path(home) / "trueline" / "credentials.json"


def read_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The tokens by address.

    Raises:
        UserError: TL0758, others can read the file, or it cannot be read.
    """
    path = credentials_path(environment)
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise _unreadable(path, "others than its owner can read it", f"chmod 600 {path}")
            value = json.loads(file.read(_CREDENTIALS_BYTES_MAX))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error), "remove it, and use `trueline login` again") from None
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise _unreadable(path, "it has another form", "remove it, and use `trueline login` again")
    return value


def keep_credential(url: str, token: str, environment: Mapping[str, str]) -> Path:
    """Keep the token of a server, for its owner's eyes alone.

    Raises:
        UserError: TL0903, it cannot be kept.
    """
    from trueline.cli.writing import writing  # noqa: PLC0415 - only who signs in writes
    from trueline.runtime.data_directory import write_atomic  # noqa: PLC0415 - only who signs in writes

    path, known = credentials_path(environment), read_credentials(environment)
    with writing(str(path)):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(path, json.dumps({**known, url: token}, indent=1, sort_keys=True).encode() + b"\n")
    return path


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refused(reason: str, url: str) -> UserError:
    shown = url.rpartition("@")[2][:100]  # never what stands before it
    return UserError(
        [
            Diagnostic(
                code="TL0757",
                summary="that is no server to ask",
                detail=f"{shown}: {reason}",
                remedy="write https://HOST; http:// is for this machine alone",
            )
        ]
    )


def _unreadable(path: Path, reason: str, remedy: str) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL0758",
                summary="the tokens of servers cannot be read",
                detail=f"{path}: {reason}",
                remedy=remedy,
            )
        ]
    )

"""A question to the `up` that owns a data directory, over its socket. It keeps no connection."""

import getpass
import http.client
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault, Transient, UserError
from trueline.runtime import unix_socket

ANSWER_BYTES_MAX = 64 << 20
TIMEOUT_S = 120.0


class _Connection(http.client.HTTPConnection):
    """HTTP over a socket of the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        """Connect to the path in the place of a host."""
        self.sock = unix_socket.connect(self._path, TIMEOUT_S)


def who() -> str:
    """The person at this machine, as the journal names them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def call(
    path: Path,
    method: str,
    route: str,
    *,
    name: str = "",
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The answer to one question.

    Raises:
        UserError: what the owner says is wrong with it.
        Transient: TL0726, the owner does not answer.
    """
    target = route.replace("{name}", quote(name, safe="")) + (f"?{urlencode(query)}" if query else "")
    connection = _Connection(path)
    try:
        data = json.dumps(body or {}).encode() if method == "POST" else None
        connection.request(method, target, data, {"Trueline-Who": quote(who(), safe=" @.-_")})
        response = connection.getresponse()
        value = json.loads(response.read(ANSWER_BYTES_MAX))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _silent(path, error) from None
    finally:
        connection.close()
    if response.status >= 400 or not isinstance(value, dict):  # noqa: PLR2004 - HTTP's own border
        raise _fault(value, response.status)
    return value


def _fault(value: Any, status: int) -> Fault:
    errors = value.get("errors", []) if isinstance(value, dict) else []
    told = [
        Diagnostic(code=e["code"], summary=e["summary"], detail=e["detail"], remedy=e["remedy"])
        for e in errors
        if isinstance(e, dict)
    ]
    return (Transient if status >= 500 else UserError)(told)  # noqa: PLR2004 - HTTP's own border


def _silent(path: Path, error: Exception) -> Transient:
    return Transient(
        [
            Diagnostic(
                code="TL0726",
                summary="the process that owns the data directory does not answer",
                detail=f"{path}: {error}",
                remedy="ask again; where it is just starting or ending, that takes a moment",
            )
        ]
    )

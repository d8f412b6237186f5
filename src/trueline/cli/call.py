"""A question to an `up`: that of a data directory of this machine, or a server. It keeps no connection."""

import getpass
import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from trueline.cli.line import Line, ServerLine
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault, Transient, UserError

ANSWER_BYTES_MAX = 64 << 20


def who() -> str:
    """The person at this machine, as the journal names them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def journal_who() -> str:
    """The same person as the journal names them, and as an `up` does whose socket they ask: no user's name."""
    return f"socket: {who()}"


def call(
    line: Line,
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
    connection = line.connection()
    try:
        data = json.dumps(body or {}).encode() if method == "POST" else None
        headers = {**line.headers(quote(who(), safe=" @.-_")), **({"Content-Type": "application/json"} if data else {})}
        connection.request(method, target, data, headers)
        response = connection.getresponse()
        value = json.loads(response.read(ANSWER_BYTES_MAX))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise silent(line, error) from None
    finally:
        connection.close()
    if not 200 <= response.status < 300 or not isinstance(value, dict):  # noqa: PLR2004 - HTTP's own border
        raise _fault(value, response.status)
    return value


def all_applications(line: Line) -> dict[str, Any]:
    """How every application stands, whatever the number of pages; the rest is as the last page says it.

    Raises:
        Transient: TL0726, the owner does not answer.
    """
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = call(line, "GET", "/api/v1/applications", query={"limit": "1000", "after": after})
        found += page["applications"]
        after = page["next"]
        if not after:
            return {**page, "applications": found}


def refused(response: http.client.HTTPResponse) -> Fault:
    """Why an answer is none: what the owner says of it."""
    try:
        value = json.loads(response.read(ANSWER_BYTES_MAX))
    except ValueError:
        value = None
    return _fault(value, response.status)


def _fault(value: Any, status: int) -> Fault:
    errors = value.get("errors", []) if isinstance(value, dict) else []
    told = [
        Diagnostic(code=e["code"], summary=e["summary"], detail=e["detail"], remedy=e["remedy"])
        for e in errors
        if isinstance(e, dict)
    ]
    return (Transient if status >= 500 else UserError)(told)  # noqa: PLR2004 - HTTP's own border


def silent(line: Line, error: Exception) -> Transient:
    """Whoever was asked does not answer: TL0726 of a data directory, TL0759 of a server."""
    if isinstance(line, ServerLine):
        return Transient(
            [
                Diagnostic(
                    code="TL0759",
                    summary="the server does not answer as one",
                    detail=f"{line.name}: {error}",
                    remedy="look whether `trueline up` listens there, and whether the certificate is right",
                )
            ]
        )
    return Transient(
        [
            Diagnostic(
                code="TL0726",
                summary="the process that owns the data directory does not answer",
                detail=f"{line.name}: {error}",
                remedy="ask again; where it is just starting or ending, that takes a moment",
            )
        ]
    )

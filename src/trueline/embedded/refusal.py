"""The few refusals that are said here and not by the toolbox, in the words of the real server."""

from collections.abc import Mapping
from typing import Any

import msgspec

from trueline.runtime.http import Response

JSON = {"content-type": "application/json"}


def status(code: int, reason: str, message: str, details: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A `Status` object."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "details": dict(details or {}),
        "code": code,
    }


def refuse(code: int, reason: str, message: str, details: Mapping[str, Any] | None = None) -> Response:
    """An answer that is a `Status`."""
    return answer(status(code, reason, message, details), code)


def answer(body: object, code: int = 200) -> Response:
    """An answer of JSON."""
    return Response(status=code, headers=JSON, body=msgspec.json.encode(body))


def not_found() -> Response:
    """What an unknown path gets."""
    return Response(status=404, headers={"content-type": "text/plain; charset=utf-8"}, body=b"404 page not found\n")

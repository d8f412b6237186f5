"""Signing in by a browser: it comes back to a port of this machine with a code that only this process can use."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from trueline.cli.answer import tell
from trueline.cli.call import call
from trueline.cli.line import ServerLine
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError

PATIENCE_S = 300.0
REQUEST_S = 5.0
_PAGE = (
    b"<!doctype html><meta charset=utf-8><title>Trueline</title><p>This page can be closed: the program goes on.</p>"
)


def by_browser(line: ServerLine, machine: str) -> dict[str, Any]:
    """The token of this machine, once somebody has let this program act as them.

    Raises:
        UserError: TL2216, nobody did within five minutes; and what the server says.
    """
    verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    with _Waiting(state) as waiting:
        asked = {"machine": machine, "port": str(waiting.server_port), "challenge": challenge, "state": state}
        tell(f"open this in a browser of this machine: {line.url}/account/program?{urlencode(asked)}")
        code = waiting.code()
    return call(line, "POST", "/api/v1/login/code", body={"code": code, "verifier": verifier})


class _Waiting(HTTPServer):
    """Listens on loopback until the one request comes that has our state; every other one is answered with nothing."""

    timeout = 1.0

    def __init__(self, state: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = state
        self.found = ""

    def code(self) -> str:
        """The code that the browser brought."""
        for _ in range(int(PATIENCE_S / self.timeout)):
            self.handle_request()
            if self.found:
                return self.found
        raise _nobody()


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_S
    server: _Waiting

    def do_GET(self) -> None:
        """The way back of the browser."""
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        state, code = (query.get(key, [""])[0] for key in ("state", "code"))
        is_ours = parts.path == "/" and hmac.compare_digest(state.encode(), self.server.state.encode()) and code
        self.send_response(200 if is_ours else 404)
        body = _PAGE if is_ours else b""
        for name, value in (
            ("Content-Type", "text/html"),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", "default-src 'none'"),
            ("Referrer-Policy", "no-referrer"),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if is_ours:
            self.server.found = code

    def log_message(self, *_: object) -> None:
        """Nothing: the address has the code in it (INV-25)."""


def _nobody() -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL2216",
                summary="nobody signed in with the browser",
                detail="it was waited for five minutes",
                remedy="use `trueline login` again, and open the address that it tells on this machine",
            )
        ]
    )

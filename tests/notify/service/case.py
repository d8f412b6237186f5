"""What the tests of services share: a message, secrets in a mapping, and posts that are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from trueline.notify.event import Event, Severity
from trueline.notify.message import Line, Message, Phase
from trueline.runtime.http import Response, Unreachable
from trueline.runtime.secret import SecretReference, SystemSecrets

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
CANARY = "canary-of-a-notifier"


def message(phase: Phase = Phase.OPENED, **more: Any) -> Message:
    told: dict[str, Any] = {
        "id": "m1" if phase is Phase.OPENED else "m2",
        "incident": "m1",
        "notifier": "ops",
        "phase": phase,
        "event": Event.DEGRADED,
        "severity": Severity.ERROR,
        "title": "shop is degraded",
        "text": "shop: 0 of 3 are there",
        "count": 1,
        "opened_at": AT,
        "at": AT,
        "lines": (Line(application="shop", text="0 of 3 are there", revision="main@c0ffee"),),
        "url": "https://line.test/applications/shop",
    }
    return Message(**told | more)


def secret(name: str = "KEY") -> SecretReference:
    return SecretReference.parse({"secret": {"env": name}})


def secrets(**values: str) -> SystemSecrets:
    return SystemSecrets(values)


@dataclass(slots=True, kw_only=True)
class Kept:
    """Posts that go nowhere."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    reason: str = ""
    sent: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    closed: int = 0

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Keep it."""
        self.sent.append((url, dict(headers), body))
        if self.reason:
            raise Unreachable(self.reason)
        return Response(status=self.status, headers=self.headers, body=self.body)

    async def close(self) -> None:
        """Count it."""
        self.closed += 1

"""A webhook of one's own: the body as it is documented, and the signature as a receiver checks it."""

import hashlib
import hmac
import json

from tests.notify.service.case import AT, Kept, message, secret, secrets
from tests.record.case import StandingClock
from trueline.notify.message import Phase
from trueline.notify.service.webhook import WebhookService


async def sent(phase: Phase = Phase.OPENED) -> tuple[dict[str, str], bytes]:
    posts = Kept()
    clock = StandingClock()
    service = WebhookService(
        posts=posts, secrets=secrets(KEY="kéy"), clock=clock, url="https://a.test/in", key=secret()
    )
    await service.send(message(phase))
    await service.close()
    ((url, headers, body),) = posts.sent
    assert url == "https://a.test/in"
    return headers, body


async def test_a_receiver_can_check_who_sent_it_and_when() -> None:
    headers, body = await sent()
    signed = headers["Trueline-Timestamp"].encode() + b"." + body
    expected = hmac.new("kéy".encode(), signed, hashlib.sha256).hexdigest()
    assert headers["Trueline-Signature"] == f"v1={expected}"
    assert int(headers["Trueline-Timestamp"]) == AT.timestamp()
    assert headers["Trueline-Id"] == "m1"


async def test_the_body_is_what_the_guide_says() -> None:
    _, body = await sent(Phase.RESOLVED)
    assert json.loads(body) == {
        "version": 1,
        "id": "m2",
        "incident": "m1",
        "phase": "resolved",
        "event": "degraded",
        "severity": "error",
        "notifier": "ops",
        "title": "shop is degraded",
        "text": "shop: 0 of 3 are there",
        "count": 1,
        "applications": [{"name": "shop", "text": "0 of 3 are there", "revision": "main@c0ffee"}],
        "openedAt": "2026-07-01T12:00:00+00:00",
        "at": "2026-07-01T12:00:00+00:00",
        "url": "https://line.test/applications/shop",
    }

"""A webhook of one's own: a documented body, signed over the time and the bytes, with an id to tell a repetition by."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from trueline.model.digest import canonical
from trueline.model.masked import Masked
from trueline.notify.message import Message
from trueline.notify.protocol import Parcel
from trueline.notify.service.answer import JSON, check, post
from trueline.notify.service.secret import reveal
from trueline.runtime.clock import Clock
from trueline.runtime.post import Posts
from trueline.runtime.secret import SecretReference, Secrets

VERSION: Final = 1
ID_HEADER: Final = "Trueline-Id"
TIME_HEADER: Final = "Trueline-Timestamp"
SIGNATURE_HEADER: Final = "Trueline-Signature"


class WebhookService:
    """One address."""

    def __init__(self, *, posts: Posts, secrets: Secrets, clock: Clock, url: str, key: SecretReference) -> None:
        self._posts = posts
        self._secrets = secrets
        self._clock = clock
        self._url = url
        self._key = key

    async def send(self, parcel: Parcel) -> None:
        """Send it; see `Service.send`. The time is that of the sending, so that a stolen one grows old."""
        assert isinstance(parcel, Message), "a webhook is told of no commit"
        key = await reveal(self._secrets, self._key)
        body = canonical(body_of(parcel))
        headers = {**JSON, ID_HEADER: parcel.id, **signed(key, body, self._clock.now())}
        check(await post(self._posts, self._url, body, headers))

    async def close(self) -> None:
        """Give the connections back."""
        await self._posts.close()


def body_of(message: Message) -> Mapping[str, Any]:
    """Version 1 of the body: a field is never taken away or given another meaning; new ones may come."""
    return {
        "version": VERSION,
        "id": message.id,
        "incident": message.incident,
        "phase": message.phase.value,
        "event": message.event.value,
        "severity": message.severity.value,
        "notifier": message.notifier,
        "title": message.title,
        "text": message.text,
        "count": message.count,
        "applications": [
            {"name": line.application, "text": line.text, "revision": line.revision} for line in message.lines
        ],
        "openedAt": message.opened_at.isoformat(),
        "at": message.at.isoformat(),
        "url": message.url,
    }


def signed(key: Masked, body: bytes, now: datetime) -> Mapping[str, str]:
    """The headers that prove it: HMAC-SHA256 over the seconds since 1970, a dot, and the bytes of the body."""
    at = str(int(now.timestamp()))
    digest = hmac.new(key.reveal().encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {TIME_HEADER: at, SIGNATURE_HEADER: f"v1={digest}"}

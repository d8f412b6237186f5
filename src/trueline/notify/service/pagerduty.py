"""PagerDuty, Events API v2: an incident there is one of ours, and ends with it. What only happens is a change event."""

from collections.abc import Mapping
from typing import Any, Final

from trueline.notify.message import Message, Phase
from trueline.notify.protocol import Parcel
from trueline.notify.service.answer import post_json
from trueline.notify.service.secret import reveal
from trueline.runtime.post import Posts
from trueline.runtime.secret import SecretReference, Secrets

SUMMARY_CHARACTERS_MAX: Final = 1_024
SOURCE: Final = "trueline"


class PagerDutyService:
    """One integration."""

    def __init__(self, *, posts: Posts, secrets: Secrets, key: SecretReference, url: str) -> None:
        self._posts = posts
        self._secrets = secrets
        self._key = key
        self._url = url.rstrip("/")

    async def send(self, parcel: Parcel) -> None:
        """Trigger, or resolve; see `Service.send`. Sent twice it is the same incident: the key says so."""
        assert isinstance(parcel, Message), "nobody is called because of a commit"
        key = (await reveal(self._secrets, self._key)).reveal()
        path = "/v2/change/enqueue" if parcel.phase is Phase.HAPPENED else "/v2/enqueue"
        await post_json(self._posts, f"{self._url}{path}", {"routing_key": key, **body_of(parcel)})

    async def close(self) -> None:
        """Give the connections back."""
        await self._posts.close()


def body_of(message: Message) -> Mapping[str, Any]:
    """The event, without its key."""
    details = {"text": message.text, "notifier": message.notifier, "event": message.event.value}
    payload: dict[str, Any] = {
        "summary": message.title[:SUMMARY_CHARACTERS_MAX],
        "source": SOURCE,
        "timestamp": message.at.isoformat(),
        "custom_details": details,
    }
    links = [{"href": message.url, "text": "Look at it"}] if message.url else []
    if message.phase is Phase.HAPPENED:
        return {"payload": payload, "links": links}
    payload |= {"severity": message.severity.value, "class": message.event.value}
    action = "resolve" if message.phase is Phase.RESOLVED else "trigger"
    client = {"client": SOURCE, **({"client_url": message.url} if message.url else {})}
    return {"event_action": action, "dedup_key": message.incident, "payload": payload, **client, "links": links}

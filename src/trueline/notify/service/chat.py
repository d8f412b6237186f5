"""Chats that take a body at an address: Slack, Microsoft Teams, Discord. What is foreign is text in each of them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from trueline.model.digest import canonical
from trueline.notify.event import Severity
from trueline.notify.message import Message, Phase
from trueline.notify.protocol import Parcel
from trueline.notify.service.answer import post_json
from trueline.notify.service.secret import address
from trueline.runtime.post import Posts
from trueline.runtime.secret import SecretReference, Secrets

Shape: TypeAlias = Callable[[Message], Mapping[str, Any]]
SLACK_HEADER_CHARACTERS_MAX: Final = 150
SLACK_CHARACTERS_MAX: Final = 2_900
"""Slack takes 3,000 in a section."""
DISCORD_TITLE_CHARACTERS_MAX: Final = 256
DISCORD_CHARACTERS_MAX: Final = 3_900
"""Discord takes 4,096 in a description, and 6,000 in all."""
TEAMS_LINE_CHARACTERS_MAX: Final = 4_000
TEAMS_BYTES_MAX: Final = 20_000
"""Teams takes 28 KB in all, by its documentation; others saw it refuse from 21 KB on."""
_MARKUP: Final = frozenset("\\*_~`|[]()<>#@")
GOOD: Final = 0x2E7D32
_COLOURS: Final[Mapping[Severity, int]] = {
    Severity.INFO: 0x1565C0,
    Severity.WARNING: 0xB26A00,
    Severity.ERROR: 0xC62828,
    Severity.CRITICAL: 0x8E0000,
}


class Chat:
    """A chat; the address is read anew for each message, so that a new one counts at once."""

    def __init__(self, *, posts: Posts, secrets: Secrets, url: SecretReference, shape: Shape) -> None:
        self._posts = posts
        self._secrets = secrets
        self._url = url
        self._shape = shape

    async def send(self, parcel: Parcel) -> None:
        """Tell it; see `Service.send`."""
        assert isinstance(parcel, Message), "a chat is told of no commit"
        await post_json(self._posts, await address(self._secrets, self._url), self._shape(parcel))

    async def close(self) -> None:
        """Give the connections back."""
        await self._posts.close()


def colour(message: Message) -> int:
    """The colour beside it; the words say the same."""
    return GOOD if message.phase is Phase.RESOLVED else _COLOURS[message.severity]


def slack(message: Message) -> Mapping[str, Any]:
    """Slack: plain text everywhere, which it reads nothing into, and no preview of an address that others wrote.

    With `blocks`, `text` is what a phone announces and no part of what is shown.
    """
    blocks: list[dict[str, Any]] = []
    if message.text.strip():
        blocks.append({"type": "section", "text": _plain(message.text, SLACK_CHARACTERS_MAX)})
    if message.url:
        link = {"type": "mrkdwn", "text": f"<{message.url}|Look at it>"}
        blocks.append({"type": "context", "elements": [link]})
    return {
        "text": message.title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [{"type": "header", "text": _plain(message.title, SLACK_HEADER_CHARACTERS_MAX)}],
        "attachments": [{"color": f"#{colour(message):06x}", "blocks": blocks}] if blocks else [],
    }


def _plain(text: str, characters_max: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": fitted(text, characters_max), "emoji": False}


def teams(message: Message) -> Mapping[str, Any]:
    """Teams: an Adaptive Card, as a workflow takes it. Its text is Markdown, so that what begins any is masked."""
    style = {Severity.INFO: "accent", Severity.WARNING: "warning"}.get(message.severity, "attention")
    good = "good" if message.phase is Phase.RESOLVED else style
    head = _block(message.title, {"weight": "bolder", "color": good, "size": "medium"})
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [head, *_lines(message.text, TEAMS_BYTES_MAX - len(canonical(head)))],
    }
    if message.url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Look at it", "url": message.url}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def _lines(text: str, bytes_max: int) -> Iterator[dict[str, Any]]:
    """A block for each line that has anything, for as long as there is room."""
    for line in filter(str.strip, text.splitlines()):
        block = _block(line, {})
        bytes_max -= len(canonical(block)) + 1
        if bytes_max < 0:
            yield _block("…", {})
            return
        yield block


def _block(text: str, more: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "TextBlock", "text": fitted(text, TEAMS_LINE_CHARACTERS_MAX, _masked), "wrap": True, **more}


def discord(message: Message) -> Mapping[str, Any]:
    """Discord: nobody is called by what a message says."""
    shown = {
        "title": fitted(message.title, DISCORD_TITLE_CHARACTERS_MAX, _masked),
        "description": fitted(message.text, DISCORD_CHARACTERS_MAX, _masked),
        "color": colour(message),
        "timestamp": message.at.isoformat(),
    }
    if message.url:
        shown["url"] = message.url
    return {"embeds": [shown], "allowed_mentions": {"parse": []}}


def _masked(one: str) -> str:
    return f"\\{one}" if one in _MARKUP else one


def fitted(text: str, characters_max: int, mask: Callable[[str], str] = str) -> str:
    """A text, each character masked, and cut where it is too long: between characters, never in a mask.

    Limits are counted in UTF-16, as a browser counts: by no other count is that too long.

    >>> fitted("a*b", 4, lambda one: f"_{one}" if one == "*" else one), fitted("abc", 2)
    ('a_*b', 'a…')
    """
    masked = list(map(mask, text))
    if sum(map(_width, masked)) <= characters_max:
        return "".join(masked)
    kept, left = [], characters_max - 1
    for one in masked:
        left -= _width(one)
        if left < 0:
            break
        kept.append(one)
    return "".join((*kept, "…"))


def _width(text: str) -> int:
    return sum(1 + (ord(one) > 0xFFFF) for one in text)  # noqa: PLR2004 - the end of the basic plane

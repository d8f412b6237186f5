"""Slack, Teams and Discord: the body of each, what is foreign in it, and what an answer means."""

import json
from typing import Any

import pytest

from tests.notify.service.case import CANARY, Kept, message, secret, secrets
from trueline.model.digest import canonical
from trueline.notify.message import Phase
from trueline.notify.protocol import Undelivered
from trueline.notify.service.chat import Chat, Shape, discord, slack, teams

EVIL = "<!channel> @everyone [x](javascript:1) *b* `c` <https://evil.test|shop> &"


def chat(posts: Kept, shape: Shape = slack, url: str = f"https://hooks.test/{CANARY}") -> Chat:
    return Chat(posts=posts, secrets=secrets(KEY=url), url=secret(), shape=shape)


def body(shape: Shape, **more: Any) -> Any:
    return json.loads(json.dumps(shape(message(**more))))


def test_slack_reads_nothing_into_what_is_foreign() -> None:
    """INV-30: every text but the link to our own page is plain, and nobody is called."""
    told = body(slack, title=EVIL, text=EVIL)
    assert told["text"].startswith("&lt;!channel&gt;")
    attachment = told["attachments"][0]
    [header] = told["blocks"]
    section, context = attachment["blocks"]
    assert (header["text"]["type"], section["text"]["type"]) == ("plain_text", "plain_text")
    assert section["text"]["text"] == EVIL
    assert context["elements"] == [{"type": "mrkdwn", "text": "<https://line.test/applications/shop|Look at it>"}]
    assert attachment["color"] == "#c62828"
    assert body(slack, phase=Phase.RESOLVED)["attachments"][0]["color"] == "#2e7d32"


def test_discord_calls_nobody() -> None:
    told = body(discord, title=EVIL, text=EVIL)
    assert told["allowed_mentions"] == {"parse": []}
    shown = told["embeds"][0]
    assert "\\[x\\]\\(javascript:1\\)" in shown["description"]
    assert shown["url"] == "https://line.test/applications/shop"


def test_teams_is_a_card_without_markdown_of_others() -> None:
    told = body(teams, title=EVIL, text=f"{EVIL}\nsecond")
    card = told["attachments"][0]["content"]
    assert (told["type"], card["type"]) == ("message", "AdaptiveCard")
    assert [block["type"] for block in card["body"]] == ["TextBlock"] * 3
    assert "\\[x\\]\\(" in card["body"][1]["text"]
    assert card["actions"][0]["url"] == "https://line.test/applications/shop"


LONG = {
    "one line": "x" * 16_384,
    "masked": "*" * 16_384,
    "lines": "y\n" * 8_192,
    "empty lines": "\n" * 16_384,
    "of three bytes": "\u65e5" * 16_384,
    "of two units": "\U0001f600" * 16_384,
}


def width(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
@pytest.mark.parametrize("phase", Phase)
def test_each_takes_the_longest_message(phase: Phase, text: str) -> None:
    """INV-31: no limit of theirs is passed, however they count; a mask is not cut in two."""
    title = text.replace("\n", "z")[:250]
    told = message(phase, title=title, text=text, url=f"https://line.test/{'p' * 200}")
    [header], blocks = slack(told)["blocks"], slack(told)["attachments"][0]["blocks"]
    assert 1 <= width(header["text"]["text"]) <= 150
    assert all(1 <= width(one["text"]["text"]) <= 3_000 for one in blocks[:-1])
    [embed] = discord(told)["embeds"]
    assert 1 <= width(embed["title"]) <= 256
    assert width(embed["description"]) <= 4_096
    assert width(embed["title"]) + width(embed["description"]) <= 6_000
    for cut in (embed["title"], embed["description"]):
        assert (len(cut) - len(cut.removesuffix("…").rstrip("\\"))) % 2 == (cut.endswith("…"))
    assert len(canonical(teams(told))) <= 21_000
    assert all(block["text"].strip() for block in teams(told)["attachments"][0]["content"]["body"])


def test_a_card_that_was_cut_says_so() -> None:
    shown = teams(message(text="y\n" * 8_192))["attachments"][0]["content"]["body"]
    assert [block["text"] for block in (shown[1], shown[-1])] == ["y", "…"]
    assert len(teams(message(text="y\n\nz"))["attachments"][0]["content"]["body"]) == 3


def test_slack_fetches_nothing_that_others_wrote_and_takes_no_empty_text() -> None:
    """INV-30: Slack refuses a whole message with an empty text in it, and reads marks into the line for phones."""
    told = body(slack, text=" \n", url="")
    assert (told["mrkdwn"], told["unfurl_links"], told["unfurl_media"]) == (False, False, False)
    assert ([block["type"] for block in told["blocks"]], told["attachments"]) == (["header"], [])


async def test_it_is_sent_to_the_address_in_the_secret() -> None:
    posts = Kept()
    service = chat(posts)
    await service.send(message())
    ((url, headers, sent),) = posts.sent
    assert (url, headers["Content-Type"]) == (f"https://hooks.test/{CANARY}", "application/json")
    assert json.loads(sent) == body(slack)
    await service.close()
    assert posts.closed == 1


@pytest.mark.parametrize(
    ("status", "headers", "is_final", "retry_after_s"),
    [
        (500, {}, False, 0),
        (404, {}, False, 0),
        (302, {"location": "https://evil.test"}, False, 0),
        (400, {}, True, 0),
        (429, {"retry-after": "120"}, False, 120),
        (503, {"retry-after": "99999999999999"}, False, 3_600),
        (429, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, False, 0),
        (403, {"retry-after": "60"}, False, 60),
        (500, {"retry-after": "7"}, False, 0),
    ],
)
async def test_what_an_answer_means(status: int, headers: dict[str, str], is_final: bool, retry_after_s: float) -> None:
    """INV-33: whoever is told to wait waits, within a bound."""
    posts = Kept(status=status, headers=headers, body=CANARY.encode())
    with pytest.raises(Undelivered) as raised:
        await chat(posts).send(message())
    assert raised.value.reason == f"the service answered {status}"
    assert (raised.value.is_final, raised.value.retry_after_s) == (is_final, retry_after_s)


@pytest.mark.parametrize(
    "url", [CANARY, f"ftp://a/{CANARY}", f"https://u:{CANARY}@a/", f"https://a/ {CANARY}", f"https://a:b/{CANARY}"]
)
async def test_an_odd_address_is_not_repeated(url: str) -> None:
    """INV-25."""
    posts = Kept()
    with pytest.raises(Undelivered) as raised:
        await chat(posts, url=url).send(message())
    assert posts.sent == []
    assert CANARY not in f"{raised.value!r} {raised.value.reason} {raised.value.__cause__!r}"
    assert "the address in env: KEY" in raised.value.reason


async def test_a_secret_that_is_not_there_is_why_it_waits() -> None:
    service = Chat(posts=Kept(), secrets=secrets(), url=secret(), shape=slack)
    with pytest.raises(Undelivered, match="a secret cannot be read: env: KEY: the variable is not set"):
        await service.send(message())

"""What an answer over HTTP means for what was sent: taken, not yet, or never. What it says is not repeated."""

from collections.abc import Mapping
from typing import Any, Final

from trueline.model.digest import canonical
from trueline.notify.protocol import Undelivered
from trueline.runtime.http import Response, Unreachable
from trueline.runtime.post import Posts

RETRY_S_MAX: Final = 3_600.0
_WAIT: Final = frozenset({403, 429, 503})
"""Answers whose `Retry-After` is heard: GitHub says 403 to who asks too much at once, where others say 429."""
_FINAL: Final = frozenset({400, 413, 415, 422})
"""Answers that are about the message: it would get the same each time. Those about us (401, 404) may be mended."""
JSON: Final[Mapping[str, str]] = {"Content-Type": "application/json"}


def check(answer: Response) -> None:
    """Whether it was taken.

    Raises:
        Undelivered: it was not. A redirect is none: a message goes where Git says.
    """
    if 200 <= answer.status < 300:  # noqa: PLR2004 - the class of success
        return
    reason = f"the service answered {answer.status}"
    if answer.status in _FINAL:
        raise Undelivered(reason, is_final=True)
    raise Undelivered(reason, retry_after_s=_retry_after_s(answer))


def _retry_after_s(answer: Response) -> float:
    """Seconds that the answer asks for, within our own bound; a date is not read."""
    said = answer.headers.get("retry-after", "").strip()
    if answer.status not in _WAIT or not said.isascii() or not said.isdigit():
        return 0.0
    return min(float(said[:9]), RETRY_S_MAX)


async def post(posts: Posts, url: str, body: bytes, headers: Mapping[str, str] = JSON) -> Response:
    """Send it; whatever comes back is an answer.

    Raises:
        Undelivered: nothing came back.
    """
    try:
        return await posts.post(url, headers, body)
    except Unreachable as error:
        raise Undelivered(error.reason) from None


async def post_json(posts: Posts, url: str, body: Any, headers: Mapping[str, str] = JSON) -> None:
    """Send a JSON value that has to be taken."""
    check(await post(posts, url, canonical(body), headers))

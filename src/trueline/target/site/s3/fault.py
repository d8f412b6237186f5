"""What obstore raises, as a bucket's refusal in one sentence: the status, the code and the message of the answer.

Nothing else of the answer is taken: some services repeat there what they were asked with.
"""

import re
from html import unescape

from trueline.target.answer import Refusal
from trueline.target.site.s3.bucket import BucketRefused

_STATUS = re.compile(r"status code: (\d{3} [A-Za-z ]+)")
_CODE = re.compile(r"<Code>([^<]{1,100})</Code>")
_MESSAGE = re.compile(r"<Message>([^<]{1,300})</Message>")
_FORBIDDEN = ("401 ", "403 ")
_FULL_STATUS = "507 "
_FULL_CODES = frozenset(
    {"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientCapacity", "EntityTooLarge"}
)
_NO_BUCKET = "NoSuchBucket"
_AWAY = "the connection failed"
_LENGTH_MAX = 200


def refused(error: Exception) -> BucketRefused:
    """What an error of the library means."""
    text = str(error).split("\n\nDebug source", 1)[0]
    status, code, message = (_found(pattern, text) for pattern in (_STATUS, _CODE, _MESSAGE))
    if not status:
        return BucketRefused(Refusal.BUSY, _unanswered(text))
    said = ": ".join(filter(None, (" ".join(filter(None, (status, code))), message)))
    return BucketRefused(_kind(status, code), said)


def _kind(status: str, code: str) -> Refusal:
    if code in _FULL_CODES or status.startswith(_FULL_STATUS) or code == _NO_BUCKET:
        return Refusal.DENIED
    return Refusal.FORBIDDEN if status.startswith(_FORBIDDEN) else Refusal.BUSY


def _unanswered(text: str) -> str:
    """There was no answer of HTTP: the library's own words, without the address that it asked."""
    first = text.splitlines()[0] if text else ""
    if "invalid path" in first:
        return first[:_LENGTH_MAX]
    what = first.rpartition(" - ")[2] or first
    return f"{_AWAY}: {what[:_LENGTH_MAX]}" if what else _AWAY


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return unescape(found[1]).strip() if found else ""

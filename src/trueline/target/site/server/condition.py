"""Validators and ranges of RFC 9110: whether a client has the newest bytes, and which of them it wants. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from enum import Enum
from math import ceil
from typing import Final

_TAG: Final = re.compile(r'\s*((?:W/)?"[\x21\x23-\x7e\x80-\uffff]*")\s*(?:,|$)')
_SPAN: Final = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)


class Condition(Enum):
    """What a request's conditions say."""

    SEND = "send"
    NOT_MODIFIED = "not modified"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What tells one form of a file from another. `made_s` is when it may have changed last, `now_s` the time now."""

    tag: str
    made_s: float
    now_s: float

    @property
    def modified_s(self) -> int:
        """The second that `Last-Modified` names: no file that is made live later has it."""
        return ceil(self.made_s)

    @property
    def last_modified(self) -> str:
        """The header; empty while another release may still come within the same second."""
        return http_date(self.modified_s) if self.now_s > self.modified_s else ""


def http_date(at_s: float) -> str:
    """A time as HTTP writes it.

    >>> http_date(0)
    'Thu, 01 Jan 1970 00:00:00 GMT'
    """
    return format_datetime(datetime.fromtimestamp(at_s, UTC), usegmt=True)


def judge(headers: Mapping[str, str], validators: Validators) -> Condition:
    """The conditions of a GET or HEAD, in the order that RFC 9110 (13.2.2) gives them."""
    if (wanted := headers.get("if-match")) is not None:
        if not _names(wanted, validators.tag, is_strong=True):
            return Condition.FAILED
    elif (at_s := _date_s(headers.get("if-unmodified-since"))) is not None and validators.made_s > at_s:
        return Condition.FAILED
    if (had := headers.get("if-none-match")) is not None:
        return Condition.NOT_MODIFIED if _names(had, validators.tag, is_strong=False) else Condition.SEND
    at_s = _date_s(headers.get("if-modified-since"))
    if at_s is not None and validators.made_s <= at_s <= validators.now_s:
        return Condition.NOT_MODIFIED
    return Condition.SEND


def _names(listed: str, tag: str, *, is_strong: bool) -> bool:
    """Whether a list of entity tags, or `*`, names this one."""
    if listed.strip() == "*":
        return True
    at = 0
    while found := _TAG.match(listed, at):
        one = found[1] if is_strong else found[1].removeprefix("W/")
        if one == tag:
            return True
        at = found.end()
    return False


def _date_s(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `first` up to, but not with, `end`."""

    first: int
    end: int


class Unsatisfiable(Enum):
    """No byte of the file is in the range that was asked for."""

    UNSATISFIABLE = "unsatisfiable"


def holds_range(headers: Mapping[str, str], validators: Validators) -> bool:
    """Whether a range is to be honoured: it is asked for, and of the bytes that the client has a part of."""
    if "range" not in headers:
        return False
    condition = headers.get("if-range")
    if condition is None:
        return True
    if condition.lstrip().startswith(('"', "W/")):
        return condition.strip() == validators.tag
    return bool(validators.last_modified) and _date_s(condition) == validators.modified_s


def span_of(asked: str, size_bytes: int) -> Span | Unsatisfiable | None:
    """The bytes of a `Range`; `None` where it is not read: several ranges, or another way to count.

    >>> span_of("bytes=0-4", 10), span_of("bytes=7-", 10), span_of("bytes=-3", 10), span_of("bytes=0-1,4-5", 10)
    (Span(first=0, end=5), Span(first=7, end=10), Span(first=7, end=10), None)
    """
    found = _SPAN.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        count = min(int(found[2]), size_bytes)
        return Span(size_bytes - count, size_bytes) if count else Unsatisfiable.UNSATISFIABLE
    first, last = int(found[1]), int(found[2] or size_bytes)
    if found[2] and last < first:
        return None
    return Span(first, min(last + 1, size_bytes)) if first < size_bytes else Unsatisfiable.UNSATISFIABLE

"""How long ago something was, as people say it. Pure; the page's script says the same words as time goes on."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
_NOW_S: Final = 5
_DAYS_MAX: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time on the page: `iso` for machines, `text` relative, `full` to be read where it is pointed at."""

    iso: str
    text: str
    full: str


def moment(at: datetime, now: datetime) -> Moment:
    """A time as it stands on the page that is made now."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return Moment(iso=f"{utc:%Y-%m-%dT%H:%M:%SZ}", text=ago(at, now), full=f"{utc:%Y-%m-%d %H:%M:%S} UTC")


def ago(at: datetime, now: datetime) -> str:
    """How long ago; what lies ahead by a clock that goes wrong is `just now`, what is long ago has its date.

    >>> start = datetime(2026, 1, 1, tzinfo=UTC)
    >>> [ago(start, start.replace(day=d, hour=h, minute=m, second=s)) for d, h, m, s in
    ...  ((1, 0, 0, 3), (1, 0, 0, 42), (1, 0, 4, 0), (1, 5, 0, 0), (3, 1, 0, 0))]
    ['just now', '42 s ago', '4 min ago', '5 h ago', '2 d ago']
    """
    seconds = int((now - at).total_seconds())
    if seconds < _NOW_S:
        return "just now"
    if seconds < _MINUTE_S:
        return f"{seconds} s ago"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S} min ago"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S} h ago"
    if seconds < _DAYS_MAX * _DAY_S:
        return f"{seconds // _DAY_S} d ago"
    return f"on {at.astimezone(UTC):%Y-%m-%d}"

"""How long something took, as people say it. Pure."""

from datetime import timedelta
from typing import Final

_MINUTE_S: Final = 60
_HOUR_MIN: Final = 60


def took(span: timedelta) -> str:
    """How long something took.

    >>> [took(timedelta(seconds=one)) for one in (0.012, 0.38, 75, 7_500)]
    ['12 ms', '0.4 s', '1 min 15 s', '2 h 5 min']
    """
    seconds = max(span.total_seconds(), 0.0)
    if 0 < seconds < 0.1:  # noqa: PLR2004 - what would be read as nothing
        return f"{seconds * 1_000:.0f} ms"
    if seconds < _MINUTE_S:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), _MINUTE_S)
    return f"{minutes} min {rest} s" if minutes < _HOUR_MIN else f"{minutes // _HOUR_MIN} h {minutes % _HOUR_MIN} min"

"""Which compressed form an answer may have: what the client takes, and what is worth it. Pure."""

import re
from collections.abc import Sequence
from typing import Final

GZIP: Final = "gzip"
OFFERED: Final = (GZIP,)
"""In the order in which they are preferred. The interpreter has no better one yet."""
SIZE_BYTES_MIN: Final = 256
SIZE_BYTES_MAX: Final = 16 << 20
_TEXT: Final = re.compile(
    r"text/|application/(?:[a-z0-9.+-]*\+)?(?:json|xml|javascript|wasm)\b|image/(?:svg\+xml|bmp|x-icon)"
    r"|font/[ot]tf|application/vnd\.ms-fontobject"
)
_WEIGHT: Final = re.compile(r"\s*;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", re.IGNORECASE)


def is_compressible(media: str) -> bool:
    """Whether files of a media type are as a rule much smaller when compressed.

    >>> [is_compressible(media) for media in ("text/css; charset=utf-8", "application/atom+xml", "image/webp")]
    [True, True, False]
    """
    return _TEXT.match(media) is not None


def weights(accepted: str) -> dict[str, float]:
    """What `Accept-Encoding` says, by coding; what cannot be read counts for nothing.

    >>> weights("gzip;q=0.5, *;q=0, X-GZIP")
    {'gzip': 1.0, '*': 0.0}
    """
    found: dict[str, float] = {}
    for part in accepted.split(","):
        name, semicolon, rest = part.partition(";")
        weight = _WEIGHT.fullmatch(semicolon + rest) if semicolon else None
        coding = name.strip().lower().removeprefix("x-")
        if coding and (weight or not semicolon):
            found[coding] = min(1.0, float(weight[1])) if weight else 1.0
    return found


def chosen(accepted: str | None, offered: Sequence[str] = OFFERED) -> str:
    """The coding to send, empty for the bytes as they are.

    >>> chosen("gzip, br"), chosen("br"), chosen("gzip;q=0"), chosen("*"), chosen("identity, gzip;q=0.5"), chosen(None)
    ('gzip', '', '', 'gzip', '', '')
    """
    if not accepted:
        return ""
    found = weights(accepted)
    best = max(offered, key=lambda one: found.get(one, found.get("*", 0.0)))
    weight = found.get(best, found.get("*", 0.0))
    return best if weight > 0 and weight >= found.get("identity", 0.0) else ""


def takes_identity(accepted: str | None) -> bool:
    """Whether the bytes as they are may be sent.

    >>> takes_identity("gzip"), takes_identity("gzip, identity;q=0"), takes_identity("gzip, *;q=0")
    (True, False, False)
    """
    found = weights(accepted or "")
    return found.get("identity", found.get("*", 1.0)) > 0

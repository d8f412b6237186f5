"""The patterns of `_redirects` and `_headers`: exact addresses, `*` for any rest, `:name` for one part. Pure."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

PATTERNS_REMEMBERED: Final = 20_000
_PIECE: Final = re.compile(r"\*|:[A-Za-z_][A-Za-z0-9_]*")
SPLAT: Final = "splat"


def is_pattern(source: str) -> bool:
    """Whether it stands for more than one address.

    >>> is_pattern("/news/*"), is_pattern("/blog/:year"), is_pattern("/a:b/c")
    (True, True, True)
    >>> is_pattern("/plain")
    False
    """
    return _PIECE.search(source) is not None


def matched(pattern: str, address: str) -> Mapping[str, str] | None:
    """What the pieces of a pattern stand for in an address; `None` where it is another one.

    A slash at the end makes no difference, and neither does that of a bare `/*`.

    >>> matched("/blog/:year/*", "/blog/2020/a/b"), matched("/old", "/old/"), matched("/x/*", "/x")
    ({'year': '2020', 'splat': 'a/b'}, {}, {'splat': ''})
    >>> matched("/old", "/older")
    """
    found = _compiled(pattern).fullmatch(address)
    if found is None:
        return None
    return {name: value or "" for name, value in found.groupdict().items()}


@lru_cache(maxsize=PATTERNS_REMEMBERED)
def _compiled(pattern: str) -> re.Pattern[str]:
    """A name or `*` that stands twice counts where it stands first."""
    text, at, known = "", 0, set[str]()
    pattern = pattern.rstrip("/") or "/"
    for piece in _PIECE.finditer(pattern):
        before = pattern[at : piece.start()]
        is_splat = piece[0] == "*"
        name = SPLAT if is_splat else piece[0][1:]
        group = f"(?P<{name}>" if name not in known else "(?:"
        known.add(name)
        is_rest = is_splat and piece.end() == len(pattern) and before.endswith("/")
        text += re.escape(before[:-1] if is_rest else before)
        text += f"(?:/{group}.*))?" if is_rest else f"{group}{'.*' if is_splat else '[^/]+'})"
        at = piece.end()
    return re.compile(text + re.escape(pattern[at:]).removesuffix("/") + "/?", re.DOTALL)

"""What a style of an SVG would fetch: told from its text, strictly. It understands no more of CSS than that."""

import re
from typing import Final

_ESCAPE: Final = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_ADDRESS: Final = re.compile(r"""url\(\s*["']?\s*([^"')]*)""", re.IGNORECASE)
_FETCHES: Final = re.compile(
    r"@import|(?<![\w-])(?:-webkit-)?(?:image-set|cross-fade|image|src)\(|expression\(|"
    r"-moz-binding|behavior\s*:|javascript:",
    re.IGNORECASE,
)
_INSIDE: Final = re.compile(r"#|data:(?:image/(?:png|jpeg|gif|webp|avif)|font/|application/(?:x-)?font)", re.IGNORECASE)
_CODE_POINT_MAX: Final = 0x10FFFF


def outside_of(style: str) -> str | None:
    r"""The first thing in a style that would be fetched from elsewhere, `None` where there is none.

    >>> outside_of("fill: url(#gradient)")
    >>> outside_of("@im\\70ort 'x.css'")
    '@import'
    >>> outside_of("background: url( 'http://a/b.png' )")
    'http://a/b.png'
    """
    text = _ESCAPE.sub(_unescaped, style)
    if fetched := _FETCHES.search(text):
        return fetched.group()
    return next((one.strip() for one in _ADDRESS.findall(text) if not is_inside(one)), None)


def is_inside(address: str) -> bool:
    """Whether an address leads nowhere else: to a part of the same file, or to a picture in the address itself."""
    return _INSIDE.match(address.strip()) is not None


def _unescaped(escape: re.Match[str]) -> str:
    digits, character = escape.groups()
    if digits is None:
        return "" if character == "\n" else str(character)
    number = int(digits, 16)
    return chr(number) if 0 < number <= _CODE_POINT_MAX else "\ufffd"

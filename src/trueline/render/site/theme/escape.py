"""The one place where text and addresses become safe to stand in HTML and XML."""

import re
from functools import lru_cache
from html import escape
from urllib.parse import quote

_ADDRESS_SAFE = "!#$%&'()*+,-./:;=?@[]_~"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_CACHED_MAX = 16_384
"""A site's menu has the same words on every page."""


@lru_cache(maxsize=_CACHED_MAX)
def text(value: str) -> str:
    """Plain text for an element or a quoted attribute; what XML forbids becomes U+FFFD.

    >>> text('<a title="x">')
    '&lt;a title=&quot;x&quot;&gt;'
    """
    return escape(_FORBIDDEN.sub("\ufffd", value), quote=True)


@lru_cache(maxsize=_CACHED_MAX)
def address(value: str) -> str:
    """A finished address for a quoted attribute: what may not stand in one is percent-encoded, what is encoded stays.

    It does not judge schemes: whoever finishes addresses says which of them a site may have.

    >>> address('guide/größe "a".html?b&c')
    'guide/gr%C3%B6%C3%9Fe%20%22a%22.html?b&amp;c'
    """
    return escape(quote(value, safe=_ADDRESS_SAFE, errors="replace"), quote=True)

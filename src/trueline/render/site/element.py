"""Tags of HTML, read one after the other, and written again so that nothing but what is meant stands in them.

It builds no tree: what a parser of Markdown wrote is a sequence of tags and text already.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape
from typing import Final

_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>|<!--|<")
_ATTRIBUTE: Final = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+)))?")
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_IGNORED: Final = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_SAFE_SCHEMES: Final = frozenset(
    {"http", "https", "mailto", "tel", "ftp", "sms", "xmpp", "irc", "ircs", "geo", "magnet"}
)
_ADDRESSES: Final = frozenset(
    [
        "href",
        "src",
        "action",
        "formaction",
        "poster",
        "cite",
        "data",
        "background",
        "longdesc",
        "xlink:href",
        "srcset",
        "ping",
        "manifest",
    ]
)
_IMAGE_DATA: Final = re.compile(r"data:image/(?:png|gif|jpeg|webp|avif);", re.IGNORECASE)

REMOVED: Final = frozenset(
    [
        "script",
        "style",
        "iframe",
        "object",
        "embed",
        "applet",
        "base",
        "meta",
        "link",
        "frame",
        "frameset",
        "noscript",
        "noembed",
        "noframes",
        "template",
        "portal",
        "plaintext",
        "xmp",
        "title",
        "textarea",
        "html",
        "head",
        "body",
        "animate",
        "set",
        "animatetransform",
        "animatemotion",
        "foreignobject",
    ]
)
"""Elements that no page holds, whatever a site allows."""
REMOVED_WHOLE: Final = frozenset({"script", "style"})
"""Those of them that go with what they hold."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag at a place of the HTML; `attributes` is what stands in it, as it is written."""

    start: int
    end: int
    name: str
    is_close: bool
    attributes: str


def tags(html: str) -> Iterator[Tag]:
    """Every tag; a comment has the name `!`, and a lone `<` has none. Linear, whatever the text."""
    at, comments_left = 0, True
    while (found := _TAG.search(html, at)) is not None:
        at = found.end()
        name = (found[2] or "").lower()
        if not name and len(found[0]) > 1:
            end = html.find("-->", at) if comments_left else -1
            comments_left = end >= 0
            at, name = (end + 3, "!") if comments_left else (found.start() + 1, "")
        yield Tag(found.start(), at, name, found[1] == "/", found[3] or "")


def attributes(text: str) -> dict[str, str]:
    """The attributes of a tag, their values as a browser reads them; of two of one name the first holds.

    >>> attributes(' href="a&amp;b" open')
    {'href': 'a&b', 'open': ''}
    """
    found: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(text):
        found.setdefault(one[1].lower(), unescape(one[2] or one[3] or one[4] or ""))
    return found


def safe_attributes(found: dict[str, str]) -> dict[str, str]:
    r"""Without handlers of events, and without addresses that run something.

    >>> safe_attributes({"onclick": "x()", "href": "java\tscript:x()", "title": "y"})
    {'title': 'y'}
    """
    return {
        name: value
        for name, value in found.items()
        if not name.startswith("on") and name != "srcdoc" and (name not in _ADDRESSES or is_safe_address(value))
    }


def is_safe_address(address: str) -> bool:
    """Whether following an address runs nothing: relative, or of a scheme that is known to be harmless."""
    bare = _IGNORED.sub("", address)
    scheme = _SCHEME.match(bare)
    return scheme is None or scheme[1].lower() in _SAFE_SCHEMES or _IMAGE_DATA.match(bare) is not None


def is_external(address: str) -> bool:
    """Whether an address leads out of the site by its form: it has a scheme, or a host.

    >>> is_external("https://x.example"), is_external("//x.example/a"), is_external("a/b.md#c:d")
    (True, True, False)
    """
    return address.startswith("//") or _SCHEME.match(address) is not None


def written(name: str, found: dict[str, str]) -> str:
    """An opening tag. A mark of a link keeps its NULs, which `escape` does not touch."""
    text = "".join(f' {key}="{escape(value)}"' for key, value in found.items())
    return f"<{name}{text}>"

"""Reads one HTML file from tag to tag, as a browser would part it. It builds no tree and judges no link."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from trueline.render.generated.outline import LINKS_MAX, Outline, Place
from trueline.render.site.element import attributes

_OPEN: Final = re.compile(r"<(?:(/?)([A-Za-z][^\s/>]*+)|!--)")
_REST: Final = re.compile(r"[^>=]*+(?:=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'>][^\s>]*+)?[^>=]*+)*+")
"""The attributes of a tag: a quote counts only behind `=`. Nothing is tried twice, whatever the text."""
_RAW: Final = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
_ADDRESSES: Final = {
    "a": ("href",),
    "area": ("href",),
    "link": ("href",),
    "img": ("src",),
    "script": ("src",),
    "iframe": ("src",),
    "source": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "embed": ("src",),
    "object": ("data",),
}
_ELSEWHERE: Final = frozenset({"preconnect", "dns-prefetch"})


@dataclass(slots=True)
class _Reading:
    ids: dict[str, None] = field(default_factory=dict)
    links: dict[str, int] = field(default_factory=dict)
    twice: list[Place] = field(default_factory=list)
    silent: list[Place] = field(default_factory=list)
    root: str = ""

    def take(self, name: str, rest: str, line: int) -> None:
        """One opening tag that has attributes."""
        found = attributes(rest)
        if "id" in found and (one := found["id"]):
            if one in self.ids:
                self.twice.append(Place(one, line))
            self.ids[one] = None
        if name == "a" and found.get("name"):
            self.ids.setdefault(found["name"])
        if name == "base" and not self.root:
            self.root = found.get("href", "")
        if name == "img" and "alt" not in found and found.get("role") not in {"presentation", "none"}:
            self.silent.append(Place(found.get("src", "")[:500], line))
        if name == "link" and _ELSEWHERE.intersection(found.get("rel", "").lower().split()):
            return
        for attribute in _ADDRESSES.get(name, ()):
            if (address := found.get(attribute, "").strip()) and len(self.links) < LINKS_MAX:
                self.links.setdefault(address, line)


def outline(text: str) -> Outline:
    r"""What a file says.

    >>> outline('<p id="x">\n<a href="#x">y</a><img src="z.png">').links
    (Place(text='#x', line=2), Place(text='z.png', line=2))
    """
    lines = [found.start() for found in re.finditer("\n", text)]
    reading, at = _Reading(), 0
    while (tag := _OPEN.search(text, at)) is not None:
        if not tag[2]:
            end = text.find("-->", tag.start() + 2)
            if end < 0:
                break
            at = end + 3
            continue
        name, rest = tag[2].lower(), _REST.match(text, tag.end())
        if rest is None or not text.startswith(">", rest.end()):
            break  # it never ends: a browser reads no further either
        at = rest.end() + 1
        if tag[1]:
            continue
        if "=" in rest[0] or name == "img":
            reading.take(name, rest[0], bisect_right(lines, tag.start()) + 1)
        if name in _RAW:
            close = _close(name).search(text, at)
            if close is None:
                break
            at = close.start()
    return Outline(
        ids=tuple(reading.ids),
        links=tuple(Place(address, line) for address, line in reading.links.items()),
        twice=tuple(reading.twice),
        silent=tuple(reading.silent),
        root=reading.root,
    )


@cache
def _close(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}[\s/>]", re.IGNORECASE)

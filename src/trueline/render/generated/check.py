"""Where the links of a built site lead, and what is wrong with its pages: from outlines to cases. Pure.

What stands on many pages (a menu, a footer) is one cause: it is told once, at the first page, with how many have it.
"""

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from trueline.render.generated.finding import BROKEN_ANCHOR, BROKEN_LINK, DUPLICATE_ID, NO_ALTERNATIVE, Case
from trueline.render.generated.outline import Outline, Place
from trueline.render.site.element import is_external
from trueline.render.site.file import Redirect

_INDEX: Final = "index.html"
_DIRECTIVE: Final = ":~:"
_WILD: Final = ("*", "/:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What links can lead to. `address` is the site's own, where it is known.

    `told` are links that were told before, as they are written or by the path that they lead to; of those with an
    anchor the anchor is enough, for the generator writes the path anew.
    """

    files: Collection[str]
    outlines: Mapping[str, Outline]
    redirects: Sequence[Redirect] = ()
    address: str = ""
    told: Collection[str] = ()


@dataclass(slots=True)
class _Causes:
    """Cases by cause: the first place with what is told there, and the pages that have it."""

    found: dict[tuple[str, str], tuple[str, str, int]] = field(default_factory=dict)
    pages: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def add(self, code: str, cause: str, page: str, line: int, detail: str = "") -> None:
        self.found.setdefault((code, cause), (detail or cause, page, line))
        self.pages.setdefault((code, cause), set()).add(page)

    def cases(self, output: str) -> Iterator[Case]:
        for (code, cause), (detail, page, line) in self.found.items():
            others = len(self.pages[code, cause]) - 1
            more = f" (and on {others} more page{'s' if others > 1 else ''})" if others else ""
            yield Case(code=code, detail=f"{detail}{more}", path=posixpath.join(output, page), line=line)


class Checker:
    """Follows the links of a site."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._files = frozenset(ground.files)
        self._ids = {path: frozenset(one.ids) for path, one in ground.outlines.items()}
        self._exact = {one.source for one in ground.redirects}
        self._starts = tuple(
            _start(one.source) for one in ground.redirects if any(mark in one.source for mark in _WILD)
        )
        self._base = urlsplit(ground.address).path.rstrip("/") if ground.address else ""
        self._host = f"//{urlsplit(ground.address).netloc}/" if ground.address else ""
        self._told = {f"/{one.lstrip('/')}" for one in ground.told}
        self._anchors_told = {one.partition("#")[2] for one in ground.told if "#" in one}
        self._known: dict[tuple[str, str], str | None] = {}

    def cases(self, output: str) -> list[Case]:
        """All that is wrong; `output` is the name of the folder, for the places."""
        causes = _Causes()
        for page in sorted(self._ground.outlines):
            one = self._ground.outlines[page]
            for link in one.links:
                if link.text not in self._ground.told:
                    self._follow(page, one.root, link, causes)
            for place in one.twice:
                causes.add(DUPLICATE_ID, f"#{place.text}", page, place.line)
            for place in one.silent:
                causes.add(NO_ALTERNATIVE, place.text or "an image without an address", page, place.line)
        return list(causes.cases(output))

    def _follow(self, page: str, root: str, link: Place, causes: _Causes) -> None:
        address, _, anchor = link.text.partition("#")
        path = self._inner(address.partition("?")[0])
        if path is None or (root and is_external(root)):
            return
        folder = posixpath.dirname(posixpath.join(posixpath.dirname(page), root, "x") if root else page)
        target = page if not address else self._find(folder, path)
        if target is None:
            joined = _joined(folder, unquote(path))
            if joined not in self._told:
                causes.add(BROKEN_LINK, joined, page, link.line, link.text)
            return
        name = unquote(anchor.partition(_DIRECTIVE)[0])
        known = self._ids.get(target)
        if not name or name == "top" or known is None or {name, anchor} & known or anchor in self._anchors_told:
            return
        causes.add(BROKEN_ANCHOR, f"#{name} on {target}", page, link.line)

    def _inner(self, address: str) -> str | None:
        """The path of an address of this site; `None` for one that leads out of it."""
        if is_external(address):
            _, mark, rest = address.partition(self._host) if self._host else ("", "", "")
            if not mark or not address.startswith(("http:", "https:", "//")):
                return None
            address = f"/{rest}"
        if address.startswith("/") and self._base:
            beneath = address == self._base or address.startswith(f"{self._base}/")
            return address[len(self._base) :] or "/" if beneath else None
        return address

    def _find(self, folder: str, path: str) -> str | None:
        """The file that is served for a path, seen from a folder."""
        if (folder, path) not in self._known:
            self._known[folder, path] = self._found(folder, unquote(path))
        return self._known[folder, path]

    def _found(self, folder: str, path: str) -> str | None:
        joined = _joined(folder, path)
        name = joined.lstrip("/")
        index = f"{name}/{_INDEX}" if name else _INDEX
        for tried in (name, index, f"{name}.html") if not path.endswith("/") else (index,):
            if tried in self._files:
                return tried
        address = f"{joined}/" if path.endswith("/") and name else joined
        is_led = address in self._exact or joined in self._exact or any(map(address.startswith, self._starts))
        return address if is_led else None


def _joined(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join("/", "" if path.startswith("/") else folder, path.lstrip("/")))


def _start(source: str) -> str:
    """What an address begins with that a pattern of a redirect matches."""
    return min((source.partition(mark)[0] + ("/" if mark == "/:" else "") for mark in _WILD if mark in source), key=len)

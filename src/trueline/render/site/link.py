"""Where a link leads: from what a page's author wrote to an address relative to the page. Pure.

A target is a file beside the page, a folder, a page without its ending, or what the site serves; `/` begins at the
site's root. An anchor that another generator would have made of the same heading is understood.
"""

import difflib
import posixpath
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

from trueline.render.site.discover import AssetFile, Found, PageFile
from trueline.render.site.element import is_external
from trueline.render.site.finding import BROKEN_ANCHOR, BROKEN_LINK, NO_IMAGE
from trueline.render.site.media import media_of
from trueline.render.site.parsed import Finding, Image, Link, ParsedPage
from trueline.render.site.slug import loose

HINTS_MAX: Final = 100
ADDRESSES_REMEMBERED: Final = 20_000
_PATH_SAFE: Final = "/~!$&'()*+,;=:@-._"
_CLOSE: Final = 0.7
_ENDS: Final = 3
_FRAGMENT_DIRECTIVE: Final = ":~:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leads:
    """Where a link leads. `address` stands in the page; it leads to `page`, or to the file `asset`."""

    address: str
    page: PageFile | None = None
    asset: AssetFile | None = None
    finding: Finding | None = None


@lru_cache(maxsize=ADDRESSES_REMEMBERED)
def encoded(address: str) -> str:
    """A path, percent-encoded: the one place where this is done.

    >>> encoded("guide/größe 1/")
    'guide/gr%C3%B6%C3%9Fe%201/'
    """
    return quote(address, safe=_PATH_SAFE)


def from_page(root: str, address: str) -> str:
    """An address as a page writes it that is `root` away from the site's root.

    >>> from_page("../", "guide/a b/"), from_page("", "")
    ('../guide/a%20b/', './')
    """
    return f"{root}{encoded(address)}" or "./"


class LinkIndex:
    """All that a link of a site can lead to."""

    def __init__(self, found: Found, parsed: Mapping[str, ParsedPage], absolute_root: str = "/") -> None:
        """`parsed` is by the page's source; a page that is not in it is not published.

        `absolute_root` is what the page for no page, which is served under any address, has before its links.
        """
        self._absolute_root = absolute_root
        self._parsed = parsed
        pages = [page for page in found.pages if page.source in parsed]
        self._named: dict[str, PageFile | AssetFile] = {one.name: one for one in found.assets}
        self._named |= {one.name: one for one in pages}
        self._served = {page.address: page for page in pages}
        for page in pages:
            if page.is_index:
                self._named.setdefault(posixpath.dirname(page.name), page)
        self._drafts = {page.name for page in found.pages if page.source not in parsed}
        self._anchors: dict[str, frozenset[str]] = {}
        self._loose: dict[str, dict[str, str]] = {}
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self._named):
            self._by_name[_stem(name)].append(name)
        self._places: dict[tuple[str, str], PageFile | AssetFile | None] = {}
        self.hints = 0
        """How often what is near was looked for: nearness is told for the first `HINTS_MAX` only."""

    def renew(self, parsed: Mapping[str, ParsedPage]) -> None:
        """The same pages and files, of which some say something else now."""
        for source, page in parsed.items():
            if page is not self._parsed.get(source):
                self._anchors.pop(source, None)
                self._loose.pop(source, None)
        self._parsed = parsed
        self.hints = 0

    def follow(self, page: PageFile, link: Link) -> Leads:
        """Where a link of a page leads."""
        if is_external(link.target):
            return Leads(address=link.target)
        path, anchor, query = _parts(link.target)
        place = page if not path else self._find(page, path)
        if place is None:
            return Leads(address=link.target, finding=Finding(BROKEN_LINK, self._absent(page, path, link), link.line))
        root = self._absolute_root if page.is_not_found else page.root
        if isinstance(place, AssetFile):
            tail = query + (f"#{quote(anchor)}" if anchor else "")
            return Leads(address=from_page(root, place.name) + tail, asset=place)
        start = from_page(root, place.address) if path else ""
        known = self._anchor(place, anchor)
        if known is None:
            hint = self._near_anchor(place, anchor)
            detail = f"#{anchor} on {place.name}{hint}"
            return Leads(address=start + query, page=place, finding=Finding(BROKEN_ANCHOR, detail, link.line))
        return Leads(address=(start + query + (f"#{quote(known)}" if known else "")) or "./", page=place)

    def image(self, page: PageFile, image: Image) -> AssetFile | Finding:
        """The file of an image that is not elsewhere."""
        path, _, _ = _parts(image.source)
        place = self._find(page, path) if path else None
        if isinstance(place, AssetFile):
            return place
        what = image.source or "no address"
        return Finding(NO_IMAGE, what + self._near_file(page, path, is_image=True) if path else what, image.line)

    def page_of(self, path: str) -> PageFile | None:
        """The page that a navigation names by its path from the site's folder."""
        place = self._at(posixpath.normpath(unicodedata.normalize("NFC", path.strip("/")) or "."))
        return place if isinstance(place, PageFile) else None

    def near(self, path: str) -> str:
        """A hint for a path that is not there."""
        return self._near_file(None, path)

    def _find(self, page: PageFile, path: str) -> PageFile | AssetFile | None:
        key = page.address, path
        if key not in self._places:
            self._places[key] = self._found(page, path)
        return self._places[key]

    def _found(self, page: PageFile, path: str) -> PageFile | AssetFile | None:
        folder = "" if path.startswith("/") else posixpath.dirname(page.name)
        beside = posixpath.normpath(posixpath.join(folder, path.lstrip("/")))
        place = self._at(beside)
        if place is not None:
            return place
        served = posixpath.normpath(posixpath.join("" if path.startswith("/") else page.address, path.lstrip("/")))
        return self._served.get("" if served == "." else f"{served}/")

    def _at(self, name: str) -> PageFile | AssetFile | None:
        name = "" if name == "." else name
        bare = name.removesuffix(".html").removesuffix("/")
        for tried in (
            name,
            f"{name}.md",
            f"{name}.markdown",
            f"{bare}.md",
            posixpath.dirname(name) if bare.endswith("index") else None,
        ):
            if tried is not None and (place := self._named.get(tried)) is not None:
                return place
        return None

    def _anchor(self, place: PageFile, anchor: str) -> str | None:
        """The anchor as the page has it; `None` where it has not."""
        if anchor in {"", "top"}:
            return anchor
        if place.source not in self._anchors:
            page = self._parsed[place.source]
            self._anchors[place.source] = frozenset((*(one.id for one in page.headings), *page.anchors))
        known = self._anchors[place.source]
        if anchor in known:
            return anchor
        if place.source not in self._loose:
            self._loose[place.source] = {loose(one): one for one in sorted(known, reverse=True)}
        return self._loose[place.source].get(loose(anchor))

    def _absent(self, page: PageFile, path: str, link: Link) -> str:
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(page.name), path.lstrip("/")))
        if beside in self._drafts:
            return f"{link.target} is a draft"
        return link.target + self._near_file(page, path)

    def _near_file(self, page: PageFile | None, path: str, *, is_image: bool = False) -> str:
        """The nearest file that exists, seen from the page; only for the first links: it is costly."""
        self.hints += 1
        if self.hints > HINTS_MAX:
            return ""
        stem = _stem(path.rstrip("/"))
        close = [stem] if stem in self._by_name else difflib.get_close_matches(stem, self._alike(stem), 1, _CLOSE)
        names = [name for name in self._by_name.get(close[0], ()) if _is_image(name) or not is_image] if close else []
        if not names:
            return ""
        best = max(names, key=lambda name: (difflib.SequenceMatcher(None, name, path.lstrip("./")).ratio(), name))
        shown = posixpath.relpath(best, posixpath.dirname(page.name) or ".") if page else best
        return f"; there is {shown}"

    def _alike(self, stem: str) -> list[str]:
        """Names that begin or end as this one does: to compare all of them with care takes too long."""
        start, end = stem[:_ENDS], stem[-_ENDS:]
        return [name for name in self._by_name if name.startswith(start) or name.endswith(end)]

    def _near_anchor(self, place: PageFile, anchor: str) -> str:
        self.hints += 1
        if self.hints > HINTS_MAX:
            return ""
        close = difflib.get_close_matches(anchor, sorted(self._anchors[place.source]), 1, _CLOSE)
        return f"; there is #{close[0]}" if close else ""


def _stem(path: str) -> str:
    return posixpath.basename(path).rsplit(".", 1)[0].lower()


@lru_cache(maxsize=ADDRESSES_REMEMBERED)
def _parts(target: str) -> tuple[str, str, str]:
    """Path and anchor as they are read, and the query as it is written."""
    rest, _, anchor = target.partition("#")
    path, mark, query = rest.partition("?")
    anchor = anchor.split(_FRAGMENT_DIRECTIVE, 1)[0]
    return unicodedata.normalize("NFC", unquote(path)), unquote(anchor), mark + query


def _is_image(name: str) -> bool:
    return media_of(name).startswith("image/")

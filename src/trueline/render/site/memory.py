"""What a renderer remembers of an application's last render, so that one changed page costs one page.

It holds values only, and each with all that it depends on: what is remembered is what would be made anew. A process
that remembers nothing gives the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from trueline.render.options import Site
from trueline.render.site import front
from trueline.render.site.assemble import Draft, Frame, absolute_root
from trueline.render.site.discover import Found, Walked
from trueline.render.site.file import SiteFile
from trueline.render.site.link import LinkIndex
from trueline.render.site.navigation import Navigation, title_of
from trueline.render.site.parsed import Finding, ParsedPage

PAGES_REMEMBERED: Final = 20_000
Shape = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A page as it was read: what its file was known by, and the key of what it says."""

    identity: str
    allow_html: bool
    key: str
    parsed: ParsedPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A page with its links followed. `targets` are the pages that they lead to, `assets` the files."""

    made_of: str
    draft: Draft
    anchors: tuple[str, ...] = ()
    targets: frozenset[str] = frozenset()
    assets: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True, kw_only=True)
class Memory:
    """Of one application. `names` is all that a way to a page or file depends on, `shape` all that pages share."""

    walked: dict[str, Walked] = field(default_factory=dict)
    outlines: dict[str, Outline] = field(default_factory=dict)
    names: Shape = ()
    links: LinkIndex | None = None
    shape: Shape = ()
    navigation: Navigation | None = None
    astray: tuple[Finding, ...] = ()
    """What is wrong with the navigation."""
    pages: dict[str, Followed] = field(default_factory=dict)
    files: dict[str, SiteFile] = field(default_factory=dict)
    """The published pages, by the key of their draft."""
    followed: int = 0
    """How many pages' links were followed at the last render."""

    def index(self, found: Found, parsed: Mapping[str, ParsedPage], options: Site) -> LinkIndex:
        """All that a link can lead to: the index of the last render where the same names are there."""
        pages = tuple(page for page in found.pages if page.source in parsed)
        names = (pages, found.pages, found.assets, absolute_root(options))
        if self.links is not None and self.names == names:
            self.links.renew(parsed)
        else:
            self.links = LinkIndex(found, parsed, absolute_root(options))
        self.names = names
        return self.links

    def share(
        self, frame: Frame, found: Found, parsed: Mapping[str, ParsedPage], keys: Mapping[str, str]
    ) -> frozenset[str]:
        """The pages whose anchors are others than at the last render; every page is forgotten where all share anew."""
        pages = [page for page in found.pages if page.source in parsed]
        titles = tuple(
            (title_of(page, one), front.order_of(one.front)) for page in pages for one in (parsed[page.source],)
        )
        self.followed = 0
        shape = (self.names, frame, titles)
        is_same, self.shape = self.shape == shape, shape
        if not is_same:
            self.forget_pages()
        changed = (source for source, one in self.pages.items() if one.made_of != keys[source])
        return frozenset(source for source in changed if self.pages[source].anchors != anchors_of(parsed[source]))

    def forget_pages(self) -> None:
        """Every page is followed anew."""
        self.navigation, self.astray = None, ()
        self.pages.clear()


class Memories:
    """By application; those of the longest unused go first. Who renders takes one out, and puts it back at the end."""

    def __init__(self, pages_max: int = PAGES_REMEMBERED) -> None:
        self._pages_max = pages_max
        self._kept: dict[str, Memory] = {}

    def take(self, application: str) -> Memory:
        """What is remembered; an empty one where nothing is."""
        return self._kept.pop(application, None) or Memory()

    def put(self, application: str, memory: Memory) -> None:
        """Remember, as long as there is room."""
        self._kept[application] = memory
        while sum(len(one.outlines) for one in self._kept.values()) > self._pages_max:
            del self._kept[next(iter(self._kept))]


def anchors_of(page: ParsedPage) -> tuple[str, ...]:
    """What a link can lead to on a page."""
    return (*(one.id for one in page.headings), *page.anchors)

"""What a theme is given: values only, so that a page's bytes depend on nothing else. Every address is finished."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from trueline.render.site.parsed import Heading


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationItem:
    """One entry of the navigation; `address` is relative to the page that shows it, empty for a mere group."""

    title: str
    address: str = ""
    is_current: bool = False
    is_open: bool = False
    """It is the current page, or holds it."""
    items: Sequence["NavigationItem"] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Crumb:
    """A page above this one."""

    title: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionMark:
    """Which version a page is of. Addresses lead to the root of all versions, the menu's file and the list of them."""

    name: str
    site: str
    menu: str
    overview: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """One page, as the theme writes it. `body` is finished HTML; all else is plain text that the theme escapes.

    `root` leads from the page to the site's root (`""`, `../`, …). `styles` and `scripts` are addresses of the theme's
    own assets, with their content's digest in the name. `canonical` is absolute, and empty where the site's address is
    not known. `dates` are ISO days.
    """

    language: str
    site_title: str
    title: str
    body: str
    root: str
    description: str = ""
    headings: Sequence[Heading] = ()
    navigation: Sequence[NavigationItem] = ()
    crumbs: Sequence[Crumb] = ()
    previous: Crumb | None = None
    next: Crumb | None = None
    styles: Sequence[str] = ()
    scripts: Sequence[str] = ()
    search_index: str = ""
    """The address of the search index, empty where the site has none."""
    canonical: str = ""
    feed: str = ""
    icon: str = ""
    """The address of the picture that a browser shows beside the title; empty for none."""
    date: str = ""
    authors: Sequence[str] = field(default_factory=tuple)
    is_not_found: bool = False
    version: VersionMark | None = None
    """Of a site with versions."""

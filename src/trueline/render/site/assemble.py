"""One page of the site: what the theme is given, the key of all that its bytes depend on, and the bytes. Pure.

Nothing of another page stands in a key but what stands on this one: titles and addresses in its navigation, and the
targets of its links.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from trueline.model.digest import digest_value
from trueline.render.options import Site
from trueline.render.site import front
from trueline.render.site.context import PageContext, VersionMark
from trueline.render.site.discover import NOT_FOUND, PageFile
from trueline.render.site.engine import engine_digest
from trueline.render.site.image.markup import ROOT_MARK
from trueline.render.site.link import encoded
from trueline.render.site.navigation import Navigation, title_of
from trueline.render.site.parsed import LINK, MARK, ParsedPage
from trueline.render.site.theme import page as theme, version
from trueline.render.site.theme.escape import address
from trueline.render.site.version import MENU, OVERVIEW

STYLES: Final = ("style.css", version.STYLE)
SCRIPTS: Final = ("theme.js", "search.js", version.SCRIPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all pages have in common. Paths are from the site's root; an empty one is not there."""

    options: Site
    title: str
    styles: Sequence[str] = ()
    scripts: Sequence[str] = ()
    icon: str = ""
    search: str = ""
    feed: str = ""

    @property
    def url(self) -> str:
        """The site's own address, with a slash at its end; empty where it is not known."""
        return url_of(self.options)


def url_of(options: Site) -> str:
    """The site's own address, with a slash at its end; empty where it is not known. Of a version, that of its home."""
    return f"{options.url.rstrip('/')}/{folder_of(options)}" if options.url else ""


def folder_of(options: Site) -> str:
    """The canonical folder of a version, with a slash at its end; empty where a site has none."""
    return f"{encoded(options.version.home)}/" if options.version else ""


def absolute_root(options: Site) -> str:
    """The way to the site's root from any address: for the page that is shown where there is none."""
    return urlsplit(url_of(options)).path or f"/{folder_of(options)}"


def canonical_of(options: Site, page: PageFile) -> str:
    """The address that search engines shall show: that of the same page of the default version, where it has one."""
    if not options.url or page.is_not_found:
        return ""
    if options.version and page.path in options.version.shared:
        return f"{options.url.rstrip('/')}/{encoded(f'{options.version.default}/{page.address}')}"
    return f"{url_of(options)}{encoded(page.address)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a page says, with what stands in place of its marks; `made_of` stands for its file and how it was read."""

    parsed: ParsedPage
    made_of: str = ""
    addresses: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A page before its bytes are made. `key` stands for all of them."""

    page: PageFile
    context: PageContext
    addresses: tuple[str, ...]
    pictures: tuple[str, ...]
    key: str


def drafted(frame: Frame, navigation: Navigation, page: PageFile, said: Said) -> Draft:
    """A page as it will be."""
    context = context_of(frame, navigation, page, said.parsed)
    key = digest_value([engine_digest(), said.made_of, context, said.addresses, said.pictures])
    return Draft(page=page, context=context, addresses=said.addresses, pictures=said.pictures, key=f"site/html/{key}")


def context_of(frame: Frame, navigation: Navigation, page: PageFile, parsed: ParsedPage) -> PageContext:
    """What the theme is given of a page, but for the body."""
    root = absolute_root(frame.options) if page.is_not_found else page.root
    before, after = navigation.beside(page)
    return PageContext(
        language=frame.options.language,
        site_title=frame.title,
        title=title_of(page, parsed) if parsed.title or not page.is_not_found else "",
        body="",
        root=root,
        description=parsed.description,
        headings=parsed.headings,
        navigation=navigation.items(page, root),
        crumbs=navigation.crumbs(page),
        previous=before,
        next=after,
        styles=tuple(root + path for path in frame.styles),
        scripts=tuple(root + path for path in frame.scripts),
        search_index=root + frame.search if frame.search else "",
        canonical=canonical_of(frame.options, page),
        feed=root + frame.feed if frame.feed else "",
        icon=root + frame.icon if frame.icon else "",
        date=front.day_of(parsed.front),
        authors=front.authors_of(parsed.front),
        version=_mark(frame.options, root),
    )


def _mark(options: Site, root: str) -> VersionMark | None:
    """`root` leads to the root of the version, one folder below that of the site."""
    if options.version is None:
        return None
    site = f"{root}../"
    return VersionMark(name=options.version.name, site=site, menu=site + MENU, overview=site + OVERVIEW)


def document(draft: Draft, html: str) -> bytes:
    """The page's bytes; `html` is that of its file, with marks."""
    body = _put_in(html, draft.addresses, draft.pictures, draft.context.root)
    context = replace(draft.context, body=body)
    return (theme.not_found(context) if draft.page.is_not_found else theme.page(context)).encode()


def not_found(frame: Frame, navigation: Navigation) -> Draft:
    """The page for an address that leads nowhere, of a site that has none of its own."""
    page = PageFile(source="", name=NOT_FOUND, address=NOT_FOUND)
    return drafted(frame, navigation, page, Said(parsed=ParsedPage(title="", html="")))


def _put_in(html: str, addresses: Sequence[str], pictures: Sequence[str], root: str) -> str:
    """HTML without marks: every second piece of it is the inside of one."""
    pieces = html.split(MARK)
    for at in range(1, len(pieces), 2):
        kind, number = pieces[at][0], int(pieces[at][1:])
        pieces[at] = address(addresses[number]) if kind == LINK else pictures[number].replace(ROOT_MARK, root)
    return "".join(pieces)

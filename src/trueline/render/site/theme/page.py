"""A page's values → its whole HTML5 document. Nothing is read, so that the same values give the same bytes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from trueline.render.site.context import PageContext
from trueline.render.site.theme.escape import address, text
from trueline.render.site.theme.icon import MENU, SCHEME
from trueline.render.site.theme.navigation import MENU_ID, contents, contents_above, crumbs, menu, neighbours
from trueline.render.site.theme.version import mark

_HAS_TITLE = re.compile(r"<h1[\s>]", re.IGNORECASE)
_NOT_FOUND_TITLE = "Page not found"
_NOT_FOUND_BODY = (
    "<p>Nothing is published under this address. It may have moved: try the search, or begin at the start.</p>"
)


def page(context: PageContext) -> str:
    """The whole document of a page, one `h1`: that of the body where it has one, else the title."""
    return (
        f'<!doctype html>\n<html lang="{text(context.language or "en")}">\n<head>\n{_head(context)}</head>\n'
        f'<body>\n<a class="skip" href="#tl-main">Skip to the text</a>\n{_header(context)}\n'
        f'<div class="{_frame(context)}">\n{menu(context.navigation)}\n{_main(context)}\n{_aside(context)}</div>\n'
        f"{_footer(context)}\n</body>\n</html>\n"
    )


def not_found(context: PageContext) -> str:
    """The whole document for an address that leads nowhere.

    It is served under any address, so every address in the context must begin with `/` (or be absolute). `title` and
    `body` may be empty: then it says in English that there is no such page, and offers the search and the way home.
    """
    title = context.title or _NOT_FOUND_TITLE
    body = context.body or f'{_NOT_FOUND_BODY}\n<p><a href="{address(context.root or "/")}">To the start</a></p>'
    return page(replace(context, title=title, body=body, is_not_found=True, canonical=""))


def _head(context: PageContext) -> str:
    name = " · ".join(dict.fromkeys(part for part in (context.title, context.site_title) if part))
    lines = (
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{text(name)}</title>",
        *_described(context),
        *(f'<link rel="stylesheet" href="{address(style)}">' for style in context.styles),
        *_scripts(context.scripts),
        *_linked(context),
    )
    return "".join(f"{line}\n" for line in lines)


def _described(context: PageContext) -> Iterable[str]:
    yield '<meta name="color-scheme" content="light dark">'
    if context.description:
        yield f'<meta name="description" content="{text(context.description)}">'
    if context.is_not_found:
        yield '<meta name="robots" content="noindex">'
    if context.canonical:
        yield f'<meta property="og:title" content="{text(context.title)}">'
        yield f'<meta property="og:url" content="{address(context.canonical)}">'


def _linked(context: PageContext) -> Iterable[str]:
    if context.canonical:
        yield f'<link rel="canonical" href="{address(context.canonical)}">'
    if context.icon:
        yield f'<link rel="icon" href="{address(context.icon)}">'
    if context.feed:
        name = text(context.site_title)
        yield f'<link rel="alternate" type="application/atom+xml" title="{name}" href="{address(context.feed)}">'


def _scripts(scripts: Sequence[str]) -> Iterable[str]:
    """The first without `defer`: it sets the colours before the page is drawn."""
    for number, script in enumerate(scripts):
        yield f'<script src="{address(script)}"{" defer" if number else ""}></script>'


def _header(context: PageContext) -> str:
    opener = (
        f'<a class="opener" href="#{MENU_ID}">{MENU}<span class="unseen">Menu</span></a>' if context.navigation else ""
    )
    home = address(context.root or "./")
    switch = f'<button class="scheme" type="button" data-scheme hidden>{SCHEME}</button>' if context.scripts else ""
    return (
        f'<header class="top">{opener}<a class="home" href="{home}">{text(context.site_title)}</a>'
        f"{mark(context.version)}{_search(context)}{switch}</header>"
    )


def _search(context: PageContext) -> str:
    if not context.search_index:
        return ""
    return (
        f'<form class="find" role="search" hidden data-index="{address(context.search_index)}"'
        f' data-root="{address(context.root)}">'
        '<label class="unseen" for="tl-find">Search</label>'
        '<input id="tl-find" type="search" placeholder="Search" autocomplete="off" spellcheck="false" role="combobox"'
        ' aria-expanded="false" aria-controls="tl-found" aria-autocomplete="list" aria-keyshortcuts="/"'
        ' maxlength="200">'
        '<kbd aria-hidden="true">/</kbd><div class="found" data-found hidden><p role="status"></p>'
        '<ul id="tl-found" role="listbox" aria-label="Found"></ul></div></form>'
    )


def _frame(context: PageContext) -> str:
    return "frame" if context.navigation else "frame alone"


def _main(context: PageContext) -> str:
    title = "" if _HAS_TITLE.search(context.body) else f"<h1>{text(context.title)}</h1>\n"
    above = crumbs(context.crumbs) + contents_above(context.headings)
    return (
        f'<main id="tl-main" tabindex="-1">\n{above}\n'
        f"<article>\n{_byline(context)}{title}{context.body}\n"
        f"</article>\n{neighbours(context.previous, context.next)}\n</main>"
    )


def _byline(context: PageContext) -> str:
    date = f'<time datetime="{text(context.date)}">{text(context.date)}</time>' if context.date else ""
    authors = text(", ".join(context.authors))
    shown = " · ".join(part for part in (date, authors) if part)
    return f'<p class="byline">{shown}</p>\n' if shown else ""


def _aside(context: PageContext) -> str:
    listed = contents(context.headings)
    return f'<aside class="beside">{listed}</aside>\n' if listed else ""


def _footer(context: PageContext) -> str:
    feed = f' · <a href="{address(context.feed)}">Feed</a>' if context.feed else ""
    return f'<footer class="bottom">{text(context.site_title)}{feed}</footer>'

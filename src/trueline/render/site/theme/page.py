"""A page's values → its whole HTML5 document. Nothing is read, so that the same values give the same bytes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from trueline.render.site.context import PageContext
from trueline.render.site.theme.escape import address, text
from trueline.render.site.theme.icon import MENU, SCHEME
from trueline.render.site.theme.language import Words, is_right_to_left, script_words, tag_of, words_of
from trueline.render.site.theme.navigation import MENU_ID, contents, contents_above, crumbs, menu, neighbours
from trueline.render.site.theme.version import mark

_HAS_TITLE = re.compile(r"<h1[\s>]", re.IGNORECASE)
_TITLE = re.compile(
    r'(<p class="markdown-alert-title">|<input type="checkbox"[^>]* aria-label=")([A-Z][A-Za-z ]*)(?=["<])'
)
"""What a parser wrote in English into a page of any language."""


def page(context: PageContext) -> str:
    """The whole document of a page, one `h1`: that of the body where it has one, else the title."""
    words = words_of(context.language)
    return (
        f"<!doctype html>\n{_start(context)}\n<head>\n{_head(context)}</head>\n"
        f'<body>\n<a class="skip" href="#tl-main">{text(words.skip)}</a>\n{_header(context, words)}\n'
        f'<div class="{_frame(context)}">\n{menu(context.navigation, words)}\n{_main(context, words)}\n'
        f"{_aside(context, words)}</div>\n{_footer(context, words)}\n</body>\n</html>\n"
    )


def not_found(context: PageContext) -> str:
    """The whole document for an address that leads nowhere.

    It is served under any address, so every address in the context must begin with `/` (or be absolute). `title` and
    `body` may be empty: then it says that there is no such page, and offers the search and the way home.
    """
    words = words_of(context.language)
    home = f'<p><a href="{address(context.root or "/")}">{text(words.home)}</a></p>'
    body = context.body or f"<p>{text(words.lost_text)}</p>\n{home}"
    return page(replace(context, title=context.title or words.lost, body=body, is_not_found=True, canonical=""))


def _start(context: PageContext) -> str:
    direction = ' dir="rtl"' if is_right_to_left(context.language) else ""
    words = f' data-words="{text(script_words(context.language))}"' if context.scripts else ""
    return f'<html lang="{tag_of(context.language)}"{direction}{words}>'


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


def _header(context: PageContext, words: Words) -> str:
    menu_word = f'<span class="unseen">{text(words.menu)}</span>'
    opener = f'<a class="opener" href="#{MENU_ID}">{MENU}{menu_word}</a>' if context.navigation else ""
    home = address(context.root or "./")
    switch = f'<button class="scheme" type="button" data-scheme>{SCHEME}</button>' if context.scripts else ""
    return (
        f'<header class="top">{opener}<a class="home" href="{home}">{text(context.site_title)}</a>'
        f"{mark(context.version, words.version)}{_search(context, words)}{switch}</header>"
    )


def _search(context: PageContext, words: Words) -> str:
    if not context.search_index:
        return ""
    search = text(words.search)
    return (
        f'<form class="find" role="search" data-index="{address(context.search_index)}"'
        f' data-root="{address(context.root)}">'
        f'<label class="unseen" for="tl-find">{search}</label>'
        f'<input id="tl-find" type="search" placeholder="{search}" autocomplete="off" spellcheck="false"'
        ' role="combobox" aria-expanded="false" aria-controls="tl-found" aria-autocomplete="list"'
        ' aria-keyshortcuts="/" maxlength="200">'
        '<kbd aria-hidden="true">/</kbd><div class="found" data-found hidden><p role="status"></p>'
        f'<ul id="tl-found" role="listbox" aria-label="{text(words.found)}"></ul></div></form>'
    )


def _frame(context: PageContext) -> str:
    return "frame" if context.navigation else "frame alone"


def _main(context: PageContext, words: Words) -> str:
    title = "" if _HAS_TITLE.search(context.body) else f"<h1>{text(context.title)}</h1>\n"
    above = crumbs(context.crumbs, words) + contents_above(context.headings, words)
    return (
        f'<main id="tl-main" tabindex="-1">\n{above}\n'
        f"<article>\n{_byline(context)}{title}{_translated(context.body, words)}\n"
        f"</article>\n{neighbours(context.previous, context.next, words)}\n</main>"
    )


def _translated(body: str, words: Words) -> str:
    """The body with its own words in the page's language; what a writer wrote stays."""
    if not words.titles:
        return body
    return _TITLE.sub(lambda found: found[1] + text(words.titles.get(found[2], found[2])), body)


def _byline(context: PageContext) -> str:
    date = f'<time datetime="{text(context.date)}">{text(context.date)}</time>' if context.date else ""
    authors = text(", ".join(context.authors))
    shown = " · ".join(part for part in (date, authors) if part)
    return f'<p class="byline">{shown}</p>\n' if shown else ""


def _aside(context: PageContext, words: Words) -> str:
    listed = contents(context.headings, words)
    return f'<aside class="beside">{listed}</aside>\n' if listed else ""


def _footer(context: PageContext, words: Words) -> str:
    feed = f' · <a href="{address(context.feed)}">{text(words.feed)}</a>' if context.feed else ""
    return f'<footer class="bottom">{text(context.site_title)}{feed}</footer>'

"""The ways around a site, as HTML: the menu, the table of contents, what stands above a page and beside it.

Everything works without a script: groups open by `details`, and a narrow screen shows the menu as the `:target`.
"""

from collections.abc import Iterable, Sequence

from trueline.render.site.context import Crumb, NavigationItem
from trueline.render.site.parsed import Heading
from trueline.render.site.theme.escape import address, text
from trueline.render.site.theme.icon import CLOSE, NEXT, PREVIOUS
from trueline.render.site.theme.language import Words

MENU_ID = "tl-menu"
DEPTH_MAX = 12
"""Of the menu; what lies deeper is reached from its own pages."""

_CONTENTS_LEVELS = range(2, 4)
_CONTENTS_HEADINGS_MIN = 2


def menu(items: Sequence[NavigationItem], words: Words) -> str:
    """The site's pages as nested lists; nothing where there are none."""
    if not items:
        return ""
    close = f'<a class="close" href="#tl-main">{CLOSE}<span class="unseen">{text(words.close)}</span></a>'
    rows = _branch(items, 1, words)
    return f'<nav class="menu" id="{MENU_ID}" aria-label="{text(words.pages)}">{close}{rows}</nav>'


def contents(headings: Sequence[Heading], words: Words) -> str:
    """The headings of the second and third level, beside the text on a wide screen; nothing where there is only one."""
    rows = _contents_rows(headings)
    if not rows:
        return ""
    title = f'<p id="tl-contents">{text(words.contents)}</p>'
    return f'<nav class="contents" aria-labelledby="tl-contents">{title}{rows}</nav>'


def contents_above(headings: Sequence[Heading], words: Words) -> str:
    """The same, to be opened above the text where the screen has no side."""
    rows = _contents_rows(headings)
    if not rows:
        return ""
    title = text(words.contents)
    opened = f"<details><summary>{title}</summary>{rows}</details>"
    return f'<nav class="contents above" aria-label="{title}">{opened}</nav>'


def crumbs(above: Iterable[Crumb], words: Words) -> str:
    """The pages above this one, from the top."""
    rows = "".join(f"<li>{_link(crumb.title, crumb.address)}</li>" for crumb in above)
    return f'<nav class="crumbs" aria-label="{text(words.crumbs)}"><ol>{rows}</ol></nav>' if rows else ""


def neighbours(previous: Crumb | None, following: Crumb | None, words: Words) -> str:
    """The page before and the page after."""
    links = [
        f'<a class="{kind}" rel="{relation}" href="{address(crumb.address)}">{sign}'
        f"<span><small>{text(word)}</small>{text(crumb.title)}</span></a>"
        for kind, relation, word, sign, crumb in (
            ("previous", "prev", words.previous, PREVIOUS, previous),
            ("next", "next", words.next, NEXT, following),
        )
        if crumb is not None
    ]
    name = text(words.neighbours)
    return f'<nav class="neighbours" aria-label="{name}">{"".join(links)}</nav>' if links else ""


def _contents_rows(headings: Sequence[Heading]) -> str:
    listed = [heading for heading in headings if heading.level in _CONTENTS_LEVELS and heading.id]
    if len(listed) < _CONTENTS_HEADINGS_MIN:
        return ""
    rows = "".join(
        f'<li class="level-{heading.level}"><a href="{address(_fragment(heading.id))}">{text(heading.text)}</a></li>'
        for heading in listed
    )
    return f"<ul>{rows}</ul>"


def _branch(items: Iterable[NavigationItem], depth: int, words: Words) -> str:
    return f"<ul>{''.join(_item(item, depth, words) for item in items)}</ul>"


def _item(item: NavigationItem, depth: int, words: Words) -> str:
    current = ' aria-current="page"' if item.is_current else ""
    link = f'<a href="{address(item.address)}"{current}>{text(item.title)}</a>' if item.address else ""
    if not item.items or depth >= DEPTH_MAX:
        return f"<li>{link or f'<span>{text(item.title)}</span>'}</li>"
    is_open = " open" if item.is_open else ""
    name = f'<span class="unseen">{text(words.below.format(title=item.title))}</span>' if link else text(item.title)
    kind = ' class="both"' if link else ""
    below = _branch(item.items, depth + 1, words)
    return f"<li{kind}>{link}<details{is_open}><summary>{name}</summary>{below}</details></li>"


def _link(title: str, leads_to: str) -> str:
    return f'<a href="{address(leads_to)}">{text(title)}</a>' if leads_to else f"<span>{text(title)}</span>"


def _fragment(heading: str) -> str:
    """An id as the end of an address: what would be read as an encoding, or as another part, is encoded."""
    return "#" + heading.replace("%", "%25").replace("#", "%23")

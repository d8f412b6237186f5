"""The ways around a site, as HTML: the menu, the table of contents, what stands above a page and beside it.

Everything works without a script: groups open by `details`, and a narrow screen shows the menu as the `:target`.
"""

from collections.abc import Iterable, Sequence

from trueline.render.site.context import Crumb, NavigationItem
from trueline.render.site.parsed import Heading
from trueline.render.site.theme.escape import address, text
from trueline.render.site.theme.icon import CLOSE, NEXT, PREVIOUS

MENU_ID = "tl-menu"
DEPTH_MAX = 12
"""Of the menu; what lies deeper is reached from its own pages."""

_CONTENTS_LEVELS = range(2, 4)
_CONTENTS_HEADINGS_MIN = 2


def menu(items: Sequence[NavigationItem]) -> str:
    """The site's pages as nested lists; nothing where there are none."""
    if not items:
        return ""
    close = f'<a class="close" href="#tl-main">{CLOSE}<span class="unseen">Close the menu</span></a>'
    return f'<nav class="menu" id="{MENU_ID}" aria-label="Pages">{close}{_branch(items, 1)}</nav>'


def contents(headings: Sequence[Heading]) -> str:
    """The headings of the second and third level, beside the text on a wide screen; nothing where there is only one."""
    rows = _contents_rows(headings)
    if not rows:
        return ""
    return f'<nav class="contents" aria-labelledby="tl-contents"><p id="tl-contents">On this page</p>{rows}</nav>'


def contents_above(headings: Sequence[Heading]) -> str:
    """The same, to be opened above the text where the screen has no side."""
    rows = _contents_rows(headings)
    if not rows:
        return ""
    opened = f"<details><summary>On this page</summary>{rows}</details>"
    return f'<nav class="contents above" aria-label="On this page">{opened}</nav>'


def crumbs(above: Iterable[Crumb]) -> str:
    """The pages above this one, from the top."""
    rows = "".join(f"<li>{_link(crumb.title, crumb.address)}</li>" for crumb in above)
    return f'<nav class="crumbs" aria-label="Breadcrumb"><ol>{rows}</ol></nav>' if rows else ""


def neighbours(previous: Crumb | None, following: Crumb | None) -> str:
    """The page before and the page after."""
    links = [
        f'<a class="{kind}" rel="{relation}" href="{address(crumb.address)}">{sign}'
        f"<span><small>{word}</small>{text(crumb.title)}</span></a>"
        for kind, relation, word, sign, crumb in (
            ("previous", "prev", "Previous", PREVIOUS, previous),
            ("next", "next", "Next", NEXT, following),
        )
        if crumb is not None
    ]
    return f'<nav class="neighbours" aria-label="Previous and next page">{"".join(links)}</nav>' if links else ""


def _contents_rows(headings: Sequence[Heading]) -> str:
    listed = [heading for heading in headings if heading.level in _CONTENTS_LEVELS and heading.id]
    if len(listed) < _CONTENTS_HEADINGS_MIN:
        return ""
    rows = "".join(
        f'<li class="level-{heading.level}"><a href="{address(_fragment(heading.id))}">{text(heading.text)}</a></li>'
        for heading in listed
    )
    return f"<ul>{rows}</ul>"


def _branch(items: Iterable[NavigationItem], depth: int) -> str:
    return f"<ul>{''.join(_item(item, depth) for item in items)}</ul>"


def _item(item: NavigationItem, depth: int) -> str:
    current = ' aria-current="page"' if item.is_current else ""
    link = f'<a href="{address(item.address)}"{current}>{text(item.title)}</a>' if item.address else ""
    if not item.items or depth >= DEPTH_MAX:
        return f"<li>{link or f'<span>{text(item.title)}</span>'}</li>"
    is_open = " open" if item.is_open else ""
    name = f'<span class="unseen">Pages below {text(item.title)}</span>' if link else text(item.title)
    kind = ' class="both"' if link else ""
    below = _branch(item.items, depth + 1)
    return f"<li{kind}>{link}<details{is_open}><summary>{name}</summary>{below}</details></li>"


def _link(title: str, leads_to: str) -> str:
    return f'<a href="{address(leads_to)}">{text(title)}</a>' if leads_to else f"<span>{text(title)}</span>"


def _fragment(heading: str) -> str:
    """An id as the end of an address: what would be read as an encoding, or as another part, is encoded."""
    return "#" + heading.replace("%", "%25").replace("#", "%23")

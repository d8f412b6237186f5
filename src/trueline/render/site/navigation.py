"""The navigation: declared, else found from the folders; and what of it one page shows. Pure.

A page shows the way to itself and what stands beside that way; other groups are one entry, unless the whole is small.
So the title of a page far away is no part of this one.
"""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from trueline.render.options import NavigationEntry
from trueline.render.site import front
from trueline.render.site.context import Crumb, NavigationItem
from trueline.render.site.discover import PageFile
from trueline.render.site.element import is_safe_address
from trueline.render.site.finding import NAVIGATION
from trueline.render.site.link import LinkIndex, from_page
from trueline.render.site.parsed import Finding, ParsedPage

WHOLE_MAX: Final = 80
_DEPTH_MAX: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """One entry: a page, an address elsewhere, or a group; a group may be a page too."""

    title: str
    page: PageFile | None = None
    address: str = ""
    items: tuple["Node", ...] = ()

    @property
    def first(self) -> PageFile | None:
        """The page that an entry leads to: its own, or the first beneath."""
        return self.page or next((found for one in self.items if (found := one.first) is not None), None)


@dataclass(slots=True)
class _Folder:
    page: PageFile | None = None
    pages: list[PageFile] = field(default_factory=list)
    folders: dict[str, "_Folder"] = field(default_factory=dict)


def title_of(page: PageFile, parsed: ParsedPage) -> str:
    """A page's title: its own, or made of the file's name.

    >>> title_of(PageFile(source="a/get_started.md", name="a/get_started.md", address=""), ParsedPage("", ""))
    'Get started'
    """
    return parsed.title or _named(posixpath.dirname(page.name) if page.is_index else page.name) or "Home"


def from_folders(pages: Sequence[PageFile], parsed: Mapping[str, ParsedPage]) -> tuple[Node, ...]:
    """The home page, then pages and folders by `order` or `weight` of their front matter, then by title."""
    top = _Folder()
    for page in pages:
        folder = top
        for name in posixpath.dirname(page.name).split("/") if "/" in page.name else ():
            folder = folder.folders.setdefault(name, _Folder())
        if page.is_index:
            folder.page = page
        else:
            folder.pages.append(page)
    home = [] if top.page is None else [Node(title=title_of(top.page, parsed[top.page.source]), page=top.page)]
    return (*home, *_sorted(top, parsed))


def _sorted(folder: _Folder, parsed: Mapping[str, ParsedPage]) -> tuple[Node, ...]:
    nodes = [Node(title=title_of(page, parsed[page.source]), page=page) for page in folder.pages]
    for name, below in folder.folders.items():
        title = title_of(below.page, parsed[below.page.source]) if below.page else _named(name)
        nodes.append(Node(title=title, page=below.page, items=_sorted(below, parsed)))
    return tuple(sorted(nodes, key=lambda node: _place(node, parsed)))


def _place(node: Node, parsed: Mapping[str, ParsedPage]) -> tuple[float, str, str, str]:
    order = front.order_of(parsed[node.page.source].front) if node.page else None
    name = node.first.name if node.first else ""
    return (float("inf") if order is None else order, node.title.casefold(), node.title, name)


def declared(
    entries: Iterable[NavigationEntry], links: LinkIndex, parsed: Mapping[str, ParsedPage], depth: int = 0
) -> tuple[tuple[Node, ...], tuple[Finding, ...]]:
    """The navigation as it is declared, and the entries that lead nowhere."""
    nodes = list[Node]()
    findings = list[Finding]()
    for entry in entries if depth < _DEPTH_MAX else ():
        page = links.page_of(entry.path) if entry.path else None
        if entry.path and page is None:
            findings.append(Finding(NAVIGATION, f"{entry.path}{links.near(entry.path)}"))
            continue
        if entry.address and not is_safe_address(entry.address):
            findings.append(Finding(NAVIGATION, entry.address))
            continue
        items, more = declared(entry.items, links, parsed, depth + 1)
        findings += more
        title = entry.title or (title_of(page, parsed[page.source]) if page else entry.address)
        nodes.append(Node(title=title, page=page, address=entry.address, items=items))
    return tuple(nodes), tuple(findings)


class Navigation:
    """A site's navigation, and what of it each page shows."""

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self._nodes = nodes
        self._ways: dict[str, tuple[int, ...]] = {}
        self._order: list[tuple[PageFile, str]] = []
        self._shut: dict[tuple[Node | None, str], tuple[NavigationItem, ...]] = {}
        self._is_whole = self._walk(nodes, ()) <= WHOLE_MAX
        self._numbers = {page.source: number for number, (page, _) in enumerate(self._order)}

    def _walk(self, nodes: tuple[Node, ...], way: tuple[int, ...]) -> int:
        count = len(nodes)
        for at, node in enumerate(nodes):
            if node.page is not None and node.page.source not in self._ways:
                self._ways[node.page.source] = (*way, at)
                self._order.append((node.page, node.title))
            count += self._walk(node.items, (*way, at))
        return count

    def items(self, page: PageFile, root: str) -> tuple[NavigationItem, ...]:
        """What a page shows."""
        return self._open(None, self._ways.get(page.source, ()), root)

    def crumbs(self, page: PageFile) -> tuple[Crumb, ...]:
        """The pages and groups above a page."""
        found, nodes = list[Crumb](), self._nodes
        for at in self._ways.get(page.source, ())[:-1]:
            found.append(Crumb(title=nodes[at].title, address=_address(nodes[at], page.root)))
            nodes = nodes[at].items
        return tuple(found)

    def beside(self, page: PageFile) -> tuple[Crumb | None, Crumb | None]:
        """The page before and the page after."""
        at = self._numbers.get(page.source)
        return (None, None) if at is None else (self._crumb(at - 1, page.root), self._crumb(at + 1, page.root))

    def _crumb(self, at: int, root: str) -> Crumb | None:
        if not 0 <= at < len(self._order):
            return None
        page, title = self._order[at]
        return Crumb(title=title, address=from_page(root, page.address))

    def _open(self, group: Node | None, way: tuple[int, ...], root: str) -> tuple[NavigationItem, ...]:
        """The entries of a group that the page stands in: those on its way are open."""
        shut = self._closed(group, root)
        if not way:
            return shut
        node = (group.items if group else self._nodes)[way[0]]
        opened = NavigationItem(
            title=node.title,
            address=_address(node, root) if node.page or node.address else "",
            is_current=len(way) == 1,
            is_open=True,
            items=self._open(node, way[1:], root),
        )
        return (*shut[: way[0]], opened, *shut[way[0] + 1 :])

    def _closed(self, group: Node | None, root: str) -> tuple[NavigationItem, ...]:
        """The entries of a group as they are for all pages beside it, and as deep: the same values for all of them."""
        found = self._shut.get((group, root))
        if found is None:
            nodes = group.items if group else self._nodes
            found = self._shut[group, root] = tuple(self._closed_item(node, root) for node in nodes)
        return found

    def _closed_item(self, node: Node, root: str) -> NavigationItem:
        """A group shows what it holds only where the whole is small; else it leads to its first page."""
        items = self._closed(node, root) if self._is_whole else ()
        has_own = node.page is not None or bool(node.address)
        return NavigationItem(
            title=node.title, address=_address(node, root) if has_own or not items else "", items=items
        )


def _address(node: Node, root: str) -> str:
    first = node.first
    return from_page(root, first.address) if first and not node.address else node.address


def _named(path: str) -> str:
    """The words of a file's or folder's name."""
    name = posixpath.basename(path)
    stem = name.rsplit(".", 1)[0] if name.lower().endswith((".md", ".markdown")) else name
    words = stem.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]

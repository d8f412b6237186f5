"""Where the redirects of a site lead in the end: to a file, to another site, nowhere, or in a circle. Pure.

A rule with places in it is followed from one address that it matches. What that leads to may be there for other
addresses, so of such a rule only a circle is told, and a second address that has no places in it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from trueline.model.digest import Digest
from trueline.render.site.address import read_address
from trueline.render.site.file import Redirect
from trueline.render.site.finding import REDIRECT_ANCHOR, REDIRECT_ASTRAY, REDIRECT_CYCLE
from trueline.render.site.parsed import Finding
from trueline.render.site.pattern import example, is_pattern, normal
from trueline.render.site.rule import Led
from trueline.render.site.served import File, Moved, ServedRelease

STEPS_MAX: Final = 20
"""Browsers give up after about as many."""
SHOWN: Final = 6
NO_ANCHORS: Final[Mapping[str, Collection[str]]] = {}
_OF_THE_BROWSER: Final = (":~:",)
_OF_THE_THEME: Final = ("tl-",)
_SOME: Final = "some-page-that-is-not-there"
_STEP: Final = 2
"""A rule that is no redirect, but shows another file, leads at once to a file or nowhere."""


def astray(
    redirects: Sequence[Redirect],
    lines: Mapping[str, int],
    published: Collection[str],
    anchors: Mapping[str, Collection[str]] = NO_ANCHORS,
) -> Iterator[Finding]:
    """What is wrong with the ways of redirects, each circle once, at the first line that is part of it.

    `lines` are those of the rules that were written, by their `normal` first addresses; only these are followed.
    `published` are the paths of the site's files, `anchors` what a link can lead to on those that are known pages.
    """
    release = ServedRelease.of(dict.fromkeys(published, Digest("")), sizes={}, redirects=redirects)
    told: set[str] = set()
    for one in redirects:
        line = lines.get(normal(one.source))
        if line is None:
            continue
        way = _way(release, example(one.source, _SOME))
        if circle := _circle(way, one):
            if told.isdisjoint(circle):
                yield Finding(
                    REDIRECT_CYCLE,
                    _shown(way if way[-1] else [one.source, one.leads_to]),
                    min(_lines(circle, lines), default=line),
                )
            told.update(way)
        elif not way[-1] and not _is_open(way, one):
            yield Finding(REDIRECT_ASTRAY, f"{one.source} → {one.leads_to}", line)
        elif _is_anchor_lost(release, one.leads_to, anchors):
            yield Finding(REDIRECT_ANCHOR, f"{one.source} → {one.leads_to}", line)


def _is_anchor_lost(release: ServedRelease, location: str, anchors: Mapping[str, Collection[str]]) -> bool:
    """Whether a place on a page is asked for that the page has not. A browser keeps the anchor over what follows."""
    location, _, anchor = location.partition("#")
    if not anchor or anchor.startswith((*_OF_THE_BROWSER, *_OF_THE_THEME)) or _leaves(location) or ":" in location:
        return False
    address = read_address(location.partition("?")[0])
    found = None if address is None else release.find(address)
    known = anchors.get(found.path) if isinstance(found, File) else None
    return known is not None and unquote(anchor) not in known


def _circle(way: Sequence[str], one: Redirect) -> Sequence[str]:
    """The part of a way that is gone again and again; of one that grows without end, all of it."""
    if way[-1] in way[:-1]:
        return way[way.index(way[-1]) : -1]
    if len(way) > STEPS_MAX + 1 or (normal(one.source) == normal(one.leads_to) and not way[-1]):
        return way[:-1]
    return ()


def _lines(addresses: Sequence[str], lines: Mapping[str, int]) -> list[int]:
    return [lines[known] for one in addresses if (known := normal(one)) in lines]


def _is_open(way: Sequence[str], one: Redirect) -> bool:
    """Whether the end depends on what an address has in the places of a rule."""
    if len(way) > _STEP:
        return _SOME in way[-2]
    return is_pattern(one.source) and ":" in one.leads_to


def _way(release: ServedRelease, start: str) -> list[str]:
    """The addresses from a rule's first one on: up to a file or another site, one that was passed, or `""`: nowhere."""
    way = [start]
    while way[-1] not in way[:-1] and len(way) <= STEPS_MAX + 1:
        address = read_address(way[-1])
        match None if address is None else release.find(address):
            case Led(location=location) if not _leaves(location):
                way.append(location.partition("#")[0].partition("?")[0])
            case Moved(path=path):
                way.append(f"/{path}")
            case Led() | File():
                break
            case None:
                way.append("")
                break
    return way


def _leaves(location: str) -> bool:
    return not location.startswith("/") or location.startswith("//")


def _shown(way: Sequence[str]) -> str:
    """The way as it is gone, shortened where it goes on and on."""
    return " → ".join(way if len(way) <= SHOWN else [*way[:SHOWN], "…"])

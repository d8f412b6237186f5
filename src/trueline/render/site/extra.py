"""The files of a site that no Markdown says: the theme's own, the search index, feed, sitemap and robots.

Each is kept by what it is made of.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from trueline.model.digest import Digest, digest_value
from trueline.render.site import front
from trueline.render.site.assemble import SCRIPTS, STYLES, Frame
from trueline.render.site.discover import NOT_FOUND, PageFile
from trueline.render.site.engine import engine_digest
from trueline.render.site.feed import FEED, FeedEntry, feed, feed_entry
from trueline.render.site.file import SiteFile
from trueline.render.site.keep import Keeper, Shelf, fragment_key, named_by_content
from trueline.render.site.link import encoded
from trueline.render.site.navigation import title_of
from trueline.render.site.parsed import ParsedPage
from trueline.render.site.search import ENTRY, Built, SearchIndex, fragment
from trueline.render.site.sitemap import ROBOTS, SITEMAP, sitemap
from trueline.render.site.theme.asset import assets
from trueline.runtime.blob import Blobs

THEME_FOLDER: Final = "assets/theme"
SEARCH_FOLDER: Final = "assets/search"
SEARCH_ENTRY: Final = f"{SEARCH_FOLDER}/{ENTRY}"
MADE: Final = frozenset({FEED, ROBOTS, SITEMAP, NOT_FOUND})
"""Files of a plain name that a site may have without being told."""
ICON: Final = "icon.svg"
SLICE: Final = 8
REMEMBERED_BYTES_MAX: Final = 64 << 20
"""More than that of one site's index is read again each time, and not held in memory."""


class Theme(msgspec.Struct, frozen=True):
    """The theme's own files, and their paths by their plain names."""

    files: tuple[SiteFile, ...]
    paths: dict[str, str]

    @property
    def styles(self) -> tuple[str, ...]:
        """Paths of style sheets."""
        return tuple(self.paths[name] for name in STYLES if name in self.paths)

    @property
    def scripts(self) -> tuple[str, ...]:
        """Paths of scripts."""
        return tuple(self.paths[name] for name in SCRIPTS if name in self.paths)


def theme_files(keeper: Keeper, *, has_versions: bool = False) -> Theme:
    """The theme's files under names that hold their content."""
    named = {
        name: (f"{THEME_FOLDER}/{named_by_content(name, data)}", data)
        for name, data in assets(has_versions=has_versions).items()
    }
    files = tuple(keeper.file(path, data, is_immutable=True) for path, data in named.values())
    return Theme(files, {name: path for name, (path, _) in named.items()})


def feed_files(
    keeper: Keeper, frame: Frame, pages: Sequence[PageFile], parsed: Mapping[str, ParsedPage]
) -> tuple[SiteFile, ...]:
    """The feed, where the site's address is known and a page has a date."""
    if not frame.url or not frame.options.feed:
        return ()
    entries = [_entry(page, parsed[page.source]) for page in pages]
    made = feed(frame.url, frame.title, [one for one in entries if one], frame.options.language)
    return tuple(keeper.file(path, data) for path, data in sorted(made.items()))


def has_feed(frame: Frame, pages: Sequence[PageFile], parsed: Mapping[str, ParsedPage]) -> str:
    """The feed's path, if there will be one."""
    is_wanted = frame.options.feed and bool(frame.url)
    return FEED if is_wanted and any(_entry(page, parsed[page.source]) for page in pages) else ""


def _entry(page: PageFile, parsed: ParsedPage) -> FeedEntry | None:
    if "date" not in parsed.front:
        return None
    return feed_entry(encoded(page.address), msgspec.structs.replace(parsed, title=title_of(page, parsed)))


def sitemap_files(
    keeper: Keeper, frame: Frame, pages: Sequence[PageFile], parsed: Mapping[str, ParsedPage]
) -> tuple[SiteFile, ...]:
    """The sitemap, where the site's address is known; of versions only the default one has one, for the whole site."""
    version = frame.options.version
    if not frame.url or (version and not version.is_default):
        return ()
    listed = [(encoded(page.address), front.day_of(parsed[page.source].front)) for page in pages]
    return tuple(
        keeper.file(path, data) for path, data in sorted(sitemap(frame.url, listed, frame.options.url).items())
    )


class SearchBuilder:
    """The search index of one site, made again only where a page's text changed. It waits for nobody, in slices."""

    def __init__(self, cache: Shelf, blobs: Blobs) -> None:
        self._cache = cache
        self._keeper = Keeper(cache, blobs)
        self._blobs = blobs
        self._index = SearchIndex()
        self._fragments: dict[str, bytes] = {}
        self._files: dict[str, SiteFile] = {}

    def lost(self, pages: Sequence[PageFile], keys: Mapping[str, str]) -> list[PageFile]:
        """The pages whose fragment is not kept."""
        names = dict(zip(_fragment_keys(pages, keys), pages, strict=True))
        self._fragments = {name: made for name, made in self._fragments.items() if name in names}
        asked = [name for name in names if name not in self._fragments]
        self._cache.fetch(asked)
        self._fragments |= {name: made for name in asked if (made := self._cache.get(name)) is not None}
        return [page for name, page in names.items() if name not in self._fragments]

    def keep(self, pages: Sequence[PageFile], fragments: Mapping[str, bytes], keys: Mapping[str, str]) -> None:
        """Have the fragments of pages at hand, an empty one of a page that could not be read."""
        for page in pages:
            made = fragments[page.source] or fragment(encoded(page.address), _unread(page))
            self._fragments[fragment_key(keys[page.source], page.address)] = made

    def kept(self, pages: Sequence[PageFile], keys: Mapping[str, str]) -> tuple[SiteFile, ...] | None:
        """The index, if it was made of the same pages."""
        return self._kept(_index_key(_fragment_keys(pages, keys)))

    async def files(self, pages: Sequence[PageFile], keys: Mapping[str, str]) -> tuple[SiteFile, ...]:
        """The index of pages whose fragments are kept."""
        names = _fragment_keys(pages, keys)
        fragments = [self._fragments[name] for name in names]
        made = await self._built(fragments)
        there = self._blobs.known([Digest(one.blob) for one in self._files.values()])
        before = {name: one for name, one in self._files.items() if one.blob in there}
        if any(name not in before and name not in made.news for name in made.names):
            self._index = SearchIndex()  # bytes that it does not have any more were lost
            made = await self._built(fragments)
        files = dict[str, SiteFile]()
        for number, name in enumerate(sorted(made.names)):
            if number % SLICE == 0:
                await asyncio.sleep(0)
            if name in before and name != ENTRY:  # every other name holds its content's digest
                files[name] = before[name]
            else:
                path = f"{SEARCH_FOLDER}/{name}"
                files[name] = self._keeper.file(path, made.news[name], is_immutable=name != ENTRY)
        self._files = files
        self._cache.put(_index_key(names), msgspec.json.encode(tuple(files.values())))
        if self._index.size_bytes > REMEMBERED_BYTES_MAX:
            self._fragments, self._index = {}, SearchIndex()
        return tuple(files.values())

    async def _built(self, fragments: list[bytes]) -> Built:
        """In a thread: it takes half a second for a thousand new pages, and cannot be cut."""
        index, self._index = self._index, SearchIndex()  # whoever is cancelled leaves a thread that still works on it
        made = await asyncio.to_thread(index.build, fragments)
        self._index = index
        return made

    def _kept(self, key: str) -> tuple[SiteFile, ...] | None:
        text = self._cache.get(key)
        files = None if text is None else msgspec.json.decode(text, type=tuple[SiteFile, ...])
        wanted = None if files is None else {Digest(one.blob) for one in files}
        return files if wanted is not None and wanted == self._blobs.known(wanted) else None


def _unread(page: PageFile) -> ParsedPage:
    untitled = ParsedPage(title="", html="")
    return msgspec.structs.replace(untitled, title=title_of(page, untitled))


def _fragment_keys(pages: Sequence[PageFile], keys: Mapping[str, str]) -> list[str]:
    return [fragment_key(keys[page.source], page.address) for page in pages]


def _index_key(names: Sequence[str]) -> str:
    return f"site/search/{digest_value([engine_digest(), sorted(names)])}"

"""The renderer of sites: discover, read, link, assemble, release. The same files, the same bytes.

Cost goes with the change: a page is read once for each content, and made once for each key of what stands on it.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from trueline.model.digest import Digest
from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render.options import Site
from trueline.render.protocol import RenderRequest
from trueline.render.resource import Rendered
from trueline.render.site import front, picture
from trueline.render.site.assemble import Draft, Frame, Said, document, drafted, not_found
from trueline.render.site.course import astray
from trueline.render.site.discover import NOT_FOUND, AssetFile, Found, PageFile, discover
from trueline.render.site.extra import (
    ICON,
    MADE,
    SEARCH_ENTRY,
    SLICE,
    SearchBuilder,
    Theme,
    feed_files,
    has_feed,
    sitemap_files,
    theme_files,
)
from trueline.render.site.file import HeaderRule, Redirect, Release, SiteFile
from trueline.render.site.finding import IMAGE_TOO_LARGE, NO_PAGE, NO_WORDS, REDIRECT_CYCLE, TOO_LARGE, Told
from trueline.render.site.image.bare import bare
from trueline.render.site.image.drawing import fault_of, may_draw
from trueline.render.site.image.finding import found
from trueline.render.site.keep import Keeper, PageCache, Shelf, identity_of
from trueline.render.site.link import HINTS_MAX, LinkIndex, encoded
from trueline.render.site.media import media_of
from trueline.render.site.memory import Followed, Memories, Memory, anchors_of
from trueline.render.site.navigation import Navigation, declared, from_folders, title_of
from trueline.render.site.parsed import Finding, ParsedPage
from trueline.render.site.pattern import normal
from trueline.render.site.picture import Pictures, Shown
from trueline.render.site.read import PageReader, Pages
from trueline.render.site.redirect import read_headers, read_redirects, redirect_lines, with_aliases
from trueline.render.site.release import Tree, rendered
from trueline.render.site.stub import stubs
from trueline.render.site.theme.language import has_words, languages
from trueline.runtime.blob import Blobs
from trueline.runtime.files import FileTree
from trueline.runtime.task_group import TaskGroup, fault_group
from trueline.runtime.toolbox import Toolbox

WHOLE_AT_ONCE: Final = 256
WRITTEN_AT_ONCE: Final = 64
INDEXES_REMEMBERED: Final = 8
OWN_ICONS: Final = ("favicon.svg", "favicon.png", "favicon.ico")
"""At the site's root, the first of them goes before the theme's."""


@dataclass(frozen=True, kw_only=True)
class _Site:
    """One render on its way: what was found and read, and what all pages have in common."""

    found: Found
    read: Pages
    parsed: Mapping[str, ParsedPage]
    links: LinkIndex
    told: Told
    options: Site
    memory: Memory

    @cached_property
    def pages(self) -> Sequence[PageFile]:
        """What is published, in the order of addresses."""
        return [page for page in self.found.pages if page.source in self.parsed]

    @cached_property
    def listed(self) -> Sequence[PageFile]:
        """What a reader can find."""
        return [page for page in self.pages if not page.is_not_found]

    @property
    def home(self) -> PageFile:
        """The first page: the site's own, where it has one."""
        return (self.listed or self.pages)[0]


class SiteRenderer:
    """Renders a site; see `render.protocol.Renderer`.

    `pages_parsed`, `pages_followed` (whose links were) and `pages_assembled` count what was made anew. `worker` is a
    pool of `render.site.worker`, `toolbox` the one that reads YAML. Without `images`, image files are published as they
    are.
    """

    def __init__(
        self,
        *,
        worker: Toolbox,
        toolbox: Toolbox,
        blobs: Blobs,
        cache: PageCache,
        images: Pictures | None = None,
    ) -> None:
        self._cache = Shelf(cache)
        self._reader = PageReader(worker=worker, toolbox=toolbox, cache=self._cache)
        self._keeper = Keeper(self._cache, blobs)
        self._blobs = blobs
        self._images = images
        self._indexes: dict[str, SearchBuilder] = {}
        self._memories = Memories()
        self.pages_followed = 0
        self.pages_assembled = 0

    @property
    def pages_parsed(self) -> int:
        """How many pages the worker was asked for."""
        return self._reader.pages_parsed

    @property
    def images_encoded(self) -> int:
        """How many images were encoded."""
        return self._images.encodes if self._images is not None else 0

    async def render(self, request: RenderRequest, files: FileTree) -> Rendered:
        """Render a site; see `Renderer.render`."""
        try:
            return await self._render(request, files)
        finally:
            self._cache.flush()

    async def _render(self, request: RenderRequest, files: FileTree) -> Rendered:
        options = request.options if isinstance(request.options, Site) else Site()
        told = Told(request.commit, broken_links_stop=options.broken_links != "warn", is_past=options.is_past)
        if not has_words(options.language):
            told.add("", [Finding(NO_WORDS, f"{options.language}; there are words for {', '.join(languages())}")])
        site = await self._read(request, files, options, told)
        shown = await picture.show(site.pages, site.parsed, site.links, files, self._images)
        for source, finding in shown.findings:
            told.add(source, [finding])
        theme = theme_files(self._keeper, has_versions=options.version is not None)
        frame = _frame(site, theme)
        navigation, drafts, linked = await _followed(site, frame, shown)
        self.pages_followed += site.memory.followed
        rules = await _rules(site, files)
        if told.errors:
            raise UserError(told.errors)
        tree = Tree()
        await self._pages(site, drafts, files, tree)
        await self._copies(site, shown, linked | _led(site, rules[0]), files, tree)
        tree.add(theme.files, "")
        self._extras(site, frame, navigation, tree)
        if options.search:
            tree.add(await self._search(request, site, files), "")
        leading = [self._keeper.file(path, data) for path, data in stubs(rules[0], tree.paths)]
        tree.add(leading, site.found.redirects)
        if told.errors:
            raise UserError(told.errors)
        release = Release(
            files={file.path: file.blob for file, _ in tree.sorted()},
            stubs=tuple(sorted(file.path for file in leading)),
            redirects=rules[0],
            headers=rules[1],
            not_found=NOT_FOUND,
            keep_s=options.keep_assets_s,
        )
        made = rendered(tree, release, site.home.source, request.commit, told.notes)
        self._memories.put(_name(request, options), site.memory)
        return replace(made, outside=_outside(site, request.commit))

    async def _read(self, request: RenderRequest, files: FileTree, options: Site, told: Told) -> _Site:
        memory = self._memories.take(_name(request, options))
        found = discover(files, request.path, memory.walked)
        for source, finding in found.findings:
            told.add(source, [finding])
        if not found.pages:
            told.add(request.path, [Finding(NO_PAGE, f"no *.md file under {request.path or '/'}")])
            raise UserError(told.errors)
        read = await self._reader.outlines(
            files, found.pages, memory.outlines, allow_html=options.allow_html, search=options.search
        )
        parsed = {page.source: read.outlines[page.source] for page in found.pages}
        for source, page in parsed.items():
            told.add(source, page.findings)
        if not options.drafts:
            parsed = {source: page for source, page in parsed.items() if not front.is_draft(page.front)}
        if not parsed:
            told.add(request.path, [Finding(NO_PAGE, "every page is a draft")])
            raise UserError(told.errors)
        links = memory.index(found, parsed, options)
        return _Site(found=found, read=read, parsed=parsed, links=links, told=told, options=options, memory=memory)

    async def _pages(self, site: _Site, drafts: Sequence[Draft], files: FileTree, tree: Tree) -> None:
        """Take the pages that are kept, and make the others."""
        lost, before, site.memory.files = list[Draft](), site.memory.files, {}
        there = self._blobs.known([Digest(one.blob) for one in before.values()])
        self._cache.fetch([draft.key for draft in drafts if draft.key not in before])
        for draft in drafts:
            kept = before.get(draft.key)
            if kept is None or kept.path != draft.page.path or kept.blob not in there:
                kept = self._keeper.found(draft.key, draft.page.path)
            if kept is None:
                lost.append(draft)
            else:
                self._publish(kept, draft, site, tree)
        async with fault_group() as group:
            await self._make(lost, site, files, tree, group)

    async def _make(self, lost: Sequence[Draft], site: _Site, files: FileTree, tree: Tree, group: TaskGroup) -> None:
        writing: asyncio.Task[None] | None = None
        for start in range(0, len(lost), WRITTEN_AT_ONCE):
            some = lost[start : start + WRITTEN_AT_ONCE]
            documents = await self._documents(some, site, files)
            if writing is not None:
                await writing
            writing = group.create_task(self._written(some, documents, site, tree))

    async def _documents(self, drafts: Sequence[Draft], site: _Site, files: FileTree) -> list[bytes]:
        pages = [draft.page for draft in drafts]
        whole = await self._reader.whole(files, pages, site.read, allow_html=site.options.allow_html)
        made = list[bytes]()
        for number, draft in enumerate(drafts):
            if number % SLICE == 0:
                await asyncio.sleep(0)
            made.append(document(draft, whole[draft.page.source].html))
        self.pages_assembled += len(made)
        return made

    async def _written(self, drafts: Sequence[Draft], documents: Sequence[bytes], site: _Site, tree: Tree) -> None:
        """In a thread: while some pages are written to the disk, the next ones are made."""
        blobs = await asyncio.to_thread(lambda: [self._blobs.put(data) for data in documents])
        for draft, data, blob in zip(drafts, documents, blobs, strict=True):
            self._publish(self._keeper.kept(draft.key, draft.page.path, blob, len(data)), draft, site, tree)

    def _publish(self, file: SiteFile, draft: Draft, site: _Site, tree: Tree) -> None:
        if file.size_bytes > site.options.page_bytes_max:
            detail = f"{file.size_bytes} bytes as it is published, allowed are {site.options.page_bytes_max}"
            site.told.add(draft.page.source, [Finding(TOO_LARGE, detail)])
        site.memory.files[draft.key] = file
        tree.add([file], draft.page.source)

    async def _copies(self, site: _Site, shown: Shown, linked: frozenset[str], files: FileTree, tree: Tree) -> None:
        """The images that were made, and the other files as they are.

        An image that pages show is published only as it was made, unless a link asks for the file itself. Either way
        what a camera wrote into it is not.
        """
        for path in sorted(shown.files):
            file, source = shown.files[path]
            _weigh(file, source, site)
            tree.add([file], source)
        for asset in site.found.assets:
            if asset.source not in shown.encoded or asset.source in linked:
                copied = await self._copy(asset, files, site)
                if copied is not None:
                    _weigh(copied, asset.source, site)
                    tree.add([copied], asset.source)

    async def _copy(self, asset: AssetFile, files: FileTree, site: _Site) -> SiteFile | None:
        """A file as it is; an image without what its camera wrote into it, a drawing only where it does no more."""
        is_image = media_of(asset.name).startswith("image/")
        if may_draw(asset.name) and not site.options.allow_html:
            return await self._drawing(asset, files, site)
        key = f"site/{'bare' if is_image else 'copy'}/{identity_of(files, asset.source)}"
        if (kept := self._keeper.found(key, asset.name)) is not None:
            return kept
        data = await files.read(asset.source)
        return self._keeper.made(key, asset.name, await asyncio.to_thread(bare, data) if is_image else data)

    async def _drawing(self, asset: AssetFile, files: FileTree, site: _Site) -> SiteFile | None:
        """A browser that is led to an SVG runs what stands in it, as a page of the site."""
        key = f"site/drawing/{identity_of(files, asset.source)}"
        if (kept := self._keeper.found(key, asset.name)) is not None:
            return kept
        data = await files.read(asset.source)
        if (remark := await asyncio.to_thread(fault_of, data)) is not None:
            site.told.add(asset.source, [found(remark.code, asset.source, remark.detail)])
            return None
        return self._keeper.made(key, asset.name, data)

    def _extras(self, site: _Site, frame: Frame, navigation: Navigation, tree: Tree) -> None:
        """What no Markdown says, but for the search; a file of the site's own goes before it."""
        tree.add(feed_files(self._keeper, frame, site.listed, site.parsed), "")
        tree.add(sitemap_files(self._keeper, frame, site.listed, site.parsed), "")
        if NOT_FOUND not in tree:
            draft = not_found(frame, navigation)
            kept = self._keeper.found(draft.key, NOT_FOUND)
            tree.add([kept or self._keeper.made(draft.key, NOT_FOUND, document(draft, ""))], "")

    async def _search(self, request: RenderRequest, site: _Site, files: FileTree) -> tuple[SiteFile, ...]:
        name = _name(request, site.options)
        builder = self._indexes.pop(name, None) or SearchBuilder(self._cache, self._blobs)
        self._indexes[name] = builder
        if len(self._indexes) > INDEXES_REMEMBERED:
            del self._indexes[next(iter(self._indexes))]
        if (kept := builder.kept(site.listed, site.read.keys)) is not None:
            return kept
        fresh = [page for page in site.listed if page.source in site.read.fragments]
        builder.keep(fresh, site.read.fragments, site.read.keys)
        lost = builder.lost(site.listed, site.read.keys)
        for start in range(0, len(lost), WHOLE_AT_ONCE):
            some = lost[start : start + WHOLE_AT_ONCE]
            cut = await self._reader.fragments(files, some, site.read, allow_html=site.options.allow_html)
            builder.keep(some, cut, site.read.keys)
        return await builder.files(site.listed, site.read.keys)


def _name(request: RenderRequest, options: Site) -> str:
    """What is remembered is of one site: of one version, where an application has several."""
    return f"{request.application}/{options.version.name}" if options.version else request.application


def _frame(site: _Site, theme: Theme) -> Frame:
    title = site.options.title or title_of(site.home, site.parsed[site.home.source])
    own = {asset.name for asset in site.found.assets}
    frame = Frame(
        options=site.options,
        title=title,
        styles=theme.styles,
        scripts=theme.scripts,
        icon=next((name for name in OWN_ICONS if name in own), theme.paths[ICON]),
        search=SEARCH_ENTRY if site.options.search else "",
    )
    return replace(frame, feed=has_feed(frame, site.listed, site.parsed))


async def _followed(site: _Site, frame: Frame, shown: Shown) -> tuple[Navigation, list[Draft], frozenset[str]]:
    """The navigation, every page with its links followed, and the files that links lead to.

    What is remembered of a page holds while all that pages share, its own text and what its links lead to are the same.
    Which links are told what is near depends on how many there are: where that may matter, nothing is remembered.
    """
    memory, begun = site.memory, site.links.hints
    moved = memory.share(frame, site.found, site.parsed, site.read.keys)
    reused = await _follow(site, frame, shown, moved)
    if reused and site.links.hints + reused > HINTS_MAX:
        memory.forget_pages()
        site.links.hints = begun
        await _follow(site, frame, shown, frozenset())
    assert memory.navigation is not None
    site.told.add("", memory.astray)
    for page in site.pages:
        site.told.add(page.source, memory.pages[page.source].findings)
    drafts = [memory.pages[page.source].draft for page in site.pages]
    return memory.navigation, drafts, frozenset[str]().union(*(one.assets for one in memory.pages.values()))


async def _follow(site: _Site, frame: Frame, shown: Shown, moved: frozenset[str]) -> int:
    """Follow what is not remembered; how many findings of what is remembered there are."""
    memory, reused = site.memory, 0
    if memory.navigation is None:
        memory.navigation, memory.astray = _navigation(site)
    else:
        reused += len(memory.astray)
    for number, page in enumerate(site.pages):
        if number % SLICE == 0:
            await asyncio.sleep(0)
        before, made_of = memory.pages.get(page.source), site.read.keys[page.source]
        pictures = shown.html[page.source]
        is_same = before is not None and before.made_of == made_of and before.draft.pictures == pictures
        if before is not None and is_same and moved.isdisjoint(before.targets):
            reused += len(before.findings)
        else:
            memory.followed += 1
            memory.pages[page.source] = _follow_one(site, frame, memory.navigation, page, pictures)
    return reused


def _follow_one(
    site: _Site, frame: Frame, navigation: Navigation, page: PageFile, pictures: tuple[str, ...]
) -> Followed:
    parsed, made_of = site.parsed[page.source], site.read.keys[page.source]
    leads = [site.links.follow(page, link) for link in parsed.links]
    addresses = tuple(lead.address for lead in leads)
    said = Said(parsed=parsed, made_of=made_of, addresses=addresses, pictures=pictures)
    return Followed(
        made_of=made_of,
        draft=drafted(frame, navigation, page, said),
        anchors=anchors_of(parsed),
        targets=frozenset(lead.page.source for lead in leads if lead.page),
        assets=frozenset(lead.asset.source for lead in leads if lead.asset),
        findings=tuple(lead.finding for lead in leads if lead.finding),
    )


def _navigation(site: _Site) -> tuple[Navigation, tuple[Finding, ...]]:
    if not site.options.navigation:
        return Navigation(from_folders(site.listed, site.parsed)), ()
    nodes, findings = declared(site.options.navigation, site.links, site.parsed)
    return Navigation(nodes), findings


def _outside(site: _Site, commit: str) -> tuple[tuple[str, Origin], ...]:
    """Links to other sites, where they are to be asked."""
    if site.options.external_links != "warn":
        return ()
    return tuple(
        (link.target, Origin(path=page.source, line=link.line, commit=commit))
        for page in site.pages
        for link in site.parsed[page.source].links
        if link.target.startswith(("https://", "http://"))
    )


def _weigh(file: SiteFile, source: str, site: _Site) -> None:
    if file.media.startswith("image/") and file.size_bytes > site.options.image_bytes_max:
        detail = f"/{file.path}: {file.size_bytes} bytes, allowed are {site.options.image_bytes_max}"
        site.told.add(source, [Finding(IMAGE_TOO_LARGE, detail)])


def _aliases(site: _Site) -> Iterator[tuple[str, str, str]]:
    for page in site.listed:
        for alias in front.aliases_of(site.parsed[page.source].front) or ():
            yield page.source, alias, f"/{encoded(page.address)}"


async def _rules(site: _Site, files: FileTree) -> tuple[tuple[Redirect, ...], tuple[HeaderRule, ...]]:
    """The rules of `_redirects` and `_headers`."""
    redirects: tuple[Redirect, ...] = ()
    headers: tuple[HeaderRule, ...] = ()
    lines: dict[str, int] = {}
    if path := site.found.redirects:
        text = (await files.read(path)).decode(errors="replace")
        redirects, findings = read_redirects(text)
        lines = redirect_lines(text)
        site.told.add(path, findings)
    redirects, doubled = with_aliases(redirects, _aliases(site))
    for source, finding in doubled:
        site.told.add(source, [finding])
    site.told.add(site.found.redirects, _astray(site, redirects, lines))
    if path := site.found.headers:
        headers, findings = read_headers((await files.read(path)).decode(errors="replace"))
        site.told.add(path, findings)
    return redirects, headers


def _astray(site: _Site, redirects: Sequence[Redirect], lines: Mapping[str, int]) -> list[Finding]:
    """Redirects that lead nowhere or in a circle. One of a version may lead to another version, which is not known."""
    if not lines:
        return []
    published = {*(page.path for page in site.pages), *(asset.name for asset in site.found.assets), *MADE}
    anchors = {page.path: anchors_of(site.parsed[page.source]) for page in site.pages}
    found = astray(redirects, lines, published, anchors)
    return [one for one in found if one.code == REDIRECT_CYCLE or site.options.version is None]


def _led(site: _Site, redirects: Sequence[Redirect]) -> frozenset[str]:
    """The files that a redirect leads to: what had another address is asked for by its own name."""
    asked = {normal(one.leads_to) for one in redirects}
    return frozenset(asset.source for asset in site.found.assets if f"/{asset.name}" in asked)

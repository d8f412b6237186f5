"""Pages as they are read: from the cache by their file's identity, else by the worker in batches. It knows no links.

An *outline* is a page without its HTML and its text: what the other pages need of it.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from trueline.model.digest import digest_value
from trueline.model.fault import Transient
from trueline.render import refusal
from trueline.render.site.discover import PageFile
from trueline.render.site.engine import engine_digest
from trueline.render.site.finding import NOT_READ, NOT_UTF8, TOO_LARGE
from trueline.render.site.front import Parted, part, read_front, wrong_values
from trueline.render.site.keep import Shelf, fragment_key, identity_of
from trueline.render.site.link import encoded
from trueline.render.site.memory import Outline
from trueline.render.site.navigation import title_of
from trueline.render.site.parsed import Finding, ParsedPage
from trueline.runtime.files import FileTree
from trueline.runtime.task_group import fault_group
from trueline.runtime.toolbox import Toolbox, ToolboxFailed, ToolboxRefused

SOURCE_BYTES_MAX: Final = 4 << 20
BATCH_BYTES: Final = 256 * 1024
BATCH_PAGES: Final = 64
BATCHES_MAX: Final = 4
SLICE: Final = 64
NO_WORKER: Final = "the worker did not"
_UNTITLED: Final = ParsedPage(title="", html="")
_NOTHING_TO_FIND: Final = b""


class _Parsed(msgspec.Struct, frozen=True, kw_only=True):
    pages: tuple[ParsedPage, ...]
    fragments: tuple[msgspec.Raw, ...] = ()


@dataclass(slots=True, kw_only=True)
class Pages:
    """The pages of one render, by source: their outlines, the keys they are kept by, and what was read just now.

    `fragments` are what the search's index needs of those, where it was asked for.
    """

    outlines: dict[str, ParsedPage] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    fresh: dict[str, ParsedPage] = field(default_factory=dict)
    fragments: dict[str, bytes] = field(default_factory=dict)


class PageReader:
    """Reads pages. `pages_parsed` counts those that the worker was asked for."""

    def __init__(self, *, worker: Toolbox, toolbox: Toolbox, cache: Shelf) -> None:
        self._worker = worker
        self._toolbox = toolbox
        self._cache = cache
        self.pages_parsed = 0

    async def outlines(
        self, files: FileTree, pages: Sequence[PageFile], known: dict[str, Outline], *, allow_html: bool, search: bool
    ) -> Pages:
        """What every page says of itself. `known` are those of the last time, which become those of this time.

        With `search`, what is read is cut for the search too.

        Raises:
            Transient: a worker cannot be started, or gave no answer.
        """
        read, identities = Pages(), dict[str, str]()
        engine = engine_digest()
        for page in pages:
            identity = identities[page.source] = identity_of(files, page.source)
            before = known.get(page.source)
            if before is not None and (before.identity, before.allow_html) == (identity, allow_html):
                read.keys[page.source], read.outlines[page.source] = before.key, before.parsed
            else:
                read.keys[page.source] = digest_value([engine, identity, allow_html])
        asked = [page.source for page in pages if page.source not in read.outlines]
        self._cache.fetch([f"site/outline/{read.keys[source]}" for source in asked])
        for number, source in enumerate(asked):
            if number % SLICE == 0:
                await asyncio.sleep(0)
            if (kept := self._cache.get(f"site/outline/{read.keys[source]}")) is not None:
                read.outlines[source] = msgspec.json.decode(kept, type=ParsedPage)
        lost = [page for page in pages if page.source not in read.outlines]
        read.fresh, read.fragments = await self._parse(files, lost, read.keys, allow_html=allow_html, search=search)
        read.outlines |= {source: _outline(page) for source, page in read.fresh.items()}
        _remember(known, read, identities, allow_html=allow_html)
        return read

    async def whole(
        self, files: FileTree, pages: Iterable[PageFile], read: Pages, *, allow_html: bool
    ) -> Mapping[str, ParsedPage]:
        """Pages with all that they say; what the cache forgot is read again."""
        found: dict[str, ParsedPage] = {}
        lost = list[PageFile]()
        for page in pages:
            if page.source in read.fresh:
                found[page.source] = read.fresh[page.source]
            elif (kept := self._cache.get(f"site/page/{read.keys[page.source]}")) is not None:
                found[page.source] = msgspec.json.decode(kept, type=ParsedPage)
            else:
                lost.append(page)
        return found | (await self._parse(files, lost, read.keys, allow_html=allow_html, search=False))[0]

    async def fragments(
        self, files: FileTree, pages: Sequence[PageFile], read: Pages, *, allow_html: bool
    ) -> Mapping[str, bytes]:
        """What the search's index needs of pages: cut just now, or else read again."""
        lost = [page for page in pages if page.source not in read.fragments]
        _, found = await self._parse(files, lost, read.keys, allow_html=allow_html, search=True)
        return read.fragments | found

    async def _parse(
        self, files: FileTree, pages: Sequence[PageFile], keys: Mapping[str, str], *, allow_html: bool, search: bool
    ) -> tuple[dict[str, ParsedPage], dict[str, bytes]]:
        slots, fragments = asyncio.Semaphore(BATCHES_MAX), dict[str, bytes]()

        async def one(batch: Sequence[_Text]) -> dict[str, ParsedPage]:
            async with slots:
                return await self._batch(batch, keys, fragments if search else None, allow_html=allow_html)

        texts = [await _read(files, page) for page in pages]
        async with fault_group() as group:
            tasks = [group.create_task(one(batch)) for batch in _batches(texts)]
        found = {source: page for task in tasks for source, page in task.result().items()}
        self.pages_parsed += len(found)
        return found, fragments

    async def _batch(
        self, batch: Sequence["_Text"], keys: Mapping[str, str], fragments: dict[str, bytes] | None, *, allow_html: bool
    ) -> dict[str, ParsedPage]:
        parted = [part(one.page.source, one.text) for one in batch]
        values, wrong = await read_front(self._toolbox, parted)
        places = {one.page.source: _place(one.page) for one in batch} if fragments is not None else {}
        parsed = await self._ask(parted, values, places, allow_html=allow_html)
        found: dict[str, ParsedPage] = {}
        for one in batch:
            source = one.page.source
            page, fragment = parsed[source]
            first = (*one.findings, *wrong.get(source, ()), *wrong_values(values.get(source, {})))
            page = msgspec.structs.replace(page, findings=(*first, *page.findings))
            found[source] = page
            if fragments is not None:
                fragments[source] = fragment
            if all(finding.code != NOT_READ for finding in page.findings):
                self._keep(keys[source], page)
                if fragment:
                    self._cache.put(fragment_key(keys[source], one.page.address), fragment)
        return found

    async def _ask(
        self,
        pages: Sequence[Parted],
        fronts: Mapping[str, dict[str, object]],
        places: Mapping[str, tuple[str, str]],
        *,
        allow_html: bool,
    ) -> dict[str, tuple[ParsedPage, bytes]]:
        """All of a batch, or where the worker fails each page alone, so that one does not take the others with it."""
        asked = [
            {"path": one.path, "text": one.text, "line": one.line, "front": fronts.get(one.path, {})} for one in pages
        ]
        where = [places[one.path] for one in pages] if places else []
        try:
            answer = await self._worker.ask("markdown", {"pages": asked, "places": where, "allow_html": allow_html})
        except (ToolboxFailed, ToolboxRefused) as failed:
            if str(failed).startswith(NO_WORKER):
                raise Transient([refusal.NO_ANSWER.about(str(failed))]) from None
            if len(pages) == 1:
                return {pages[0].path: (_unread(str(failed)), _NOTHING_TO_FIND)}
            alone = [await self._ask([one], fronts, places, allow_html=allow_html) for one in pages]
            return {path: page for one in alone for path, page in one.items()}
        found = msgspec.json.decode(answer, type=_Parsed)
        cut = [bytes(one) for one in found.fragments] or [_NOTHING_TO_FIND] * len(pages)
        return {one.path: (page, fragment) for one, page, fragment in zip(pages, found.pages, cut, strict=True)}

    def _keep(self, key: str, page: ParsedPage) -> None:
        self._cache.put(f"site/page/{key}", msgspec.json.encode(page))
        self._cache.put(f"site/outline/{key}", msgspec.json.encode(_outline(page)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    page: PageFile
    text: str = ""
    findings: tuple[Finding, ...] = ()


async def _read(files: FileTree, page: PageFile) -> _Text:
    data = await files.read(page.source)
    if len(data) > SOURCE_BYTES_MAX:
        detail = f"{len(data)} bytes of Markdown, allowed are {SOURCE_BYTES_MAX}"
        return _Text(page=page, findings=(Finding(TOO_LARGE, detail),))
    try:
        return _Text(page=page, text=data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        detail = f"byte 0x{data[error.start]:02x} stands there"
        return _Text(page=page, findings=(Finding(NOT_UTF8, detail, line),))


def _batches(texts: Sequence[_Text]) -> Iterable[Sequence[_Text]]:
    batch, size = list[_Text](), 0
    for one in texts:
        if batch and (size + len(one.text) > BATCH_BYTES or len(batch) >= BATCH_PAGES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += len(one.text)
    if batch:
        yield batch


def _remember(known: dict[str, Outline], read: Pages, identities: Mapping[str, str], *, allow_html: bool) -> None:
    """What could not be read is read again; what has no identity may have changed by then."""
    for source in [one for one in known if one not in read.outlines]:
        del known[source]
    for source, parsed in read.outlines.items():
        if (before := known.get(source)) is None or before.parsed is not parsed:
            key, identity = read.keys[source], identities[source]
            known[source] = Outline(identity=identity, allow_html=allow_html, key=key, parsed=parsed)
        if not identities[source] or any(one.code == NOT_READ for one in parsed.findings):
            del known[source]


def _place(page: PageFile) -> tuple[str, str]:
    """Its address, and its title where it names none."""
    return encoded(page.address), title_of(page, _UNTITLED)


def _outline(page: ParsedPage) -> ParsedPage:
    return msgspec.structs.replace(page, html="", sections=())


def _unread(reason: str) -> ParsedPage:
    return ParsedPage(title="", html="", findings=(Finding(NOT_READ, reason.strip().split("\n")[-1]),))

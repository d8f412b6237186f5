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
from trueline.render.site.keep import Shelf, identity_of
from trueline.render.site.parsed import Finding, ParsedPage
from trueline.runtime.files import FileTree
from trueline.runtime.toolbox import Toolbox, ToolboxFailed, ToolboxRefused

SOURCE_BYTES_MAX: Final = 4 << 20
BATCH_BYTES: Final = 256 * 1024
BATCH_PAGES: Final = 64
BATCHES_MAX: Final = 4
SLICE: Final = 64
NO_WORKER: Final = "the worker did not"


class _Parsed(msgspec.Struct, frozen=True, kw_only=True):
    pages: tuple[ParsedPage, ...]


@dataclass(slots=True, kw_only=True)
class Pages:
    """The pages of one render, by source: their outlines, the keys they are kept by, and what was read just now."""

    outlines: dict[str, ParsedPage] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    fresh: dict[str, ParsedPage] = field(default_factory=dict)


class PageReader:
    """Reads pages. `pages_parsed` counts those that the worker was asked for."""

    def __init__(self, *, worker: Toolbox, toolbox: Toolbox, cache: Shelf) -> None:
        self._worker = worker
        self._toolbox = toolbox
        self._cache = cache
        self.pages_parsed = 0

    async def outlines(self, files: FileTree, pages: Sequence[PageFile], *, allow_html: bool) -> Pages:
        """What every page says of itself.

        Raises:
            Transient: a worker cannot be started, or gave no answer.
        """
        read = Pages()
        engine = engine_digest()
        for page in pages:
            read.keys[page.source] = digest_value([engine, identity_of(files, page.source), allow_html])
        self._cache.fetch([f"site/outline/{key}" for key in read.keys.values()])
        for number, page in enumerate(pages):
            if number % SLICE == 0:
                await asyncio.sleep(0)
            if (kept := self._cache.get(f"site/outline/{read.keys[page.source]}")) is not None:
                read.outlines[page.source] = msgspec.json.decode(kept, type=ParsedPage)
        lost = [page for page in pages if page.source not in read.outlines]
        read.fresh = await self._parse(files, lost, read.keys, allow_html=allow_html)
        read.outlines |= {source: _outline(page) for source, page in read.fresh.items()}
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
        return found | await self._parse(files, lost, read.keys, allow_html=allow_html)

    async def _parse(
        self, files: FileTree, pages: Sequence[PageFile], keys: Mapping[str, str], *, allow_html: bool
    ) -> dict[str, ParsedPage]:
        slots = asyncio.Semaphore(BATCHES_MAX)

        async def one(batch: Sequence[_Text]) -> dict[str, ParsedPage]:
            async with slots:
                return await self._batch(batch, keys, allow_html=allow_html)

        texts = [await _read(files, page.source) for page in pages]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(batch)) for batch in _batches(texts)]
        except ExceptionGroup as failed:  # whoever asked knows faults, not how many batches there were
            raise failed.exceptions[0] from None
        found = {source: page for task in tasks for source, page in task.result().items()}
        self.pages_parsed += len(found)
        return found

    async def _batch(
        self, batch: Sequence["_Text"], keys: Mapping[str, str], *, allow_html: bool
    ) -> dict[str, ParsedPage]:
        parted = [part(one.source, one.text) for one in batch]
        values, wrong = await read_front(self._toolbox, parted)
        parsed = await self._ask(parted, values, allow_html=allow_html)
        found: dict[str, ParsedPage] = {}
        for one in batch:
            page = parsed[one.source]
            first = (*one.findings, *wrong.get(one.source, ()), *wrong_values(values.get(one.source, {})))
            page = msgspec.structs.replace(page, findings=(*first, *page.findings))
            found[one.source] = page
            if all(finding.code != NOT_READ for finding in page.findings):
                self._keep(keys[one.source], page)
        return found

    async def _ask(
        self, pages: Sequence[Parted], fronts: Mapping[str, dict[str, object]], *, allow_html: bool
    ) -> dict[str, ParsedPage]:
        """All of a batch, or where the worker fails each page alone, so that one does not take the others with it."""
        asked = [
            {"path": one.path, "text": one.text, "line": one.line, "front": fronts.get(one.path, {})} for one in pages
        ]
        try:
            answer = await self._worker.ask("markdown", {"pages": asked, "allow_html": allow_html})
        except (ToolboxFailed, ToolboxRefused) as failed:
            if str(failed).startswith(NO_WORKER):
                raise Transient([refusal.NO_ANSWER.about(str(failed))]) from None
            if len(pages) == 1:
                return {pages[0].path: _unread(str(failed))}
            alone = [await self._ask([one], fronts, allow_html=allow_html) for one in pages]
            return {path: page for one in alone for path, page in one.items()}
        found = msgspec.json.decode(answer, type=_Parsed).pages
        return {one.path: page for one, page in zip(pages, found, strict=True)}

    def _keep(self, key: str, page: ParsedPage) -> None:
        self._cache.put(f"site/page/{key}", msgspec.json.encode(page))
        self._cache.put(f"site/outline/{key}", msgspec.json.encode(_outline(page)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    source: str
    text: str = ""
    findings: tuple[Finding, ...] = ()


async def _read(files: FileTree, source: str) -> _Text:
    data = await files.read(source)
    if len(data) > SOURCE_BYTES_MAX:
        detail = f"{len(data)} bytes of Markdown, allowed are {SOURCE_BYTES_MAX}"
        return _Text(source=source, findings=(Finding(TOO_LARGE, detail),))
    try:
        return _Text(source=source, text=data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        detail = f"byte 0x{data[error.start]:02x} stands there"
        return _Text(source=source, findings=(Finding(NOT_UTF8, detail, line),))


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


def _outline(page: ParsedPage) -> ParsedPage:
    return msgspec.structs.replace(page, html="", sections=())


def _unread(reason: str) -> ParsedPage:
    return ParsedPage(title="", html="", findings=(Finding(NOT_READ, reason.strip().split("\n")[-1]),))

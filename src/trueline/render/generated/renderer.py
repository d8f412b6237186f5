"""The renderer of sites that another program builds: its files, a build in a cell, checks, a release.

The same files, the same bytes: at the first sight of a generator by an application a site is built twice, and what
differs is told once. It costs whole builds: so a change in the files, the options or the installed packages, and
nothing else, leads to one.
"""

import asyncio
import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

import msgspec

from trueline.model.digest import Digest, digest_value
from trueline.model.fault import Transient, UserError
from trueline.render import refusal
from trueline.render.generated.build import TEXT_LENGTH_MAX, Builder, Built
from trueline.render.generated.check import Checker, Ground
from trueline.render.generated.finding import (
    CONFIGURATION,
    FAILED,
    LINKS,
    NO_MKDOCS,
    NO_OUTPUT,
    NOT_CHECKED,
    UNSTABLE,
    WARNINGS,
    Case,
    diagnostics,
)
from trueline.render.generated.outline import Outline
from trueline.render.generated.report import DECODER, Report
from trueline.render.generated.source import Source
from trueline.render.generated.told import tell
from trueline.render.options import GeneratedSite
from trueline.render.protocol import RenderRequest
from trueline.render.resource import Rendered
from trueline.render.site import finding as own
from trueline.render.site.course import astray
from trueline.render.site.discover import HEADERS, NOT_FOUND, REDIRECTS
from trueline.render.site.file import HeaderRule, Redirect, Release, SiteFile
from trueline.render.site.keep import PageCache, Shelf
from trueline.render.site.media import HTML, media_of
from trueline.render.site.parsed import Finding
from trueline.render.site.read import NO_WORKER
from trueline.render.site.redirect import read_headers, read_redirects, redirect_lines
from trueline.render.site.release import Tree, rendered
from trueline.render.site.stub import stubs
from trueline.runtime.blob import Blobs
from trueline.runtime.files import FileTree
from trueline.runtime.task_group import fault_group
from trueline.runtime.toolbox import Toolbox, ToolboxFailed, ToolboxRefused

PAGE_BYTES_MAX: Final = 8 << 20
BATCH_BYTES: Final = 4 << 20
BATCHES_MAX: Final = 2
NAMES_TOLD_MAX: Final = 20
_READER: Final = 1  # raise it whenever a page is read to another outline than before

T = TypeVar("T")
_Read: TypeAlias = Callable[[str], tuple[tuple[T, ...], tuple[Finding, ...]]]


class _Outlines(msgspec.Struct, frozen=True, kw_only=True):
    pages: tuple[Outline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    redirects: tuple[Redirect, ...] = ()
    headers: tuple[HeaderRule, ...] = ()
    cases: tuple[Case, ...] = ()


class GeneratedRenderer:
    """Renders a site that another program builds; see `render.protocol.Renderer`.

    `worker` is a pool of `render.generated.worker`. `mkdocs` is the installed version, empty where there is none.
    `pages_read` counts those that the worker was asked for.
    """

    def __init__(self, *, builder: Builder, worker: Toolbox, blobs: Blobs, cache: PageCache, mkdocs: str) -> None:
        self._builder = builder
        self._worker = worker
        self._blobs = blobs
        self._cache = Shelf(cache)
        self._mkdocs = mkdocs
        self.pages_read = 0

    async def render(self, request: RenderRequest, files: FileTree) -> Rendered:
        """Render; see `Renderer.render`."""
        options = request.options
        assert isinstance(options, GeneratedSite), "dispatched by the kind of the options"
        try:
            return await self._render(request, options, files)
        finally:
            self._cache.flush()

    async def _render(self, request: RenderRequest, options: GeneratedSite, files: FileTree) -> Rendered:
        source = Source.of(files, request.path)
        _refuse([*source.cases, *self._missing(options, source)], request.commit)
        built = await self._builder.build(options, source, request.commit)
        report = _report(built, options, request)
        links_stop = options.broken_links == "error"
        notes, told = list(built.notes), frozenset[str]()
        if options.mkdocs:
            said = await tell(report, built, source, options.mkdocs, links_stop=links_stop)
            _refuse(said.errors, request.commit)
            notes, told = [*notes, *said.notes], frozenset(said.targets)
        if not built.files:
            origin = source.at(options.mkdocs) if options.mkdocs else source.root
            _refuse([Case(code=NO_OUTPUT, detail="it holds no file", path=origin)], request.commit)
        sight = self._sight(request, options)
        if self._cache.get(sight) is None:
            notes += await self._differing(options, source, built, request.commit)
        rules = self._rules(built, options)
        ground = Ground(
            files=built.files,
            outlines=await self._outlines(built, notes, _output(options)),
            redirects=rules.redirects,
            address=options.url or report.address,
            told=told,
        )
        found = [*rules.cases, *await asyncio.to_thread(Checker(ground).cases, _output(options))]
        _refuse([one for one in found if _stops(one, links_stop=links_stop)], request.commit)
        notes += [one for one in found if not _stops(one, links_stop=links_stop)]
        self._cache.put(sight, b"1")
        leading = [self._kept(path, data) for path, data in stubs(rules.redirects, built.files)]
        release = _release(built, rules, leading, options)
        return rendered(*release, source.at(options.mkdocs), request.commit, diagnostics(notes, request.commit))

    def _kept(self, path: str, data: bytes) -> SiteFile:
        return SiteFile(path=path, blob=self._blobs.put(data), size_bytes=len(data), media=media_of(path))

    def _missing(self, options: GeneratedSite, source: Source) -> list[Case]:
        """What is asked for and not there, before anything runs."""
        if not options.mkdocs:
            return []
        path = source.at(options.mkdocs)
        if options.mkdocs not in source.paths:
            return [Case(code=CONFIGURATION, detail=f"there is no {options.mkdocs}", path=path)]
        return [] if self._mkdocs else [Case(code=NO_MKDOCS, detail=f"it is asked for by {options.mkdocs}", path=path)]

    def _sight(self, request: RenderRequest, options: GeneratedSite) -> str:
        """Under what it is remembered that an application was seen to be built so."""
        asked = [request.application, request.source, request.path, self._builder.identity(options)]
        return f"generated/seen/{digest_value(asked)}"

    async def _differing(self, options: GeneratedSite, source: Source, built: Built, commit: str) -> list[Case]:
        """Build again, and name the files that differ."""
        again = await self._builder.build(options, source, commit)
        names = sorted(
            path for path in {**built.files, **again.files} if built.files.get(path) != again.files.get(path)
        )
        if not names:
            return []
        more = f" and {len(names) - NAMES_TOLD_MAX} more" if len(names) > NAMES_TOLD_MAX else ""
        origin = source.at(options.mkdocs) if options.mkdocs else source.root
        return [Case(code=UNSTABLE, detail=", ".join(names[:NAMES_TOLD_MAX]) + more, path=origin)]

    def _rules(self, built: Built, options: GeneratedSite) -> _Rules:
        """The rules of `_redirects` and `_headers` at the root of the output."""
        redirects, wrong = self._rule(built, REDIRECTS, read_redirects)
        headers, odd = self._rule(built, HEADERS, read_headers)
        lost = astray(redirects, redirect_lines(self._text(built, REDIRECTS)), built.files)
        cases = [
            Case(code=one.code, detail=one.detail, path=f"{_output(options)}/{name}", line=one.line)
            for name, findings in ((REDIRECTS, (*wrong, *lost)), (HEADERS, odd))
            for one in findings
        ]
        return _Rules(redirects=redirects, headers=headers, cases=tuple(cases))

    def _rule(self, built: Built, name: str, read: _Read[T]) -> tuple[tuple[T, ...], tuple[Finding, ...]]:
        return read(self._text(built, name))

    def _text(self, built: Built, name: str) -> str:
        """A file of rules; empty where there is none."""
        if name not in built.files:
            return ""
        return (self._blobs.get(Digest(built.files[name][0])) or b"").decode(errors="replace")

    async def _outlines(self, built: Built, notes: list[Case], output: str) -> dict[str, Outline]:
        """What every page says: from the cache by its content, else by the worker in batches."""
        pages = {path: blob for path, (blob, _) in built.files.items() if media_of(path) == HTML}
        found: dict[str, Outline] = {}
        self._cache.fetch([_key(blob) for blob in pages.values()])
        lost = list[str]()
        for path, blob in pages.items():
            if built.files[path][1] > PAGE_BYTES_MAX:
                detail = f"more than {PAGE_BYTES_MAX} bytes"
                notes.append(Case(code=NOT_CHECKED, detail=detail, path=f"{output}/{path}"))
            elif (kept := self._cache.get(_key(blob))) is not None:
                found[path] = msgspec.json.decode(kept, type=Outline)
            else:
                lost.append(path)
        slots = asyncio.Semaphore(BATCHES_MAX)

        async def one(batch: Sequence[str]) -> None:
            async with slots:
                await self._read(batch, built, found, notes, output)

        async with fault_group() as group:
            for batch in _batches(lost, built):
                group.create_task(one(batch))
        return found

    async def _read(
        self, paths: Sequence[str], built: Built, found: dict[str, Outline], notes: list[Case], output: str
    ) -> None:
        """All of a batch; where the worker fails, each page alone."""
        texts = [(self._blobs.get(Digest(built.files[path][0])) or b"").decode(errors="replace") for path in paths]
        self.pages_read += len(paths)
        try:
            answer = await self._worker.ask("html", {"pages": texts})
        except (ToolboxFailed, ToolboxRefused) as failed:
            if str(failed).startswith(NO_WORKER):
                raise Transient([refusal.NO_ANSWER.about(str(failed))]) from None
            if len(paths) == 1:
                notes.append(Case(code=NOT_CHECKED, detail=str(failed), path=f"{output}/{paths[0]}"))
                return
            for path in paths:
                await self._read([path], built, found, notes, output)
            return
        for path, one in zip(paths, msgspec.json.decode(answer, type=_Outlines).pages, strict=True):
            found[path] = one
            self._cache.put(_key(built.files[path][0]), msgspec.json.encode(one))


def _key(blob: str) -> str:
    return f"generated/page/{_READER}/{blob}"


def _output(options: GeneratedSite) -> str:
    return options.output.strip("/") or "site"


def _batches(paths: Sequence[str], built: Built) -> list[list[str]]:
    batches: list[list[str]] = []
    room = 0
    for path in paths:
        size = built.files[path][1]
        if not batches or size > room:
            batches.append([])
            room = BATCH_BYTES
        batches[-1].append(path)
        room -= size
    return batches


def _stops(case: Case, *, links_stop: bool) -> bool:
    """Whether a site is not published with it."""
    if case.code in LINKS or case.code == own.REDIRECT_ASTRAY:
        return links_stop
    return case.code not in WARNINGS and case.code not in own.WARNINGS


def _report(built: Built, options: GeneratedSite, request: RenderRequest) -> Report:
    """What MkDocs reported; a command reports nothing."""
    if not options.mkdocs:
        return Report(built=True)
    try:
        return DECODER.decode(built.report)
    except (msgspec.MsgspecError, RecursionError):
        detail = f"it left no report: {built.text[-TEXT_LENGTH_MAX:].strip() or 'it printed nothing'}"
        path = posixpath.join(request.path, options.mkdocs)
        raise UserError([Case(code=FAILED, detail=detail, path=path).diagnostic(request.commit)]) from None


def _refuse(cases: Sequence[Case], commit: str) -> None:
    if cases:
        raise UserError(diagnostics(cases, commit))


def _release(built: Built, rules: _Rules, leading: Sequence[SiteFile], options: GeneratedSite) -> tuple[Tree, Release]:
    """The files, with those that stand for a redirect, and what they are together."""
    tree = Tree()
    tree.add(
        (
            SiteFile(path=path, blob=blob, size_bytes=size, media=media_of(path), is_immutable=path in built.immutable)
            for path, (blob, size) in built.files.items()
            if path not in {REDIRECTS, HEADERS}
        ),
        "",
    )
    tree.add(leading, "")
    release = Release(
        files={file.path: file.blob for file, _ in tree.sorted()},
        stubs=tuple(sorted(file.path for file in leading)),
        redirects=rules.redirects,
        headers=rules.headers,
        not_found=NOT_FOUND if NOT_FOUND in built.files else "",
        keep_s=options.keep_assets_s,
    )
    return tree, release

"""The renderer of sites with versions: each is rendered as a site of its own, kept as a whole, and all are joined.

What a version is made of is its folder's identity, what was declared, and which of its pages the default version has
too: while those stay, nothing of it is read again. A site without versions goes to the renderer of one site as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest, digest_value, parse
from trueline.model.fault import UserError
from trueline.render.options import PageVersion, Site
from trueline.render.protocol import Renderer, RenderRequest
from trueline.render.resource import Rendered, Resource
from trueline.render.site.discover import discover
from trueline.render.site.engine import engine_digest
from trueline.render.site.file import FILE_KIND, Release, SiteFile, read_file
from trueline.render.site.finding import NAVIGATION
from trueline.render.site.joined import join
from trueline.render.site.keep import Keeper, PageCache, Shelf
from trueline.render.site.part import Note, Part
from trueline.render.site.version import FINDINGS, SKIPPED, SiteVersion, Version
from trueline.runtime.blob import Blobs
from trueline.runtime.files import FileTree

PATHS_REMEMBERED: Final = 256
_INDEX: Final = "index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What all versions of one render have in common."""

    request: RenderRequest
    options: Site
    default: SiteVersion


class VersionedSite:
    """Renders a site, with or without versions; see `render.protocol.Renderer`. `versions_rendered` counts those anew.

    `site` renders one site.
    """

    def __init__(self, site: Renderer, *, cache: PageCache, blobs: Blobs) -> None:
        self._site = site
        self._cache = Shelf(cache)
        self._keeper = Keeper(self._cache, blobs)
        self._blobs = blobs
        self._paths: dict[tuple[str, str], frozenset[str]] = {}
        self.versions_rendered = 0

    async def render(self, request: RenderRequest, files: FileTree) -> Rendered:
        """Render a site; see `Renderer.render`."""
        if not request.versions:
            return await self._site.render(request, files)
        try:
            return await self._joined(request)
        finally:
            self._cache.flush()

    async def _joined(self, request: RenderRequest) -> Rendered:
        options = request.options if isinstance(request.options, Site) else Site()
        versions = sorted(request.versions, key=lambda one: not one.version.is_default)
        asked = _Asked(request=request, options=options, default=versions[0])
        parts = dict[str, Part]()
        errors, notes = list[Diagnostic](), list[Diagnostic]()
        for one in versions:
            known = parts.get(versions[0].version.folder)
            try:
                parts[one.version.folder] = part = await self._part(asked, one, known)
            except UserError as error:
                if _may_miss(one.version, options):
                    notes.append(_skipped(one, error))
                else:
                    errors += [_named(one, found) for found in error.diagnostics]
            else:
                notes += _notes(one, part)
        if errors:
            raise UserError(errors)
        pairs = [(one, parts[one.version.folder]) for one in request.versions if one.version.folder in parts]
        return join(pairs, options, self._keeper, tuple(notes))

    async def _part(self, asked: _Asked, one: SiteVersion, default: Part | None) -> Part:
        """One version, as it is kept or rendered; `default` is the part of the default one, once that is known."""
        options = self._options(asked, one, default)
        key = self._key(asked, one, options)
        if (kept := self._kept(key)) is not None:
            return kept
        self.versions_rendered += 1
        request = replace(
            asked.request,
            application=f"{asked.request.application}@{one.version.folder}",
            options=options,
            versions=(),
            commit=one.commit,
        )
        part = _part_of(await self._site.render(request, one.files))
        if one.identity:
            self._cache.put(key, msgspec.json.encode(part))
        return part

    def _options(self, asked: _Asked, one: SiteVersion, default: Part | None) -> Site:
        """What was declared, for one version. Nobody can mend a tag: its broken links are told, and stop nothing."""
        shared = frozenset[str]()
        if default is not None and one is not asked.default:
            published = {file.path for file, _ in default.files if file.path.endswith(_INDEX)}
            shared = self._pages(one, asked.request.path) & published
        version = PageVersion(
            name=one.version.name,
            home=one.version.home,
            default=asked.default.version.home,
            shared=shared,
            is_own=one.version.is_own,
        )
        links = "warn" if one.version.is_tag else asked.options.broken_links
        return replace(asked.options, versions=None, version=version, broken_links=links)

    def _pages(self, one: SiteVersion, path: str) -> frozenset[str]:
        """Where the pages of a version are published."""
        key = one.identity, path
        found = self._paths.pop(key, None) if one.identity else None
        if found is None:
            found = frozenset(page.path for page in discover(one.files, path).pages)
        self._paths[key] = found
        if len(self._paths) > PATHS_REMEMBERED:
            del self._paths[next(iter(self._paths))]
        return found

    def _key(self, asked: _Asked, one: SiteVersion, options: Site) -> str:
        assert options.version is not None
        made_of = [
            engine_digest(),
            asked.request.path,
            one.identity,
            replace(options, version=replace(options.version, shared=frozenset())),
            sorted(options.version.shared),
        ]
        return f"site/version/{digest_value(made_of)}"

    def _kept(self, key: str) -> Part | None:
        text = self._cache.get(key)
        part = None if text is None else msgspec.json.decode(text, type=Part)
        is_whole = part is not None and all(self._blobs.has(Digest(file.blob)) for file, _ in part.files)
        return part if is_whole else None


def _part_of(rendered: Rendered) -> Part:
    """A site's resources, as a part of a larger site."""
    files = list[tuple[SiteFile, str]]()
    release = Release(files={})
    for one in rendered.resources:
        if one.ref.kind == FILE_KIND:
            files.append((read_file(parse(rendered.body(one))), one.origin.path))
        else:
            release = _release(rendered, one)
    return Part(
        files=tuple(files),
        release=msgspec.structs.replace(release, files={}),
        notes=tuple(Note.of(note) for note in rendered.notes),
        outside=tuple((link, origin.path, origin.line) for link, origin in rendered.outside),
    )


def _release(rendered: Rendered, one: Resource) -> Release:
    return msgspec.json.decode(rendered.body(one), type=Release)


def _may_miss(version: Version, options: Site) -> bool:
    """Nobody can mend a tag; but what the root or a name that stays leads to is never left out."""
    skips = options.versions is not None and options.versions.broken_tags == "skip"
    return skips and version.is_tag and not version.is_default and not version.aliases


def _named(one: SiteVersion, found: Diagnostic) -> Diagnostic:
    """What is wrong with a version, with its name."""
    return replace(found, detail=f"{one.version.name}: {found.detail}")


def _skipped(one: SiteVersion, error: UserError) -> Diagnostic:
    first, more = error.diagnostics[0], len(error.diagnostics) - 1
    return SKIPPED.about(f"{one.version.name}: {first.line}{f', and {more} more' if more else ''}", first.origin)


def _notes(one: SiteVersion, part: Part) -> Iterable[Diagnostic]:
    """What is told of a version that was built: of a tag once, for nobody can mend it."""
    told = [note.told(one.commit) for note in part.notes if one.version.is_own or note.code != NAVIGATION]
    if one.version.is_tag and told:
        return [FINDINGS.about(f"{one.version.name}: {len(told)}, the first: {told[0].line}", told[0].origin)]
    return told if one.version.is_own else [_named(one, note) for note in told]

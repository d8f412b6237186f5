"""Versions of a site, each rendered by itself → one site: their files in folders, and what leads to them.

A version's own redirects and headers hold in its folders. Those that the source's own revision has in `_redirects` hold
at the root too, and lead into the default version: so that addresses from before there were versions, and those of a
version that is gone, can lead on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import canonical
from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render.options import Site
from trueline.render.resource import Rendered
from trueline.render.site.context import PageContext
from trueline.render.site.discover import NOT_FOUND
from trueline.render.site.extra import THEME_FOLDER
from trueline.render.site.file import HeaderRule, Redirect, Release, SiteFile
from trueline.render.site.keep import Keeper
from trueline.render.site.link import encoded
from trueline.render.site.redirect import RULES_MAX
from trueline.render.site.release import Tree, rendered
from trueline.render.site.sitemap import ROBOTS, SITEMAP
from trueline.render.site.stub import stub, stubs
from trueline.render.site.theme import page as theme
from trueline.render.site.theme.escape import address, text
from trueline.render.site.version import LATEST, MENU, OVERVIEW, TOO_MANY, SiteVersion, Version

FILES_MAX: Final = 200_000
_INDEX: Final = "index.html"
_FOUND: Final = 302
_AT_ROOT: Final = frozenset({ROBOTS, SITEMAP})
"""Files of the default version that stand for the whole site."""


class Note(msgspec.Struct, frozen=True):
    """A finding of a version, without the commit."""

    code: str
    summary: str
    detail: str
    remedy: str
    path: str
    line: int

    @classmethod
    def of(cls, found: Diagnostic) -> "Note":
        """What is kept of a diagnostic."""
        path, line = (found.origin.path, found.origin.line) if found.origin else ("", 0)
        return cls(found.code, found.summary, found.detail, found.remedy, path, line)

    def told(self, commit: str) -> Diagnostic:
        """The diagnostic, at a commit."""
        origin = Origin(path=self.path, line=self.line, commit=commit) if self.path else None
        return Diagnostic(code=self.code, summary=self.summary, detail=self.detail, remedy=self.remedy, origin=origin)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One version as it was rendered. `files` are below its folder, each with the path in the source it came from.

    `outside` are links to other sites that are to be asked, with path and line.
    """

    files: tuple[tuple[SiteFile, str], ...]
    stubs: tuple[str, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    headers: tuple[HeaderRule, ...] = ()
    notes: tuple[Note, ...] = ()
    outside: tuple[tuple[str, str, int], ...] = ()


def join(
    parts: Sequence[tuple[SiteVersion, Part]], options: Site, keeper: Keeper, notes: tuple[Diagnostic, ...]
) -> Rendered:
    """One site of all versions, in the order of the menu.

    Raises:
        UserError: TL1531, it is larger than a site may be.
    """
    default, entry = next((one, part) for one, part in parts if one.version.is_default)
    rules = _redirects(parts)
    tree, leading = Tree(), set[str]()
    home = next((source for file, source in entry.files if file.path == _INDEX), entry.files[0][1])
    for path, data in _root(parts, default, entry, options):
        tree.add([keeper.file(path, data)], home, default.commit)
    for file, source in entry.files:
        if file.path in _AT_ROOT or file.path == NOT_FOUND:
            tree.add([file], source, default.commit)
    for one, part in parts:
        for folder in one.version.folders:
            moved = [pair for pair in part.files if part is not entry or pair[0].path not in _AT_ROOT]
            for file, source in moved:
                tree.add([msgspec.structs.replace(file, path=f"{folder}/{file.path}")], source, one.commit)
            leading |= {f"{folder}/{path}" for path in part.stubs}
    made = [keeper.file(path, data) for path, data in stubs(rules, tree.paths)]
    tree.add(made, home, default.commit)
    if len(tree.paths) > FILES_MAX or len(rules) > RULES_MAX:
        detail = f"{len(tree.paths)} files and {len(rules)} redirects of all versions, allowed are {FILES_MAX}"
        raise UserError([TOO_MANY.about(f"{detail} and {RULES_MAX}")])
    release = Release(
        files={file.path: file.blob for file, _ in tree.sorted()},
        stubs=tuple(sorted({*leading, _INDEX, *(file.path for file in made)})),
        redirects=rules,
        headers=tuple(_headers(parts)),
        not_found=NOT_FOUND,
    )
    return replace(rendered(tree, release, home, default.commit, notes), outside=tuple(_outside(parts)))


def _outside(parts: Sequence[tuple[SiteVersion, Part]]) -> Iterator[tuple[str, Origin]]:
    """Of what somebody can mend."""
    for one, part in parts:
        if not one.version.is_tag:
            for link, path, line in part.outside:
                yield link, Origin(path=path, line=line, commit=one.commit)


def _redirects(parts: Sequence[tuple[SiteVersion, Part]]) -> tuple[Redirect, ...]:
    """The root's own, each version's in its folders, those of the newest at the root; the first of a source stays."""
    default = next(one.version.home for one, _ in parts if one.version.is_default)
    found = {"/": Redirect(source="/", leads_to=_below(default, "/"), status=_FOUND)}
    for one, part in parts:
        for folder in one.version.folders:
            for rule in part.redirects:
                source, leads_to = _below(folder, rule.source), _below(folder, rule.leads_to)
                if not _leads_to_itself(rule):
                    found.setdefault(source, Redirect(source=source, leads_to=leads_to, status=rule.status))
    for rule in _newest(parts).redirects:
        leads_to = _below(default, rule.leads_to)
        found.setdefault(rule.source, Redirect(source=rule.source, leads_to=leads_to, status=rule.status))
    return tuple(found.values())


def _leads_to_itself(rule: Redirect) -> bool:
    """It is meant for the root, where its address lies outside of the version.

    >>> _leads_to_itself(Redirect(source="/guide/*", leads_to="/guide/:splat"))
    True
    """
    return rule.source.replace("*", ":splat").rstrip("/") == rule.leads_to.rstrip("/")


def _newest(parts: Sequence[tuple[SiteVersion, Part]]) -> Part:
    """What is developed: there a line can still be written."""
    newest = [part for one, part in parts if one.version.is_own or LATEST in one.version.folders]
    return newest[0] if newest else Part(files=())


def _headers(parts: Sequence[tuple[SiteVersion, Part]]) -> Iterator[HeaderRule]:
    for one, part in parts:
        for folder in one.version.folders:
            for rule in part.headers:
                yield HeaderRule(pattern=_below(folder, rule.pattern), headers=rule.headers)


def _below(folder: str, where: str) -> str:
    """An address of a version, from the root of the site; one of another site stays."""
    return f"/{encoded(folder)}{where}" if where.startswith("/") else where


def _root(
    parts: Sequence[tuple[SiteVersion, Part]], default: SiteVersion, entry: Part, options: Site
) -> Iterator[tuple[str, bytes]]:
    """What stands beside the folders: the way to the default version, the menu's file, and the same as a page."""
    versions = [one.version for one, _ in parts]
    yield _INDEX, stub(_INDEX, _below(default.version.home, "/"))
    listed = [
        {"name": one.name, "folder": one.folder, "aliases": one.aliases, "standing": one.standing.value}
        for one in versions
    ]
    yield MENU, canonical({"default": default.version.home, "versions": listed})
    yield OVERVIEW, _overview(versions, default.version.home, entry, options)


def _overview(versions: Iterable[Version], home: str, entry: Part, options: Site) -> bytes:
    rows = "".join(f"<li>{_row(one)}</li>\n" for one in versions)
    root = f"{encoded(home)}/"
    paths = [file.path for file, _ in entry.files if file.path.startswith(f"{THEME_FOLDER}/")]
    context = PageContext(
        language=options.language,
        site_title=options.title,
        title="Versions",
        body=f"<ul>\n{rows}</ul>",
        root=root,
        styles=[root + path for path in paths if path.endswith(".css")],
        scripts=[root + path for path in paths if path.startswith(f"{THEME_FOLDER}/theme.") and path.endswith(".js")],
    )
    return theme.page(context).encode()


def _row(version: Version) -> str:
    links = [f'<a href="{address(encoded(folder))}/">{text(folder)}</a>' for folder in version.folders]
    name = f" ({text(version.name)})" if version.name not in version.folders else ""
    return ", ".join(links) + name

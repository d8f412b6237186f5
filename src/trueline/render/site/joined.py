"""Versions of a site, each rendered by itself → one site: their files in folders, and what leads to them."""

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
from trueline.render.site.keep import Keeper
from trueline.render.site.link import encoded
from trueline.render.site.part import Part
from trueline.render.site.redirect import RULES_MAX
from trueline.render.site.release import Tree, rendered
from trueline.render.site.signpost import below, headers, redirects
from trueline.render.site.sitemap import ROBOTS, SITEMAP
from trueline.render.site.stub import stub, stubs
from trueline.render.site.theme import page as theme
from trueline.render.site.theme.escape import address, text
from trueline.render.site.theme.language import words_of
from trueline.render.site.version import MENU, OVERVIEW, TOO_MANY, SiteVersion, Version

FILES_MAX: Final = 200_000
_INDEX: Final = "index.html"
_AT_ROOT: Final = frozenset({ROBOTS, SITEMAP})
"""Files of the default version that stand for the whole site."""


def join(
    parts: Sequence[tuple[SiteVersion, Part]], options: Site, keeper: Keeper, notes: tuple[Diagnostic, ...]
) -> Rendered:
    """One site of all versions, in the order of the menu.

    Raises:
        UserError: TL1531, it is larger than a site may be.
    """
    default, entry = next((one, part) for one, part in parts if one.version.is_default)
    rules = redirects(parts)
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
            leading |= {f"{folder}/{path}" for path in part.release.stubs}
    made = [keeper.file(path, data) for path, data in stubs(rules, tree.paths)]
    tree.add(made, home, default.commit)
    if len(tree.paths) > FILES_MAX or len(rules) > RULES_MAX:
        detail = f"{len(tree.paths)} files and {len(rules)} redirects of all versions, allowed are {FILES_MAX}"
        raise UserError([TOO_MANY.about(f"{detail} and {RULES_MAX}")])
    release = msgspec.structs.replace(
        entry.release,
        files={file.path: file.blob for file, _ in tree.sorted()},
        stubs=tuple(sorted({*leading, _INDEX, *(file.path for file in made)})),
        redirects=rules,
        headers=tuple(headers(parts)),
    )
    return replace(rendered(tree, release, home, default.commit, notes), outside=tuple(_outside(parts)))


def _outside(parts: Sequence[tuple[SiteVersion, Part]]) -> Iterator[tuple[str, Origin]]:
    """Of what somebody can mend."""
    for one, part in parts:
        if not one.version.is_tag:
            for link, path, line in part.outside:
                yield link, Origin(path=path, line=line, commit=one.commit)


def _root(
    parts: Sequence[tuple[SiteVersion, Part]], default: SiteVersion, entry: Part, options: Site
) -> Iterator[tuple[str, bytes]]:
    """What stands beside the folders: the way to the default version, the menu's file, and the same as a page."""
    versions = [one.version for one, _ in parts]
    yield _INDEX, stub(_INDEX, below(default.version.home, "/"))
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
        title=words_of(options.language).version.all,
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

"""What leads where in a site of several versions: their redirects and headers, as rules of the whole site. Pure.

A version's own rules hold in its folders. The redirects of the newest files hold at the root too and lead into the
default version, so that addresses from before there were versions, and those of a version that is gone, can lead on.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import unquote

import msgspec

from trueline.render.site.file import HeaderRule, Redirect
from trueline.render.site.link import encoded
from trueline.render.site.part import Part
from trueline.render.site.pattern import Pattern, is_pattern, normal
from trueline.render.site.version import LATEST, SiteVersion

_FOUND: Final = 302
_INDEX: Final = "index.html"
_NAMED: Final = re.compile(r":([A-Za-z_][A-Za-z0-9_]*)")


def redirects(parts: Sequence[tuple[SiteVersion, Part]]) -> tuple[Redirect, ...]:
    """The root's own, each version's in its folders, those of the newest at the root; the first of a source stays."""
    default = next(one.version.home for one, _ in parts if one.version.is_default)
    found = {"/": Redirect(source="/", leads_to=below(default, "/"), status=_FOUND)}
    for one, part in parts:
        for folder in one.version.folders:
            for rule in part.release.redirects:
                source, leads_to = below(folder, rule.source), below(folder, rule.leads_to)
                if not _leads_to_itself(rule):
                    found.setdefault(source, msgspec.structs.replace(rule, source=source, leads_to=leads_to))
    for rule in _at_root(parts, default):
        found.setdefault(rule.source, rule)
    return tuple(found.values())


def headers(parts: Sequence[tuple[SiteVersion, Part]]) -> Iterator[HeaderRule]:
    """Each version's, in its folders."""
    for one, part in parts:
        for folder in one.version.folders:
            for rule in part.release.headers:
                yield msgspec.structs.replace(rule, pattern=below(folder, rule.pattern))


def below(folder: str, where: str) -> str:
    """An address of a version, from the root of the site; one of another site stays."""
    return f"/{encoded(folder)}{where}" if where.startswith("/") else where


def _leads_to_itself(rule: Redirect) -> bool:
    """It is meant for the root, where its address lies outside of the version.

    >>> _leads_to_itself(Redirect(source="/guide/*", leads_to="/guide/:splat"))
    True
    """
    return rule.source.replace("*", ":splat").rstrip("/") == rule.leads_to.rstrip("/")


def _at_root(parts: Sequence[tuple[SiteVersion, Part]], default: str) -> Iterator[Redirect]:
    """The rules of what is developed, where a line can still be written, as they hold at the root.

    A pattern that would match a version's folder, too, leads in circles there: it becomes a rule for each page of the
    default version that it matches.
    """
    folders = {folder for one, _ in parts for folder in one.version.folders}
    entry = next(part for one, part in parts if one.version.is_default)
    pages = ["/" + encoded(file.path.removesuffix(_INDEX)) for file, _ in entry.files if file.path.endswith(_INDEX)]
    outside = [page for page in pages if page != "/" and unquote(page.split("/")[1]) not in folders]
    for rule in _newest(parts):
        if not _is_wide(rule, folders):
            yield msgspec.structs.replace(rule, leads_to=_into(default, folders, rule.leads_to))
            continue
        pattern = Pattern.of(rule.source)
        for page in outside:
            if (taken := pattern.match(normal(page))) is not None:
                leads_to = _filled(rule.leads_to, taken)
                leads_to = f"{leads_to}/" if f"{leads_to}/" in pages else leads_to
                yield msgspec.structs.replace(rule, source=page, leads_to=_into(default, folders, leads_to))


def _newest(parts: Sequence[tuple[SiteVersion, Part]]) -> Sequence[Redirect]:
    newest = [part for one, part in parts if one.version.is_own or LATEST in one.version.folders]
    return newest[0].release.redirects if newest else ()


def _is_wide(rule: Redirect, folders: set[str]) -> bool:
    if not is_pattern(rule.source):
        return False
    pattern = Pattern.of(rule.source)
    asked = (f"/{folder}{rest}" for folder in folders for rest in ("", "/x", "/x/y"))
    return any(pattern.match(normal(one)) is not None for one in asked)


def _into(default: str, folders: set[str], where: str) -> str:
    """Into the default version, unless a version is named."""
    first = where.split("/")[1] if where.startswith("/") else ""
    return where if unquote(first) in folders else below(default, where)


def _filled(text: str, taken: Mapping[str, str]) -> str:
    """With what the pieces of a pattern stood for.

    >>> _filled("/new/:splat", {"splat": "a/b"})
    '/new/a/b'
    """
    return _NAMED.sub(lambda found: encoded(taken[found[1]]) if found[1] in taken else found[0], text)

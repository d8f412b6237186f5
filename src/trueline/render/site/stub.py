"""A page in the place of a redirect, for platforms that serve files and know no rules: it leads on at once. Pure.

Only exact addresses have one, and only where the site has no file of its own. Where rules are known they go before it.
"""

import posixpath
from collections.abc import Collection, Iterator, Sequence
from typing import Final
from urllib.parse import unquote

from trueline.render.site.file import Redirect
from trueline.render.site.pattern import is_pattern
from trueline.render.site.theme.escape import address as escaped, text

_INDEX: Final = "index.html"
_REWRITE: Final = 200


def stubs(redirects: Sequence[Redirect], taken: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Published paths with the bytes of each page; `taken` are the paths that the site has already."""
    if not redirects:
        return
    files = set(taken)
    folders = {parent for path in files for parent in _parents(path)}
    for redirect in redirects:
        if redirect.status == _REWRITE or is_pattern(redirect.source) or "?" in redirect.source:
            continue
        path = path_of(redirect.source)
        above = [*_parents(path), path]
        if path and path not in folders and files.isdisjoint(above):
            files.add(path)
            folders.update(above[:-1])
            yield path, stub(path, redirect.leads_to)


def path_of(source: str) -> str:
    """The file that a server without rules gives for an address; empty where no file can be there.

    >>> path_of("/old"), path_of("/old/"), path_of("/old.html"), path_of("/gr%C3%BCn/"), path_of("/a/../b")
    ('old/index.html', 'old/index.html', 'old.html', 'grün/index.html', '')
    """
    path = unquote(source.split("#", 1)[0]).strip("/")
    if not path or posixpath.normpath(path) != path or path.startswith(".."):
        return ""
    is_file = "." in path.rpartition("/")[2] and not source.endswith("/")
    return path if is_file else f"{path}/{_INDEX}"


def stub(path: str, leads_to: str) -> bytes:
    """The page; an address of this site is written from the page, so that it holds below any folder.

    Who is led on sees it for a moment, in letters, not in their codes.
    """
    to = escaped(leads_to if not leads_to.startswith("/") else _from(path, leads_to))
    label = text(unquote(leads_to))
    return (
        '<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f"<title>{label}</title>\n"
        f'<link rel="canonical" href="{to}">\n<meta name="robots" content="noindex">\n'
        f'<meta http-equiv="refresh" content="0; url={to}">\n</head>\n'
        f'<body><p><a href="{to}">{label}</a></p></body>\n</html>\n'
    ).encode()


def _from(path: str, leads_to: str) -> str:
    return "../" * path.count("/") + leads_to.lstrip("/") or "./"


def _parents(path: str) -> list[str]:
    names = path.split("/")
    return ["/".join(names[:count]) for count in range(1, len(names))]

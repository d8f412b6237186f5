"""A page that the last release had and this one has not needs a redirect: readers have its address."""

from collections.abc import Collection, Sequence
from typing import Final
from urllib.parse import quote

from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin
from trueline.plan.change import Action, Change
from trueline.render.site.file import FILE_KIND, Redirect
from trueline.render.site.pattern import Pattern, normal
from trueline.target.snapshot import NOTHING

SHOWN: Final = 10
_PAGE: Final = ".html"
_INDEX: Final = "index.html"
_NOT_FOUND: Final = "404.html"
_LEAVES: Final = frozenset({Action.PRUNE, Action.FORGET, Action.HOLD})
"""What becomes of a page that a release lists no longer: whatever it is called, and whoever deleted it before."""


def leaving(changes: Collection[Change]) -> tuple[str, ...]:
    """The paths of the files that Git no longer mentions."""
    return tuple(one.ref.name for one in changes if one.ref.kind == FILE_KIND and _leaves(one))


def _leaves(change: Change) -> bool:
    return change.action in _LEAVES and change.body == NOTHING


def gone(
    leaving: Collection[str], redirects: Sequence[Redirect], versions: Collection[str] | None = None
) -> tuple[str, ...]:
    """The addresses of pages that would be gone and lead nowhere, sorted: a site that shrank asks (INV-03).

    `leaving` are paths. `versions` are the folders that a site with versions still has: a version that leaves takes its
    pages with it.
    """
    patterns = [Pattern.of(redirect.source) for redirect in redirects]
    left = (path for path in leaving if versions is None or path.partition("/")[0] in versions)
    return tuple(sorted(address_of(path) for path in left if _is_page(path) and not _is_led(path, patterns)))


def refuse_gone(addresses: Sequence[str], origin: Origin | None) -> Diagnostic:
    """What stops a release that lets pages vanish."""
    more = f", and {len(addresses) - SHOWN} more" if len(addresses) > SHOWN else ""
    return Diagnostic(
        code="TL1540",
        summary="a published page would be gone without a redirect",
        detail=", ".join(addresses[:SHOWN]) + more,
        remedy="add a line `/OLD /NEW` to `_redirects`, or let pages go: `render.site.removedPages: allow`",
        origin=origin,
    )


def address_of(path: str) -> str:
    """What a reader asks for.

    >>> address_of("guide/first/index.html"), address_of("index.html"), address_of("about.html")
    ('/guide/first/', '/', '/about.html')
    """
    return "/" + path.removesuffix(_INDEX) if path.rpartition("/")[2] == _INDEX else f"/{path}"


def _is_page(path: str) -> bool:
    return path.endswith(_PAGE) and path.rpartition("/")[2] != _NOT_FOUND


def _is_led(path: str, patterns: Sequence[Pattern]) -> bool:
    asked = {normal(quote(one)) for one in (address_of(path), f"/{path}", f"/{path.removesuffix(_PAGE)}")}
    return any(pattern.match(address) is not None for pattern in patterns for address in asked)

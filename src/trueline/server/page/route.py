"""The addresses of the page and what each needs, the heads of its answers, and errors for browsers."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from aiohttp import ETag, web

from trueline.model.diagnostic import Diagnostic
from trueline.server.access.gate import FORM, Asked, asked_of
from trueline.server.access.right import OPEN, Need, Right, Where
from trueline.server.page.address import APPLICATIONS, DEPENDENCIES, DRIFT, HOME, JOURNAL, NOTIFIERS, sign_in
from trueline.server.page.asset import PREFIX, asset_at
from trueline.server.page.pages import Pages
from trueline.server.page.rendering import Rendering
from trueline.server.page.visitor import told, visitor_of

_OF_ONE: Final = Need(right=Right.READ, where=Where.APPLICATION)

PAGES: Final[Mapping[tuple[str, str], Need]] = {
    ("GET", HOME): Need(right=Right.READ, where=Where.SOMEWHERE),
    ("GET", f"{APPLICATIONS}{{name}}"): _OF_ONE,
    ("GET", f"{APPLICATIONS}{{name}}/resource"): _OF_ONE,
    ("GET", f"{APPLICATIONS}{{name}}/history"): _OF_ONE,
    ("GET", DEPENDENCIES): Need(right=Right.READ, where=Where.SOMEWHERE),
    ("GET", DRIFT): Need(right=Right.READ, where=Where.SOMEWHERE),
    ("GET", NOTIFIERS): Need(right=Right.READ, where=Where.SOMEWHERE),
    ("GET", JOURNAL): Need(right=Right.READ, where=Where.SOMEWHERE),
    ("GET", f"{PREFIX}{{name}}"): OPEN,
}
"""What each page needs; the API's document does not speak of them. Style and script tell nothing of anybody."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with `no-referrer` a browser sends forms with the Origin `null`
}
_REFUSED: Final = re.compile(r"q\s*=\s*0(\.0*)?")
FOREVER: Final = "public, max-age=31536000, immutable"


def add_pages(app: web.Application, pages: Pages) -> None:
    """The page's routes; HEAD is answered wherever GET is."""

    async def fleet(request: web.Request) -> web.StreamResponse:
        """The fleet."""
        return _page(request, pages.fleet(list(request.query.items()), asked_of(request).granted))

    async def application(request: web.Request) -> web.StreamResponse:
        """One application."""
        name, query, asked = request.match_info["name"], list(request.query.items()), asked_of(request)
        return _page(request, await pages.application(name, query, asked.granted, offered_to(asked, name)))

    async def resource(request: web.Request) -> web.StreamResponse:
        """One object of an application."""
        name, query, asked = request.match_info["name"], list(request.query.items()), asked_of(request)
        return _page(request, await pages.resource(name, query, asked.granted, offered_to(asked, name)))

    async def history(request: web.Request) -> web.StreamResponse:
        """What happened to an application."""
        name, query, asked = request.match_info["name"], list(request.query.items()), asked_of(request)
        return _page(request, pages.history(name, query, asked.granted, offered_to(asked, name)))

    async def dependency(request: web.Request) -> web.StreamResponse:
        """Which application needs which."""
        return _page(request, pages.dependency(list(request.query.items()), asked_of(request).granted))

    async def drift(request: web.Request) -> web.StreamResponse:
        """What drifted."""
        asked = asked_of(request)
        query = list(request.query.items())
        return _page(request, await pages.drift(query, asked.granted, partial(offered_to, asked)))

    async def notifier(request: web.Request) -> web.StreamResponse:
        """Who is told of what."""
        return _page(request, await pages.notifier(list(request.query.items()), asked_of(request).granted))

    async def journal(request: web.Request) -> web.StreamResponse:
        """The journal."""
        return _page(request, pages.journal(list(request.query.items()), asked_of(request).granted))

    app.router.add_get(HOME, fleet)
    app.router.add_get(f"{APPLICATIONS}{{name}}", application)
    app.router.add_get(f"{APPLICATIONS}{{name}}/resource", resource)
    app.router.add_get(f"{APPLICATIONS}{{name}}/history", history)
    app.router.add_get(DEPENDENCIES, dependency)
    app.router.add_get(DRIFT, drift)
    app.router.add_get(NOTIFIERS, notifier)
    app.router.add_get(JOURNAL, journal)
    app.router.add_get(f"{PREFIX}{{name}}", static)


def offered_to(asked: Asked, name: str) -> frozenset[Right]:
    """For which actions a page offers a form: a session alone can send one."""
    return frozenset(right for right in Right if asked.session and asked.granted.may(right, name))


async def static(request: web.Request) -> web.StreamResponse:
    """A file by its content; what is not that content is not there."""
    found = asset_at(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    headers = {**HEADERS, "Cache-Control": FOREVER}
    return web.Response(body=found.data, content_type=found.media, charset="utf-8", headers=headers)


def wants_page(request: web.Request) -> bool:
    """Whether a browser asks, for a person; every other program gets problem details."""
    is_form = request.path.startswith(APPLICATIONS) and request.content_type == FORM
    return (request.method in {"GET", "HEAD"} or is_form) and "text/html" in request.headers.get("Accept", "")


def is_visit(request: web.Request) -> bool:
    """Whether a person goes there, and no script asks: who is not known is led to where one signs in."""
    return wants_page(request) and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def way_in(request: web.Request) -> web.Response:
    """To the page on which one signs in, and from there to what was asked for."""
    headers = {"Location": sign_in(request.path_qs), "Cache-Control": "no-store", "Vary": "Accept, Cookie"}
    return web.Response(status=303, headers=headers)


def error_page(
    pages: Pages, asked: Asked | None, status: int, errors: Sequence[Diagnostic], headers: Mapping[str, str]
) -> web.Response:
    """Why there is no page, as one."""
    body = pages.error(status, errors, told(visitor_of(asked)))
    headers = {**HEADERS, "Cache-Control": "no-store", "Vary": "Accept, Cookie", **headers}
    return web.Response(status=status, body=body, content_type="text/html", charset="utf-8", headers=headers)


def takes_gzip(accepted: str) -> bool:
    """Whether an `Accept-Encoding` takes gzip.

    >>> [takes_gzip(text) for text in ("gzip, deflate, br", "br", "", "gzip;q=0", "br, GZIP; q=0.5")]
    [True, False, False, False, True]
    """
    for one in accepted.casefold().split(","):
        name, _, quality = one.partition(";")
        if name.strip() == "gzip":
            return not _REFUSED.fullmatch(quality.strip())
    return False


def _page(request: web.Request, rendering: Rendering) -> web.Response:
    """A page with its validator: a browser that has it is told so in no more than a head (RFC 9110).

    It is of whoever asked: nothing between keeps it, and a browser asks again with each cookie.
    """
    headers = {**HEADERS, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Cookie"}
    is_packed = takes_gzip(request.headers.get("Accept-Encoding", ""))
    visitor = told(visitor_of(asked_of(request)))
    tag, known = rendering.tag_for(visitor, is_packed=is_packed), request.if_none_match or ()
    if any(one.value in {tag, "*"} for one in known):
        response = web.Response(status=304, headers=headers)
    else:
        body = rendering.packed(visitor) if is_packed else rendering.plain(visitor)
        response = web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)
        if is_packed:
            response.headers["Content-Encoding"] = "gzip"
    response.etag = ETag(tag)
    return response
